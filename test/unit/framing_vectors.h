/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies in the chunked coding (RFC 9112 7.1), and where they end or break our rules. */
#ifndef PATHROUTE_TEST_FRAMING_VECTORS_H
#define PATHROUTE_TEST_FRAMING_VECTORS_H

#include <stddef.h>

struct framing_vector {
	const char *text; /* from the first size on */
	size_t length;
	size_t at; /* accepted: its end; refused: offset of the byte that is wrong */
};

/* The last one has no text. A text without end has `at` 0. */
extern const struct framing_vector framing_vectors_accepted[];
extern const struct framing_vector framing_vectors_refused[];

#endif
