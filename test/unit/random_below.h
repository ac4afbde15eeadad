/* SPDX-License-Identifier: Apache-2.0 */
/* The same numbers in each run of a test (xorshift). */
#ifndef PATHROUTE_TEST_RANDOM_BELOW_H
#define PATHROUTE_TEST_RANDOM_BELOW_H

#include <stdint.h>

static inline uint32_t random_below(uint32_t limit)
{
	static uint32_t state = 1;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % limit;
}

#endif
