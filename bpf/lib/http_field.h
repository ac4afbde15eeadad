/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Field lines (RFC 9112 5): the name up to its colon, and which few names matter. */
#ifndef PATHROUTE_HTTP_FIELD_H
#define PATHROUTE_HTTP_FIELD_H

#include "http_text.h"

#define HTTP_NAME_WORDS 8 /* per step of the parser */

enum http_field {
	HTTP_FIELD_NONE = 0, /* not looked at */
	HTTP_FIELD_HOST,
	HTTP_FIELD_CONNECTION,
	HTTP_FIELD_CONTENT_LENGTH,
	HTTP_FIELD_TRANSFER_ENCODING,
	HTTP_FIELD_UPGRADE,
	HTTP_FIELD_EXPECT,
};

/* Marks what most names do not have: all but letters and "-". */
static __always_inline __u64 http_name_odd(__u64 word)
{
	__u64 lows = word & SWAR_LOWS;
	__u64 folded = lows | SWAR_CASE;
	__u64 not_letter = ~(folded + SWAR_ALL(0x80 - 'a')) | (folded + SWAR_ALL(0x7f - 'z'));
	__u64 not_dash = (lows ^ SWAR_ALL('-')) + SWAR_LOWS;

	return ((not_letter & not_dash) | word) & SWAR_TOPS;
}

/* Which field the name from `start` to `end` is. */
static __always_inline enum http_field http_field_of(const struct hold_large *hold, __u64 start,
						     __u64 end)
{
	if (http_text_is(hold, start, end, "host"))
		return HTTP_FIELD_HOST;
	if (http_text_is(hold, start, end, "connection"))
		return HTTP_FIELD_CONNECTION;
	if (http_text_is(hold, start, end, "content-length"))
		return HTTP_FIELD_CONTENT_LENGTH;
	if (http_text_is(hold, start, end, "transfer-encoding"))
		return HTTP_FIELD_TRANSFER_ENCODING;
	if (http_text_is(hold, start, end, "upgrade"))
		return HTTP_FIELD_UPGRADE;
	if (http_text_is(hold, start, end, "expect"))
		return HTTP_FIELD_EXPECT;
	return HTTP_FIELD_NONE;
}

/* What a byte that a name cannot have says about the line. */
static __always_inline __u16 http_name_verdict(const struct http_head *head, __u64 at, __u8 byte)
{
	if (byte == '\n')
		return VERDICT_BARE_LF;
	if (byte == '\0')
		return VERDICT_NUL_BYTE;
	if (!http_is_blank(byte))
		return VERDICT_FIELD_NAME_MALFORMED;
	if (at > head->line_start)
		return VERDICT_SPACE_BEFORE_COLON;
	return head->lines ? VERDICT_OBS_FOLD : VERDICT_SPACE_BEFORE_FIELD;
}

/* CR at `at` while a name is expected or read: NEXT if it starts the empty line. */
static __always_inline int http_name_cr(struct hold_large *hold, __u64 at, __u64 length)
{
	struct http_head *head = &hold->head;

	head->position = at;
	if (at + 1 >= length)
		return HTTP_STEP_STOP;
	if (http_byte(hold, at + 1) != '\n')
		return http_refuse(head, VERDICT_BARE_CR);
	if (at > head->line_start)
		return http_refuse(head, VERDICT_COLON_MISSING);
	head->end = at + 2;
	return HTTP_STEP_NEXT;
}

/* Reads a name. NEXT: the colon is found and head->position is behind it, or the head has ended. */
static __always_inline int http_field_name(struct hold_large *hold, __u64 length)
{
	struct http_head *head = &hold->head;
	__u64 at = head->position;

	for (__u32 i = 0; i < HTTP_NAME_WORDS; i++) {
		__u64 odd = http_name_odd(http_word(hold, at));
		__u8 byte;

		at += swar_first(odd);
		if (at >= length)
			break;
		if (!odd)
			continue;
		byte = http_byte(hold, at);
		if (byte == ':' && at > head->line_start) {
			head->name_end = at;
			head->position = at + 1;
			head->phase = HTTP_PHASE_VALUE;
			return HTTP_STEP_NEXT;
		}
		if (byte == '\r')
			return http_name_cr(hold, at, length);
		if (!http_is_token(byte))
			return http_refuse(head, http_name_verdict(head, at, byte));
		at++;
	}
	head->position = at < length ? at : length;
	return at < length ? HTTP_STEP_AGAIN : HTTP_STEP_STOP;
}

#endif
