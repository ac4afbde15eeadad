/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading and comparing text in a hold.
 *
 * Offsets are cut to the size of the data, and the slack takes what a word reads past it, so that
 * any offset is safe. Whether a byte is one of those received is for the caller to check.
 */
#ifndef PATHROUTE_HTTP_TEXT_H
#define PATHROUTE_HTTP_TEXT_H

#include <stdbool.h>

#include "hold_large.h"
#include "swar.h"

static __always_inline __u64 http_word(const struct hold_large *hold, __u64 offset)
{
	return load_word(&hold->data[offset & (HOLD_LARGE_SIZE - 1)]);
}

static __always_inline __u8 http_byte(const struct hold_large *hold, __u64 offset)
{
	return hold->data[offset & (HOLD_LARGE_SIZE - 1)];
}

/* Eight characters of a literal from `first` on as a word, zero behind its end; and the bits to
 * set in a word so that it can be compared without case (only where the literal has a letter). */
#define HTTP_CHAR(text, i) ((__u64)(__u8)(text)[(i) < sizeof(text) ? (i) : sizeof(text) - 1])
#define HTTP_CHAR_CASE(text, i) \
	(HTTP_CHAR(text, i) >= 'a' && HTTP_CHAR(text, i) <= 'z' ? 0x20ULL : 0ULL)
#define HTTP_EIGHT(of, text, i)                                                        \
	(of(text, i) | of(text, (i) + 1) << 8 | of(text, (i) + 2) << 16 |              \
	 of(text, (i) + 3) << 24 | of(text, (i) + 4) << 32 | of(text, (i) + 5) << 40 | \
	 of(text, (i) + 6) << 48 | of(text, (i) + 7) << 56)
#define HTTP_WORD(text, first) HTTP_EIGHT(HTTP_CHAR, text, first)
#define HTTP_WORD_CASE(text, first) HTTP_EIGHT(HTTP_CHAR_CASE, text, first)

/* Bits of those bytes of a word that a literal of `length` characters covers. */
static __always_inline __u64 http_cover(__u64 length)
{
	return length >= 8 ? ~0ULL : (1ULL << (length * 8)) - 1;
}

/* Whether the text at `offset` begins with a lower-case literal of up to 24 characters, compared
 * without case. */
#define http_text_begins(hold, offset, text)                                                     \
	((((http_word(hold, offset) | HTTP_WORD_CASE(text, 0)) ^ HTTP_WORD(text, 0)) &           \
	  http_cover(sizeof(text) - 1)) == 0 &&                                                  \
	 (sizeof(text) - 1 <= 8 ||                                                               \
	  (((http_word(hold, (offset) + 8) | HTTP_WORD_CASE(text, 8)) ^ HTTP_WORD(text, 8)) &    \
	   http_cover(sizeof(text) - 1 > 8 ? sizeof(text) - 9 : 0)) == 0) &&                     \
	 (sizeof(text) - 1 <= 16 ||                                                              \
	  (((http_word(hold, (offset) + 16) | HTTP_WORD_CASE(text, 16)) ^ HTTP_WORD(text, 16)) & \
	   http_cover(sizeof(text) - 1 > 16 ? sizeof(text) - 17 : 0)) == 0))

/* Whether the text from `offset` to `end` is the lower-case literal, compared without case. */
#define http_text_is(hold, offset, end, text) \
	((end) - (offset) == sizeof(text) - 1 && http_text_begins(hold, offset, text))

static __always_inline bool http_is_blank(__u8 byte)
{
	return byte == ' ' || byte == '\t';
}

/* RFC 9110 5.6.2: a character of a token. One bit for each of the 128. */
static __always_inline bool http_is_token(__u8 byte)
{
	__u64 low = 0x03ff6cfa00000000ULL;  /* ! # $ % & ' * + - . 0-9 */
	__u64 high = 0x57ffffffc7fffffeULL; /* A-Z ^ _ ` a-z | ~ */

	return byte < 0x80 && ((byte < 0x40 ? low : high) >> (byte & 0x3f) & 1);
}

static __always_inline bool http_is_digit(__u8 byte)
{
	return byte >= '0' && byte <= '9';
}

/* Value of a hex digit, or more than 15. */
static __always_inline __u8 http_hex(__u8 byte)
{
	__u8 letter = (byte | 0x20) - 'a';

	if (http_is_digit(byte))
		return byte - '0';
	return letter < 6 ? letter + 10 : 16;
}

/* Results of a step of the parser. */
enum http_step {
	HTTP_STEP_NEXT = 0, /* the phase is complete */
	HTTP_STEP_AGAIN,    /* more to do with the bytes at hand */
	HTTP_STEP_STOP,     /* head complete or refused, or more bytes needed */
};

static __always_inline int http_refuse(struct http_head *head, __u16 verdict)
{
	head->verdict = verdict;
	head->phase = HTTP_PHASE_DONE;
	return HTTP_STEP_STOP;
}

#endif
