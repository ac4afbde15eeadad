/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics_kube.h"

#include "metrics_format.h"

/* A number of each kind of objects. */
struct kind_family {
	struct metrics_family family;
	size_t offset; /* of a uint64_t in struct kube_kind_reading */
};

#define AT(field) offsetof(struct kube_kind_reading, field)

static const struct kind_family families[] = {
	{{"kube_objects", "gauge", "Objects that the API server has told of."}, AT(objects)},
	{{"kube_objects_refused", "gauge", "Of these, those whose last version is refused."},
	 AT(refused)},
	{{"kube_relists_total", "counter", "Lists that have ended, the first one included."},
	 AT(lists)},
	{{"kube_skipped_objects_total", "counter",
	  "Objects passed over since they were too large or could not be read."},
	 AT(skipped)},
};

static void write_family(FILE *out, const struct kube_reading *kube,
			 const struct kind_family *family)
{
	metrics_format_family(out, &family->family);
	for (size_t i = 0; i < kube->kind_count; i++) {
		const char *kind = (const char *)&kube->kinds[i];
		const struct metrics_label labels[] = {{"kind", kube->kinds[i].name}, {NULL, NULL}};

		metrics_format_count(out, &family->family, labels,
				     *(const uint64_t *)(kind + family->offset));
	}
}

static void write_ages(FILE *out, const struct kube_reading *kube)
{
	static const struct metrics_family family = {
		"kube_last_event_age_seconds", "gauge",
		"Time since the API server was last heard on this kind; bookmarks count."};

	metrics_format_family(out, &family);
	for (size_t i = 0; i < kube->kind_count; i++) {
		const struct metrics_label labels[] = {{"kind", kube->kinds[i].name}, {NULL, NULL}};

		metrics_format_sample(out, &family, labels, kube->kinds[i].age);
	}
}

static void write_restarts(FILE *out, const struct kube_reading *kube)
{
	static const struct metrics_family family = {"kube_watch_restarts_total", "counter",
						     "Watches that were over, by kind and reason."};

	metrics_format_family(out, &family);
	for (size_t i = 0; i < kube->kind_count; i++) {
		for (size_t end = 0; end < KUBE_READING_ENDS; end++) {
			const struct metrics_label labels[] = {
				{"kind", kube->kinds[i].name},
				{"reason", kube->end_words[end]},
				{NULL, NULL},
			};

			metrics_format_count(out, &family, labels, kube->kinds[i].ends[end]);
		}
	}
}

static void write_requests(FILE *out, const struct kube_reading *kube)
{
	static const struct metrics_family family = {
		"kube_requests_total", "counter",
		"Requests to the API server that have ended, by status; 0: no reply came."};
	char code[12];

	metrics_format_family(out, &family);
	for (size_t i = 0; i < kube->request_count; i++) {
		const struct metrics_label labels[] = {
			{"method", kube->requests[i].method},
			{"code", code},
			{NULL, NULL},
		};

		snprintf(code, sizeof(code), "%u", kube->requests[i].status);
		metrics_format_count(out, &family, labels, kube->requests[i].count);
	}
}

void metrics_kube_write(FILE *out, const struct kube_reading *kube)
{
	if (!kube->kind_count)
		return;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		write_family(out, kube, &families[i]);
	write_ages(out, kube);
	write_restarts(out, kube);
	write_requests(out, kube);
}
