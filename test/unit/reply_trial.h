/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the reader of replies over bytes that come in pieces, and compares it with the reference. */
#ifndef PATHROUTE_TEST_REPLY_TRIAL_H
#define PATHROUTE_TEST_REPLY_TRIAL_H

#include "../../bpf/lib/http_reply.h"
#include "head_trial.h"
#include "reference_reply.h"

struct reply_pieces {
	const uint8_t *bytes;
	size_t length;
	struct head_cut cut;
	uint8_t stale; /* what is in the hold behind them */
};

/* Reads until the head has ended or is bad. Returns how many bytes the head has so far, those that
 * wait included. */
size_t reply_trial_read(struct http_framing *reply, struct hold_large *hold,
			const struct reply_pieces *pieces);

/* The first thing in which reader and reference differ, NULL if there is none. */
const char *reply_trial_difference(const struct http_framing *reply, size_t length,
				   const struct reference_reply *reference);

#endif
