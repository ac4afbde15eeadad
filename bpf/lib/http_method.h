/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The method, first part of a request line (RFC 9110 9.1). */
#ifndef PATHROUTE_HTTP_METHOD_H
#define PATHROUTE_HTTP_METHOD_H

#include "http_text.h"

#define HTTP_METHOD_CHAR(text, i) HTTP_CHAR(text " ", i)

/* Whether the line at `word` begins with the method and a space; for names of up to 7 bytes. */
#define HTTP_METHOD_BEGINS(word, text) \
	((((word) ^ HTTP_EIGHT(HTTP_METHOD_CHAR, text, 0)) & http_cover(sizeof(text))) == 0)

/* Sets the method if the line at `start` begins with a known one and a space; returns the length
 * of its name, else 0. */
static __always_inline __u64 http_method_known(struct http_head *head, __u64 word)
{
#define X(name)                                    \
	if (HTTP_METHOD_BEGINS(word, #name)) {     \
		head->method = HTTP_METHOD_##name; \
		return sizeof(#name) - 1;          \
	}
	HTTP_METHODS(X)
#undef X
	return 0;
}

/* Whether the `length` bytes of `word` are a known method if case is ignored. */
static __always_inline bool http_method_miscased(__u64 word, __u64 length)
{
	word |= SWAR_CASE;
	if (length > 7)
		return false;
	word &= http_cover(length);
#define X(name)                                                                          \
	if (word == ((HTTP_WORD(#name, 0) | SWAR_CASE) & http_cover(sizeof(#name) - 1))) \
		return true;
	HTTP_METHODS(X)
#undef X
	return false;
}

/* Number of token characters at `at`, counted up to one more than a method may have. */
static __always_inline __u64 http_method_length(const struct hold_large *hold, __u64 at)
{
	__u64 length = 0;

	for (__u32 i = 0; i <= HTTP_METHOD_MAX; i++) {
		if (!http_is_token(http_byte(hold, at + i)))
			break;
		length++;
	}
	return length;
}

static __always_inline bool http_is_preface(const struct hold_large *hold, __u64 at)
{
	return http_word(hold, at) == HTTP_WORD("PRI * HTTP/2.0\r\n", 0) &&
	       http_word(hold, at + 8) == HTTP_WORD("PRI * HTTP/2.0\r\n", 8);
}

/* Checks an unknown method; returns its length, or a negative verdict. */
static __always_inline int http_method_other(const struct hold_large *hold, __u64 at)
{
	__u64 length = http_method_length(hold, at);
	__u8 next = http_byte(hold, at + length);

	if (http_is_preface(hold, at))
		return -VERDICT_HTTP2_PREFACE;
	if (length > HTTP_METHOD_MAX)
		return -VERDICT_METHOD_TOO_LONG;
	if (http_is_blank(next) && (length == 0 || next == '\t'))
		return -VERDICT_REQUEST_LINE_MALFORMED;
	if (length && next == '\r')
		return -VERDICT_REQUEST_LINE_MALFORMED;
	if (next != ' ' || http_method_miscased(http_word(hold, at), length))
		return -VERDICT_METHOD_MALFORMED;
	return length;
}

/* Reads the method at `at` into head->method; returns its length, or a negative verdict. */
static __always_inline int http_method_read(struct hold_large *hold, __u64 at)
{
	__u64 length = http_method_known(&hold->head, http_word(hold, at));

	if (!length)
		return http_method_other(hold, at);
	if (hold->head.method == HTTP_METHOD_CONNECT)
		return -VERDICT_METHOD_CONNECT;
	return length;
}

#endif
