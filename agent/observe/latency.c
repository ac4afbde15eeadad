/* SPDX-License-Identifier: Apache-2.0 */
#include "latency.h"

#include <stddef.h>

/* Powers of two of a millisecond, and the 20 ms that are the aim. */
const double latency_bounds[LATENCY_BUCKETS - 1] = {
	0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.02, 0.032, 0.064, 0.128, 0.256, 1.024,
};

void latency_add(struct latency *latency, double seconds)
{
	size_t bucket = 0;

	while (bucket < LATENCY_BUCKETS - 1 && seconds > latency_bounds[bucket])
		bucket++;
	latency->counts[bucket]++;
	latency->sum += seconds;
}
