/* SPDX-License-Identifier: Apache-2.0 */
/* Chance for spreading things in time, never for secrets: reproducible from its seed. */
#ifndef PATHROUTE_DICE_H
#define PATHROUTE_DICE_H

#include <stdint.h>

struct dice {
	uint64_t state;
};

/* splitmix64 */
static inline uint64_t dice_mix(uint64_t value)
{
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
	value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
	return value ^ (value >> 31);
}

/* 0 <= result < limit; 0 if limit is 0. */
static inline uint64_t dice_below(struct dice *dice, uint64_t limit)
{
	dice->state += 0x9e3779b97f4a7c15;
	return limit ? dice_mix(dice->state) % limit : 0;
}

#endif
