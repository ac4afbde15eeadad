/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of replies and what they say: RFC 9110, 9112 and our own limits. */
#ifndef PATHROUTE_TEST_REPLY_VECTORS_H
#define PATHROUTE_TEST_REPLY_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#include "../../bpf/lib/http_reply.h"

struct reply_vector {
	const char *text;
	uint16_t status;
	uint16_t flags;
	uint8_t body;        /* enum http_body, of a reply to GET */
	uint8_t outstanding; /* OUTSTANDING_* of the request, if not 0 */
	uint16_t after;      /* bytes of the text that are not of the head */
	bool goes_on;        /* not final */
	uint64_t length;
};

/* The last one is NULL. */
extern const struct reply_vector reply_vectors[];
extern const char *const reply_vectors_bad[];

#endif
