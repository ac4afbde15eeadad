/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Request heads and what the parser must say of them: RFC 9110, 9112, 3986 and our own limits.
 *
 * A vector's bytes are its `bytes`, then `fill` repeated `fill_count` times, then `tail`.
 */
#ifndef PATHROUTE_TEST_HTTP_VECTORS_H
#define PATHROUTE_TEST_HTTP_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#include "../../bpf/lib/http_head.h"

struct http_vector {
	const char *name;
	const char *bytes;
	size_t length;
	const char *fill;
	size_t fill_count;
	const char *tail;
	enum verdict verdict; /* VERDICT_CONTINUE: accepted, the rest is valid */
	uint8_t incomplete;   /* accepted so far, but the head has not ended */
	uint8_t unknown_method;
	uint8_t method;   /* 0: GET, if not unknown */
	uint16_t flags;   /* 0: HTTP_HEAD_HOST */
	uint16_t after;   /* bytes at the end of the vector that are not of the head */
	const char *host; /* NULL: "h" */
	const char *path; /* NULL: "/" */
	uint64_t content_length;
};

#define VECTOR_MAX 24576

/* Writes the vector's bytes, at most VECTOR_MAX, and returns how many they are. */
size_t http_vector_bytes(const struct http_vector *vector, uint8_t *ret_bytes);

/* The HTTP status that a client gets on a verdict; 0: no reply. */
unsigned http_vector_status(enum verdict verdict);

/* Every head that passes and every form that is refused; the last one has no name. */
extern const struct http_vector http_vectors_accepted[];
extern const struct http_vector http_vectors_refused[];

#endif
