/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "metrics_format.h"
#include "metrics_objects.h"

/* A counter of a rule; `label` is a further label, or NULL. */
struct rule_counter {
	struct metrics_family family; /* without help: that of the one before */
	const char *label;
	const char *label_value;
	size_t offset; /* in struct rule_stats */
};

struct rule_times {
	struct metrics_family family;
	size_t sum; /* offsets in struct rule_stats */
	size_t buckets;
};

#define AT(field) offsetof(struct rule_stats, field)

static const struct rule_counter counters[] = {
	{{"rule_connections_total", "counter", "Connections that chose the rule."},
	 NULL,
	 NULL,
	 AT(connections)},
	{{"rule_requests_total", "counter", "Requests that chose the rule."},
	 NULL,
	 NULL,
	 AT(requests)},
	{{"rule_responses_total", "counter", "Final replies of the rule's pods."},
	 "code",
	 "1xx",
	 AT(status[1])},
	{{"rule_responses_total", NULL, NULL}, "code", "2xx", AT(status[2])},
	{{"rule_responses_total", NULL, NULL}, "code", "3xx", AT(status[3])},
	{{"rule_responses_total", NULL, NULL}, "code", "4xx", AT(status[4])},
	{{"rule_responses_total", NULL, NULL}, "code", "5xx", AT(status[5])},
	{{"rule_responses_total", NULL, NULL}, "code", "unknown", AT(status[0])},
	{{"rule_aborted_total", "counter",
	  "Requests that were forwarded and whose connection ended before their reply did."},
	 NULL,
	 NULL,
	 AT(aborted)},
	{{"rule_bytes_total", "counter", "TCP payload of the rule's connections."},
	 "direction",
	 "to_pod",
	 AT(bytes_to_pod)},
	{{"rule_bytes_total", NULL, NULL}, "direction", "to_client", AT(bytes_to_client)},
};

static const struct rule_times times[] = {
	{{"rule_first_byte_seconds", "histogram",
	  "From the request's forwarding to the first byte of its reply."},
	 AT(first_us_sum),
	 AT(first_us)},
	{{"rule_duration_seconds", "histogram",
	  "From the request's forwarding to the last byte of its reply."},
	 AT(total_us_sum),
	 AT(total_us)},
};

static const uint64_t *words_at(const struct rule_stats *stats, size_t offset)
{
	return (const uint64_t *)((const char *)stats + offset);
}

/* "namespace/route/rule" in its three parts; missing ones are empty. */
struct rule_labels {
	char text[ROUTE_NAME_MAX];
	const char *part[3];
};

static void split_name(const char *name, struct rule_labels *labels)
{
	char *rest = labels->text;

	snprintf(labels->text, sizeof(labels->text), "%s", name);
	for (int i = 0; i < 2; i++) {
		char *slash = strchr(rest, '/');

		labels->part[i] = rest;
		if (slash)
			*slash = '\0';
		rest = slash ? slash + 1 : rest + strlen(rest);
	}
	labels->part[2] = rest;
}

/* Equal series would make the whole scrape fail, so rules whose names were cut to the same text
 * are added up. Returns the index behind the last one. */
static size_t sum_namesakes(const struct readings *readings, size_t first,
			    struct rule_stats *ret_sum, struct rule_labels *ret_labels)
{
	const struct rule_reading *rules = readings->rules;
	size_t i = first;

	memset(ret_sum, 0, sizeof(*ret_sum));
	for (; i < readings->rule_count && !strcmp(rules[i].name, rules[first].name); i++)
		readings_stats_add(ret_sum, &rules[i].stats);
	split_name(rules[first].name, ret_labels);
	return i;
}

static void write_counter(FILE *out, const struct readings *readings,
			  const struct rule_counter *counter)
{
	struct rule_labels labels;
	struct rule_stats sum;

	for (size_t i = 0; i < readings->rule_count;) {
		i = sum_namesakes(readings, i, &sum, &labels);
		metrics_format_count(
			out, &counter->family,
			(const struct metrics_label[]){{"namespace", labels.part[0]},
						       {"route", labels.part[1]},
						       {"rule", labels.part[2]},
						       {counter->label, counter->label_value},
						       {NULL, NULL}},
			*words_at(&sum, counter->offset));
	}
}

/* Upper bounds in seconds of all buckets but the last. */
static void bounds_fill(double bounds[STATS_TIME_BUCKETS])
{
	for (int i = 0; i < STATS_TIME_BUCKETS; i++)
		bounds[i] = (double)(1ULL << (i + STATS_TIME_SHIFT)) / 1e6;
}

static void write_times(FILE *out, const struct readings *readings, const struct rule_times *kind)
{
	double bounds[STATS_TIME_BUCKETS];
	struct rule_labels labels;
	struct rule_stats sum;

	bounds_fill(bounds);
	for (size_t i = 0; i < readings->rule_count;) {
		i = sum_namesakes(readings, i, &sum, &labels);

		struct metrics_histogram histogram = {
			.bounds = bounds,
			.counts = words_at(&sum, kind->buckets),
			.count = STATS_TIME_BUCKETS,
			.sum = (double)*words_at(&sum, kind->sum) / 1e6,
		};

		if (!sum.requests)
			continue;
		metrics_format_histogram(
			out, &kind->family,
			(const struct metrics_label[]){{"namespace", labels.part[0]},
						       {"route", labels.part[1]},
						       {"rule", labels.part[2]},
						       {NULL, NULL}},
			&histogram);
	}
}

void metrics_objects_write_rules(FILE *out, const struct readings *readings)
{
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		if (counters[i].family.help)
			metrics_format_family(out, &counters[i].family);
		write_counter(out, readings, &counters[i]);
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		metrics_format_family(out, &times[i].family);
		write_times(out, readings, &times[i]);
	}
}
