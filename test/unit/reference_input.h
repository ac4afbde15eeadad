/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the reference parser share. */
#ifndef PATHROUTE_TEST_REFERENCE_INPUT_H
#define PATHROUTE_TEST_REFERENCE_INPUT_H

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "../../bpf/lib/http_head.h"
#include "reference_head.h"

struct reference_input {
	const uint8_t *bytes;
	size_t length;
	struct reference_head *head;
	struct reference_host authority;
	struct reference_host host;
};

/* Result of a part: go on, refused (head->verdict), or more bytes are needed. */
enum reference_part { PART_READ, PART_REFUSED, PART_MISSING };

static inline enum reference_part refuse(struct reference_input *input, enum verdict verdict)
{
	input->head->verdict = verdict;
	return PART_REFUSED;
}

static inline bool is_token(uint8_t byte)
{
	return byte < 128 && (isalnum(byte) || (byte && strchr("!#$%&'*+-.^_`|~", byte)));
}

static inline bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

/* Whether the text [start, end) is `word`, compared without case. */
static inline bool is_word(const struct reference_input *input, size_t start, size_t end,
			   const char *word)
{
	size_t length = strlen(word);

	return end - start == length &&
	       strncasecmp((const char *)input->bytes + start, word, length) == 0;
}

static inline bool is_exactly(const struct reference_input *input, size_t start, size_t end,
			      const char *word)
{
	return is_word(input, start, end, word) &&
	       memcmp(input->bytes + start, word, end - start) == 0;
}

/* CR at `at`: is it the end of a line? */
static inline enum reference_part line_end(struct reference_input *input, size_t at)
{
	if (at + 1 == input->length)
		return PART_MISSING;
	return input->bytes[at + 1] == '\n' ? PART_READ : refuse(input, VERDICT_BARE_CR);
}

/* Everything up to the first field; *ret_at is where its line starts. */
enum reference_part reference_request_read(struct reference_input *input, size_t *ret_at);

/* The field lines from `at` on, and the empty line. */
enum reference_part reference_fields_read(struct reference_input *input, size_t at);

#endif
