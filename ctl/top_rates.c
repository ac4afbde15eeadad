/* SPDX-License-Identifier: Apache-2.0 */
#include "top_rates.h"

#include <stdlib.h>
#include <string.h>

/* In microseconds; bucket 0 begins at 0. */
static double bucket_begin(size_t bucket)
{
	return bucket ? (double)(1ULL << (bucket + STATS_TIME_SHIFT - 1)) : 0;
}

double top_quantile(const __u64 buckets[STATS_TIME_BUCKETS], double share)
{
	double total = 0, below = 0;
	size_t i = 0;

	for (size_t j = 0; j < STATS_TIME_BUCKETS; j++)
		total += (double)buckets[j];
	if (total <= 0)
		return -1;
	while (i + 1 < STATS_TIME_BUCKETS && below + (double)buckets[i] < share * total)
		below += (double)buckets[i++];
	if (i + 1 == STATS_TIME_BUCKETS)
		return bucket_begin(i); /* it has no end */
	return bucket_begin(i) + (bucket_begin(i + 1) - bucket_begin(i)) * (share * total - below) /
					 (buckets[i] ? (double)buckets[i] : 1);
}

/* Counters that have fallen were cleared for a new rule. */
static void stats_subtract(const struct rule_stats *now, const struct rule_stats *before,
			   struct rule_stats *ret_difference)
{
	const __u64 *after = (const __u64 *)now, *prior = (const __u64 *)before;
	__u64 *result = (__u64 *)ret_difference;

	for (size_t i = 0; i < sizeof(*now) / sizeof(*after); i++)
		result[i] = after[i] < prior[i] ? after[i] : after[i] - prior[i];
}

static double replies_count(const struct rule_stats *stats)
{
	double count = 0;

	for (size_t i = 0; i < STATS_STATUS_CLASSES; i++)
		count += (double)stats->status[i];
	return count;
}

/* Readings are sorted by name, then number. */
static int rule_compare(const struct rule_reading *a, const struct rule_reading *b)
{
	int order = strcmp(a->name, b->name);

	return order ? order : (a->id > b->id) - (a->id < b->id);
}

static void row_fill(const struct rule_reading *rule, const struct rule_stats *before,
		     double seconds, struct top_row *ret_row)
{
	struct rule_stats passed;

	stats_subtract(&rule->stats, before, &passed);
	*ret_row = (struct top_row){
		.rule = rule,
		.requests = (double)passed.requests / seconds,
		.replies = replies_count(&passed) / seconds,
		.errors = (double)passed.status[5] / seconds,
		.aborted = (double)passed.aborted / seconds,
		.bytes_to_pod = (double)passed.bytes_to_pod / seconds,
		.bytes_to_client = (double)passed.bytes_to_client / seconds,
		.p50_us = top_quantile(passed.total_us, 0.5),
		.p99_us = top_quantile(passed.total_us, 0.99),
	};
}

void top_rates(const struct readings *before, const struct readings *now, double seconds,
	       struct top_row *ret_rows)
{
	static const struct rule_stats none;
	size_t old = 0;

	for (size_t i = 0; i < now->rule_count; i++) {
		const struct rule_reading *rule = &now->rules[i];
		bool known;

		while (old < before->rule_count && rule_compare(&before->rules[old], rule) < 0)
			old++;
		known = old < before->rule_count && !rule_compare(&before->rules[old], rule);
		row_fill(rule, known ? &before->rules[old].stats : &none, seconds, &ret_rows[i]);
	}
}

static int by_requests(const void *left, const void *right)
{
	const struct top_row *a = left, *b = right;

	if (a->requests < b->requests || a->requests > b->requests)
		return a->requests < b->requests ? 1 : -1;
	return rule_compare(a->rule, b->rule);
}

void top_rates_sort(struct top_row *rows, size_t count)
{
	if (count)
		qsort(rows, count, sizeof(*rows), by_requests);
}
