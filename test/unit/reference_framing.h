/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second reading of bodies, written from the rules (RFC 9112 6 and 7, and our own limits) and not
 * from the engine: over the whole text at once, a part after the other. What both say must be the
 * same.
 */
#ifndef PATHROUTE_TEST_REFERENCE_FRAMING_H
#define PATHROUTE_TEST_REFERENCE_FRAMING_H

#include <stddef.h>
#include <stdint.h>

#include "../../bpf/lib/http_framing.h"

enum reference_end {
	REFERENCE_COMPLETE,  /* the body ends in front of `at` */
	REFERENCE_MISSING,   /* the text ends inside of the body */
	REFERENCE_MALFORMED, /* the byte at `at` cannot follow those in front of it */
	REFERENCE_OPAQUE,    /* the body has no end; `at` is its start */
};

struct reference_text {
	const uint8_t *bytes;
	size_t length;
	size_t at; /* of the body's first byte, and then where the reading stopped */
};

/* Reads a body; `length` is that of HTTP_BODY_LENGTH. */
enum reference_end reference_body_read(struct reference_text *text, enum http_body body,
				       uint64_t length);

#endif
