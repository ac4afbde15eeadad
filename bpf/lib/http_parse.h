/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Request head parser (RFC 9112 2 to 6): incremental, by words, pure.
 *
 * The head is gathered in the data of a hold. All state is in its struct http_head: zero it, then
 * call http_head_parse() after each append. The result does not depend on how the bytes were cut:
 * it is decided by the first offending byte, or the first offending line once it is complete.
 *
 * Repairs nothing but up to two empty lines in front and white space around a value.
 */
#ifndef PATHROUTE_HTTP_PARSE_H
#define PATHROUTE_HTTP_PARSE_H

#include "http_request.h"
#include "http_value.h"

#define HTTP_SCAN_WORDS 32     /* per step */
#define HTTP_EMPTY_LINES_MAX 4 /* bytes of empty lines in front of a request line */

/* No head takes more: a step moves on by a byte at least, or to the next of the line's phases. */
#define HTTP_STEPS_MAX (4 * HTTP_HEAD_MAX)

/* The first bytes tell other protocols: NEXT if they may be HTTP. */
static __always_inline int http_start_signature(struct hold_large *hold, __u64 length)
{
	struct http_head *head = &hold->head;
	__u64 word = http_word(hold, 0);
	__u64 cover = http_cover(length < 6 ? length : 6);

	if ((word & 0xff) == 0x16) { /* TLS record of type handshake, version 3.x */
		if (length < 2)
			return HTTP_STEP_STOP;
		return (word & 0xffff) == 0x0316 ? http_refuse(head, VERDICT_TLS_HELLO)
						 : HTTP_STEP_NEXT;
	}
	if ((word ^ HTTP_WORD("PROXY ", 0)) & cover)
		return HTTP_STEP_NEXT;
	return length < 6 ? HTTP_STEP_STOP : http_refuse(head, VERDICT_PROXY_LINE);
}

/* An empty line in front of the request line, which starts at head->start. */
static __always_inline int http_start_empty(struct hold_large *hold, __u64 length)
{
	struct http_head *head = &hold->head;
	__u64 at = head->start;

	if (at + 1 >= length)
		return HTTP_STEP_STOP;
	if (http_byte(hold, at + 1) != '\n')
		return http_refuse(head, VERDICT_BARE_CR);
	if (at >= HTTP_EMPTY_LINES_MAX)
		return http_refuse(head, VERDICT_REQUEST_LINE_MALFORMED);
	head->start = at + 2;
	return HTTP_STEP_AGAIN;
}

PROVED_ALONE int http_start(struct hold_large *hold, __u64 length);

PROVED_ALONE int http_start(struct hold_large *hold, __u64 length)
{
	struct http_head *head;
	__u64 at;
	__u8 byte;
	int result;

	if (!hold)
		return HTTP_STEP_STOP;
	head = &hold->head;
	at = head->start;
	byte = http_byte(hold, at);
	if (at >= length)
		return HTTP_STEP_STOP;
	if (byte == '\r')
		return http_start_empty(hold, length);
	if (byte == '\0' && at == 4) /* PROXY protocol version 2: CR LF CR LF NUL CR LF "QUIT" LF */
		return http_refuse(head, VERDICT_PROXY_LINE);
	if (at == 0 && (byte == 'P' || byte == 0x16)) {
		result = http_start_signature(hold, length);
		if (result)
			return result;
	}
	head->position = head->line_start = at;
	head->phase = HTTP_PHASE_REQUEST;
	return HTTP_STEP_NEXT;
}

/* Marks CR, LF and NUL. The first mark is exact, later ones may be false. */
static __always_inline __u64 http_line_controls(__u64 word)
{
	return swar_equal(word, '\r') | swar_equal(word, '\n') | swar_zero(word);
}

/* Moves head->position to the next CR, LF or NUL. May look at words behind `length`. */
PROVED_ALONE int http_line_scan(struct hold_large *hold, __u64 length);

PROVED_ALONE int http_line_scan(struct hold_large *hold, __u64 length)
{
	struct http_head *head;
	__u64 controls = 0;
	__u64 at;

	if (!hold)
		return HTTP_STEP_STOP;
	head = &hold->head;
	at = head->position;
	for (__u32 i = 0; i < HTTP_SCAN_WORDS; i++) {
		__u64 word = http_word(hold, at);

		if (swar_below(word, '\r' + 1)) {
			controls = http_line_controls(word);
			if (controls)
				break;
		}
		at += 8;
	}
	if (controls)
		at += swar_first(controls);
	if (at >= length) {
		head->position = length;
		return HTTP_STEP_STOP;
	}
	head->position = at;
	return controls ? HTTP_STEP_NEXT : HTTP_STEP_AGAIN;
}

/* Whether CR LF is at head->position; STOP if not, or not yet. */
static __always_inline int http_line_end(struct hold_large *hold, __u64 length)
{
	struct http_head *head = &hold->head;
	__u8 byte = http_byte(hold, head->position);

	if (byte != '\r')
		return http_refuse(head, byte ? VERDICT_BARE_LF : VERDICT_NUL_BYTE);
	if (head->position + 1 >= length)
		return HTTP_STEP_STOP;
	if (http_byte(hold, head->position + 1) != '\n')
		return http_refuse(head, VERDICT_BARE_CR);
	return HTTP_STEP_NEXT;
}

static __always_inline int http_line_step(struct hold_large *hold, __u64 length)
{
	struct http_head *head = &hold->head;
	int result = http_line_scan(hold, length);

	if (head->phase == HTTP_PHASE_REQUEST &&
	    head->position - head->line_start > HTTP_REQUEST_LINE_MAX)
		return http_request_line(hold);
	if (result)
		return result;
	return http_line_end(hold, length);
}

static __always_inline int http_field_end(struct hold_large *hold)
{
	struct http_head *head = &hold->head;
	__u64 start = head->line_start;
	__u64 end = head->position;
	enum http_field field = http_field_of(hold, start, head->name_end);

	if (++head->lines > HTTP_LINES_MAX)
		return http_refuse(head, VERDICT_TOO_MANY_LINES);
	head->position = head->line_start = end + 2;
	head->phase = HTTP_PHASE_NAME;
	if (!field)
		return HTTP_STEP_NEXT;
	head->field = field;
	head->value = head->name_end + 1;
	head->value_end = end;
	head->phase = HTTP_PHASE_TRIM;
	return HTTP_STEP_NEXT;
}

/* Whether the authority of an absolute-form target is the same as Host. */
static __always_inline bool http_authority_agrees(struct hold_large *hold)
{
	struct http_head *head = &hold->head;
	__u32 standard = head->flags & HTTP_HEAD_HTTPS ? 443 : 80;
	__u64 length = head->host_length;

	if (!(head->flags & HTTP_HEAD_HOST) || length != head->authority_length)
		return false;
	if ((head->host_port ? head->host_port : standard) !=
	    (head->authority_port ? head->authority_port : standard))
		return false;
	for (__u64 i = 0; i < ROUTE_HOST_MAX + 3; i += 8) {
		__u64 difference = (http_word(hold, head->host + i) | SWAR_CASE) ^
				   (http_word(hold, head->authority + i) | SWAR_CASE);

		if (i + 8 >= length)
			return (difference & http_cover(length - i)) == 0;
		if (difference)
			break;
	}
	return false;
}

/* The empty line was read: what only the whole head tells. */
PROVED_ALONE int http_head_end(struct hold_large *hold);

PROVED_ALONE int http_head_end(struct hold_large *hold)
{
	struct http_head *head;
	__u16 verdict = 0;

	if (!hold)
		return HTTP_STEP_STOP;
	head = &hold->head;
	if (!(head->flags & (HTTP_HEAD_HOST | HTTP_HEAD_HTTP_1_0)))
		verdict = VERDICT_HOST_MISSING;
	else if (head->flags & HTTP_HEAD_ABSOLUTE_FORM && !http_authority_agrees(hold))
		verdict = VERDICT_AUTHORITY_MISMATCH;
	if (verdict)
		head->end = 0;
	return http_refuse(head, verdict);
}

/* Everything that is not the way of a plain field line. */
static __always_inline int http_rare_step(struct hold_large *hold, __u64 length)
{
	int result;

	switch (hold->head.phase) {
	case HTTP_PHASE_START:
		return http_start(hold, length);
	case HTTP_PHASE_REQUEST:
		result = http_line_step(hold, length);
		return result ? result : http_request_line(hold);
	case HTTP_PHASE_PATH:
	case HTTP_PHASE_PATH_WALK:
	case HTTP_PHASE_QUERY:
		return http_path_step(hold);
	case HTTP_PHASE_TRIM:
	case HTTP_PHASE_ELEMENT:
	case HTTP_PHASE_ELEMENT_SKIP:
		return http_value_step(hold);
	default:
		return HTTP_STEP_STOP;
	}
}

static __always_inline int http_field_step(struct hold_large *hold, __u64 length)
{
	struct http_head *head = &hold->head;
	int result;

	if (head->phase == HTTP_PHASE_NAME) {
		result = http_field_name(hold, length);
		if (result)
			return result;
		if (head->end)
			return http_head_end(hold);
	}
	result = http_line_step(hold, length);
	return result ? result : http_field_end(hold);
}

static __always_inline bool http_step(struct hold_large *hold, __u64 length)
{
	__u8 phase = hold->head.phase;
	int result;

	if (phase == HTTP_PHASE_NAME || phase == HTTP_PHASE_VALUE)
		result = http_field_step(hold, length);
	else
		result = http_rare_step(hold, length);
	return result == HTTP_STEP_STOP;
}

struct http_step_context {
	struct hold_large *hold;
	__u64 length;
	__u64 stopped;
};

static __noinline long http_step_again(__u32 index, void *data)
{
	struct http_step_context *context = data;

	(void)index;
	context->stopped = http_step(context->hold, context->length);
	return context->stopped;
}

/*
 * Parses what is in hold->data, of which `length` bytes are there so far (at most HTTP_HEAD_MAX;
 * more are not looked at).
 *
 * Returns a verdict of VERDICTS_HEAD if the head is refused, which is final. Else
 * VERDICT_CONTINUE: the head is complete if hold->head.end is set, otherwise bytes are missing.
 * Left to the choice of the rule: HTTP_HEAD_AMBIGUOUS and HTTP_HEAD_HIGH_BYTE.
 */
PROVED_ALONE int http_head_parse(struct hold_large *hold, __u32 length);

PROVED_ALONE int http_head_parse(struct hold_large *hold, __u32 length)
{
	struct http_step_context context = {.hold = hold, .length = length};

	if (!hold)
		return VERDICT_INTERNAL;
	if (length > HTTP_HEAD_MAX)
		context.length = HTTP_HEAD_MAX;
	loop_bounded(HTTP_STEPS_MAX, http_step_again, &context);
	if (hold->head.phase != HTTP_PHASE_DONE && context.length >= HTTP_HEAD_MAX)
		http_refuse(&hold->head, VERDICT_HEAD_TOO_LONG);
	return hold->head.phase == HTTP_PHASE_DONE ? hold->head.verdict : VERDICT_CONTINUE;
}

#endif
