/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second reading of heads of replies, written from the rules and not from the first one: over the
 * whole text at once, a line after the other, with copies. What both say must be the same.
 */
#ifndef PATHROUTE_TEST_REFERENCE_REPLY_H
#define PATHROUTE_TEST_REFERENCE_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/lib/http_framing.h"

struct reference_reply {
	bool bad;   /* no reply, or one that is not sure to be read as a client does */
	size_t end; /* length of the head with its empty line; 0: incomplete */
	unsigned status;
	bool http_1_0;
	bool length_seen; /* `length` is valid */
	bool length_bad;
	bool encoding;
	bool chunked;
	bool close;
	bool keep_alive;
	uint64_t length;
};

void reference_reply_read(const uint8_t *bytes, size_t length, struct reference_reply *ret_reply);

/* What follows the complete head of a reply to HEAD, or to another method. */
enum http_body reference_reply_body(const struct reference_reply *reply, bool head_method);

/* Whether no reply follows this one. */
bool reference_reply_is_final(const struct reference_reply *reply, bool head_method);

#endif
