/* SPDX-License-Identifier: Apache-2.0 */
#include "head_trial.h"

#include <string.h>

#include "../../bpf/lib/http_parse.h"

int head_trial_parse(struct hold_large *hold, const uint8_t *bytes, size_t length,
		     struct head_cut cut, uint8_t stale)
{
	size_t at = 0;
	size_t next = cut.first < length ? cut.first : length;
	int verdict;

	memset(hold, stale, sizeof(*hold));
	memset(&hold->head, 0, sizeof(hold->head));
	if (length > HTTP_HEAD_MAX)
		length = HTTP_HEAD_MAX;
	for (;;) {
		if (next > length)
			next = length;
		memcpy(hold->data + at, bytes + at, next - at);
		at = next;
		verdict = http_head_parse(hold, (uint32_t)at);
		if (verdict || hold->head.end || at == length)
			return verdict;
		next = cut.step ? at + cut.step : length;
	}
}

struct pair {
	const char *name;
	uint64_t parser;
	uint64_t reference;
};

static const char *first_difference(const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (pairs[i].parser != pairs[i].reference)
			return pairs[i].name;
	}
	return NULL;
}

static const char *text_difference(const struct http_head *head,
				   const struct reference_head *reference)
{
	const struct pair pairs[] = {
		{"target", head->target, reference->target.start},
		{"target_length", head->target_length, reference->target.length},
		{"path", head->path, reference->path.start},
		{"path_length", head->path_length, reference->path.length},
		{"host", reference->host_value_length ? head->host : 0,
		 reference->host_value_length ? reference->host.start : 0},
		{"host_length", head->host_length, reference->host.length},
		{"host_value_length", head->host_value_length, reference->host_value_length},
	};

	return first_difference(pairs, sizeof(pairs) / sizeof(pairs[0]));
}

const char *head_trial_difference(const struct hold_large *hold, int verdict,
				  const struct reference_head *reference)
{
	const struct http_head *head = &hold->head;
	const struct pair pairs[] = {
		{"start", head->start, reference->start},
		{"lines", head->lines, reference->lines},
		{"method", head->method, reference->method},
		{"flags", head->flags, reference->flags},
		{"content_length", head->content_length, reference->content_length},
		{"upgrade", head->upgrade, reference->upgrade},
	};
	const char *difference;

	if (verdict != (int)reference->verdict)
		return "verdict";
	if (head->end != reference->end)
		return "end";
	if (!reference->end)
		return NULL;
	difference = first_difference(pairs, sizeof(pairs) / sizeof(pairs[0]));
	return difference ? difference : text_difference(head, reference);
}
