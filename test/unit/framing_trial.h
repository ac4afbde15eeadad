/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Follows one direction of a connection, message by message, once with the engine over bytes that
 * arrive in pieces, and once with the references over the whole text. Both give a list of messages,
 * and why it ends.
 */
#ifndef PATHROUTE_TEST_FRAMING_TRIAL_H
#define PATHROUTE_TEST_FRAMING_TRIAL_H

#include "../../bpf/lib/http_parse.h"
#include "../../bpf/lib/http_reply.h"
#include "head_trial.h"

#define FRAMING_TRIAL_MESSAGES 64

struct framing_stream {
	const uint8_t *bytes;
	size_t length;
	struct head_cut cut;
	uint32_t first; /* sequence number of bytes[0] */
	bool replies;   /* else requests */
	uint8_t heads;  /* replies: bit i % 8 says whether the i-th request was HEAD */
	uint8_t stale;  /* what is in the hold where no byte was put */
};

enum framing_stop {
	FRAMING_STOP_MISSING, /* the text ends inside of a message, or behind one */
	FRAMING_STOP_REFUSED, /* a head */
	FRAMING_STOP_MALFORMED,
	FRAMING_STOP_OPAQUE,
	FRAMING_STOP_FULL, /* FRAMING_TRIAL_MESSAGES are read */
};

struct framing_message {
	size_t head_end; /* offset in the text */
	enum http_body body;
	size_t end;
};

struct framing_result {
	struct framing_message messages[FRAMING_TRIAL_MESSAGES + 1];
	size_t count;
	enum framing_stop stop;
	size_t at; /* of the malformed byte */
};

void framing_trial_run(const struct framing_stream *stream, struct hold_large *hold,
		       struct framing_result *ret_result);
void framing_trial_reference(const struct framing_stream *stream,
			     struct framing_result *ret_result);

/* The first thing in which they differ, NULL if there is none. */
const char *framing_trial_difference(const struct framing_result *engine,
				     const struct framing_result *reference);

#endif
