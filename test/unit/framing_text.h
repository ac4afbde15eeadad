/* SPDX-License-Identifier: Apache-2.0 */
/* A text of messages that a test puts together. What does not fit is left out. */
#ifndef PATHROUTE_TEST_FRAMING_TEXT_H
#define PATHROUTE_TEST_FRAMING_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAMING_TEXT_MAX 65536

struct framing_text {
	uint8_t bytes[FRAMING_TEXT_MAX];
	size_t length;
};

void framing_text_add(struct framing_text *text, const char *bytes, size_t length);
void framing_text_fill(struct framing_text *text, char byte, size_t count);

/* Starts anew with the head of a chunked reply or request. Returns its length. */
size_t framing_text_begin(struct framing_text *text, bool reply);

#endif
