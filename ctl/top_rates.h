/* SPDX-License-Identifier: Apache-2.0 */
/* From two readings of the rules' counters to what happened between them. */
#ifndef PATHROUTE_CTL_TOP_RATES_H
#define PATHROUTE_CTL_TOP_RATES_H

#include "../agent/datapath/readings.h"

/* All but `connections` is of the time between the readings, and a second. */
struct top_row {
	const struct rule_reading *rule; /* in the later reading */
	double requests;
	double replies;
	double errors;  /* replies with 5xx */
	double aborted; /* requests whose connection ended before their reply */
	double bytes_to_pod;
	double bytes_to_client;
	double p50_us; /* of the whole reply's time; < 0: there was none */
	double p99_us;
	uint32_t connections; /* now; for the caller to fill in */
};

/* The value below which `share` (0 to 1) of those counted lie, in microseconds: estimated, as if
 * they were spread evenly over their bucket. < 0: none was counted. */
double top_quantile(const __u64 buckets[STATS_TIME_BUCKETS], double share);

/* One row for each rule of `now`, in its order. A rule that is new counts from 0. */
void top_rates(const struct readings *before, const struct readings *now, double seconds,
	       struct top_row *ret_rows);

/* Most requests first, then by name. */
void top_rates_sort(struct top_row *rows, size_t count);

#endif
