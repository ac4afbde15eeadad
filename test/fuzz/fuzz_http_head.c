/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a request head: the parser must say the same as the reference, however the bytes are
 * cut. The first two bytes of the input say where.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/head_trial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hold_large hold;

static void check(const uint8_t *bytes, size_t length, struct head_cut cut, uint8_t stale)
{
	struct reference_head reference;
	const char *difference;
	int verdict = head_trial_parse(&hold, bytes, length, cut, stale);

	reference_head_parse(bytes, length, &reference);
	difference = head_trial_difference(&hold, verdict, &reference);
	if (!difference)
		return;
	fprintf(stderr, "%s differs, cut %zu/%zu: verdict %d, reference %d\n", difference,
		cut.first, cut.step, verdict, reference.verdict);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	check(data + 2, size - 2, (struct head_cut){.first = size}, data[0]);
	check(data + 2, size - 2, (struct head_cut){data[0], data[1]}, '\r');
	if (size < 512)
		check(data + 2, size - 2, (struct head_cut){1, 1}, ':');
	return 0;
}
