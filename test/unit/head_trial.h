/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the head parser over bytes that arrive in pieces, and compares it with the reference. */
#ifndef PATHROUTE_TEST_HEAD_TRIAL_H
#define PATHROUTE_TEST_HEAD_TRIAL_H

#include <stddef.h>
#include <stdint.h>

#include "../../bpf/lib/hold_large.h"
#include "reference_head.h"

/* Where the bytes are cut: after `first`, then after every `step` (0: not again). */
struct head_cut {
	size_t first;
	size_t step;
};

/* Parses into `hold`, which is filled with `stale` bytes first, as an old hold would be. Stops at
 * the first verdict, or when the head is complete. Returns what the parser did. */
int head_trial_parse(struct hold_large *hold, const uint8_t *bytes, size_t length,
		     struct head_cut cut, uint8_t stale);

/* The first thing in which parser and reference differ, NULL if there is none. */
const char *head_trial_difference(const struct hold_large *hold, int verdict,
				  const struct reference_head *reference);

#endif
