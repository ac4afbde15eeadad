/* SPDX-License-Identifier: Apache-2.0 */
/* A histogram of times, as /metrics shows it. Pure. */
#ifndef PATHROUTE_LATENCY_H
#define PATHROUTE_LATENCY_H

#include <stdint.h>

#define LATENCY_BUCKETS 13 /* the last one has no bound */

struct latency {
	uint64_t counts[LATENCY_BUCKETS];
	double sum; /* seconds */
};

/* Upper bounds in seconds, rising; one less than there are buckets. */
extern const double latency_bounds[LATENCY_BUCKETS - 1];

void latency_add(struct latency *latency, double seconds);

#endif
