/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the head of a reply: the reader must say the same as the reference, however the
 * bytes are cut. The first two bytes of the input say where.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/reply_trial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hold_large hold;

static void check(const struct reply_pieces *pieces)
{
	struct http_framing reply = {.phase = FRAMING_HEAD};
	struct reference_reply reference;
	const char *difference;
	size_t length;

	reference_reply_read(pieces->bytes, pieces->length, &reference);
	length = reply_trial_read(&reply, &hold, pieces);
	difference = reply_trial_difference(&reply, length, &reference);
	if (!difference)
		return;
	fprintf(stderr, "%s differs, cut %zu/%zu: flags %#x, reference %s\n", difference,
		pieces->cut.first, pieces->cut.step, reply.head, reference.bad ? "bad" : "good");
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reply_pieces pieces = {.bytes = data + 2, .length = size - 2, .stale = 'x'};

	if (size < 2)
		return 0;
	check(&pieces);
	if (size < 512) {
		pieces.cut = (struct head_cut){1, 1};
		check(&pieces);
	}
	pieces.cut = (struct head_cut){data[0], data[1]};
	pieces.stale = '\n';
	check(&pieces);
	return 0;
}
