/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Heads of replies (RFC 9112 4 to 6): incremental, by words, pure. Read leniently, since nothing is
 * refused here: what can be read in two ways only ends the framing.
 *
 * Three fields say where a reply ends and whether the connection goes on; of all other lines no
 * more than the end is looked for.
 */
#ifndef PATHROUTE_HTTP_REPLY_H
#define PATHROUTE_HTTP_REPLY_H

#include "http_framing.h"
#include "http_reply_field.h"

#define HTTP_REPLY_HEAD_MAX 65535 /* bytes of a head */
#define HTTP_REPLY_STATUS_MIN 13  /* bytes that tell all of a status line: "HTTP/1.1 200 " */
#define HTTP_REPLY_SKIP_WORDS 64  /* per step */

#define HTTP_REPLY_AT_MASK (2 * HOLD_LARGE_SIZE - 1)

/* Steps before http_reply_read() changes to bpf_loop(): enough for the heads of most servers. */
#define HTTP_REPLY_FAST_STEPS 24

/* No more are needed: a step moves on by a byte at least, or finds a line to skip. */
#define HTTP_REPLY_STEPS_MAX (2 * HOLD_LARGE_SIZE)

/* Forgets the head before this one. */
static __always_inline void http_reply_begin(struct http_framing *reply)
{
	reply->remaining = 0;
	reply->spent = 0;
	reply->status = 0;
	reply->head = 0;
}

/* Whether a line with this first byte must be looked at: it may be one of the three fields, the
 * empty line, or it continues the line before. */
static __always_inline bool http_reply_telling(__u8 byte)
{
	return byte <= ' ' || (byte | 0x20) == 'c' || (byte | 0x20) == 't';
}

/* Goes on to the start of a line that must be looked at; whether it is there. The mask changes
 * nothing: it gives `at` the same bounds on both ways through the loop, so that the verifier sees
 * one state. */
static __always_inline bool http_reply_skip(struct http_framing *reply, struct hold_large *hold,
					    __u64 length)
{
	__u64 at = hold->head.position;
	bool found = false;

	for (__u32 i = 0; i < HTTP_REPLY_SKIP_WORDS; i++) {
		__u64 feeds = swar_equal(http_word(hold, at), '\n');

		if (!feeds) {
			at = (at + 8) & HTTP_REPLY_AT_MASK;
			continue;
		}
		at = (at + swar_first(feeds) + 1) & HTTP_REPLY_AT_MASK;
		found = at == length || http_reply_telling(http_byte(hold, at));
		if (found || at > length)
			break;
	}
	if (found && at <= length)
		reply->head &= ~HTTP_REPLY_SKIP;
	hold->head.position = at < length ? at : length;
	barrier();
	return found || at >= length;
}

/* An empty line up to two times in front of the status line. */
static __always_inline int http_reply_empty(struct http_framing *reply, struct hold_large *hold,
					    __u64 next)
{
	if (reply->head & HTTP_REPLY_EMPTY_2)
		return http_reply_bad(reply);
	reply->head |= reply->head & HTTP_REPLY_EMPTY_1 ? HTTP_REPLY_EMPTY_2 : HTTP_REPLY_EMPTY_1;
	hold->head.position = next;
	return HTTP_STEP_AGAIN;
}

/* "HTTP/1.1 200" and what may follow it, at `at`. */
static __always_inline int http_reply_status(struct http_framing *reply, struct hold_large *hold,
					     __u64 at)
{
	__u8 version = http_byte(hold, at + 7);
	__u64 word = http_word(hold, at + 8);
	__u8 end = word >> 32;
	__u32 status = 0;

	for (__u32 shift = 8; shift <= 24; shift += 8) {
		__u8 digit = word >> shift;

		if (!http_is_digit(digit))
			return http_reply_bad(reply);
		status = status * 10 + (digit - '0');
	}
	if (!http_is_digit(version) || (word & 0xff) != ' ' || status < 100)
		return http_reply_bad(reply);
	if (end != ' ' && end != '\r' && end != '\n')
		return http_reply_bad(reply);
	if (version == '0')
		reply->head |= HTTP_REPLY_HTTP_1_0;
	reply->status = status;
	return http_reply_pass(reply, hold, at + HTTP_REPLY_STATUS_MIN - 1);
}

/* The status line, of which `left` bytes are there, or an empty line in front of it. */
static __always_inline int http_reply_start(struct http_framing *reply, struct hold_large *hold,
					    __u64 at, __u64 left)
{
	__u64 word = http_word(hold, at);

	if ((word & 0xff) == '\n')
		return http_reply_empty(reply, hold, at + 1);
	if ((word & 0xff) == '\r' && left == 1)
		return HTTP_STEP_STOP;
	if ((word & 0xffff) == HTTP_WORD("\r\n", 0))
		return http_reply_empty(reply, hold, at + 2);
	if ((word ^ HTTP_WORD("HTTP/1.", 0)) & http_cover(left < 7 ? left : 7))
		return http_reply_bad(reply);
	return left < HTTP_REPLY_STATUS_MIN ? HTTP_STEP_STOP : http_reply_status(reply, hold, at);
}

/* The start of a line behind the status line. */
static __always_inline int http_reply_line(struct http_framing *reply, struct hold_large *hold,
					   __u64 at, __u64 left)
{
	__u8 byte = http_byte(hold, at);

	if (byte == '\r' && left == 1)
		return HTTP_STEP_STOP;
	if (byte == '\n' || (byte == '\r' && http_byte(hold, at + 1) == '\n')) {
		hold->head.position = at + (byte == '\n' ? 1 : 2);
		reply->head |= HTTP_REPLY_END;
		return HTTP_STEP_STOP;
	}
	if (http_is_blank(byte))
		return reply->head & HTTP_REPLY_FIELD ? http_reply_bad(reply)
						      : http_reply_pass(reply, hold, at);
	return http_reply_field(reply, hold, at, left);
}

/* Reads from hold->head.position on to the next line that must be looked at, or that line. */
PROVED_ALONE int http_reply_step(struct http_framing *reply, struct hold_large *hold, __u64 length);

PROVED_ALONE int http_reply_step(struct http_framing *reply, struct hold_large *hold, __u64 length)
{
	__u64 at;

	if (!reply || !hold)
		return HTTP_STEP_STOP;
	if (reply->head & HTTP_REPLY_SKIP && !http_reply_skip(reply, hold, length))
		return HTTP_STEP_AGAIN;
	at = hold->head.position;
	if (at >= length)
		return HTTP_STEP_STOP;
	if (!reply->status)
		return http_reply_start(reply, hold, at, length - at);
	return http_reply_line(reply, hold, at, length - at);
}

struct http_reply_context {
	struct http_framing *reply;
	struct hold_large *hold;
	__u64 length;
	__u64 stopped;
};

static __noinline long http_reply_step_again(__u32 index, void *data)
{
	struct http_reply_context *context = data;

	(void)index;
	context->stopped =
		http_reply_step(context->reply, context->hold, context->length) == HTTP_STEP_STOP;
	return context->stopped;
}

static __always_inline int http_reply_spend(struct http_framing *reply, __u32 count)
{
	__u32 spent = reply->spent + count;

	if (spent > HTTP_REPLY_HEAD_MAX) {
		spent = HTTP_REPLY_HEAD_MAX;
		reply->head |= HTTP_REPLY_BAD;
	}
	reply->spent = spent;
	return count;
}

/*
 * Reads hold->data[0 .. length), at most HOLD_LARGE_SIZE bytes, as the head of a reply, or as what
 * follows the bytes of it that were consumed before. Returns how many bytes are consumed now: the
 * others must be in front of new ones at the next call. They begin a line that may be one of the
 * three fields, or the status line; they are fewer than HTTP_REPLY_LINE_MAX.
 *
 * Updates status, head, remaining and spent; the other members are not looked at. Once
 * HTTP_REPLY_END or HTTP_REPLY_BAD is set nothing more is read, and with HTTP_REPLY_BAD the result
 * is of no use. What the bytes say does not depend on how they were cut.
 *
 * Uses hold->head as working memory, and needs nothing of it.
 */
PROVED_ALONE int http_reply_read(struct http_framing *reply, struct hold_large *hold, __u32 length);

PROVED_ALONE int http_reply_read(struct http_framing *reply, struct hold_large *hold, __u32 length)
{
	struct http_reply_context context = {.reply = reply, .hold = hold, .length = length};

	if (!reply || !hold || reply->head & (HTTP_REPLY_END | HTTP_REPLY_BAD))
		return 0;
	if (length > HOLD_LARGE_SIZE)
		context.length = HOLD_LARGE_SIZE;
	hold->head.position = 0;
	for (__u32 i = 0; i < HTTP_REPLY_FAST_STEPS; i++) {
		barrier(); /* state stays in memory, where it is one state to the verifier */
		if (http_reply_step(reply, hold, context.length) == HTTP_STEP_STOP)
			return http_reply_spend(reply, hold->head.position);
	}
	loop_bounded(HTTP_REPLY_STEPS_MAX, http_reply_step_again, &context);
	return http_reply_spend(reply, hold->head.position);
}

/* A reply that another one to the same request follows. */
static __always_inline bool http_reply_is_interim(__u16 status)
{
	return status >= 100 && status < 200 && status != 101;
}

/* What follows the complete head of a reply to a request with these OUTSTANDING_* bits (RFC 9112
 * 6.3). */
static __always_inline enum http_body http_reply_body(const struct http_framing *reply,
						      __u32 outstanding)
{
	__u16 head = reply->head;
	__u16 length = head & (HTTP_REPLY_LENGTH | HTTP_REPLY_LENGTH_BAD);

	if (head & HTTP_REPLY_BAD || reply->status == 101)
		return HTTP_BODY_OPAQUE;
	if (outstanding & OUTSTANDING_HEAD || http_reply_is_interim(reply->status) ||
	    reply->status == 204 || reply->status == 304)
		return HTTP_BODY_NONE;
	if (head & HTTP_REPLY_ENCODING) {
		if (length || head & HTTP_REPLY_HTTP_1_0 || !(head & HTTP_REPLY_CHUNKED))
			return HTTP_BODY_OPAQUE;
		return HTTP_BODY_CHUNKED;
	}
	return length == HTTP_REPLY_LENGTH ? HTTP_BODY_LENGTH : HTTP_BODY_OPAQUE;
}

/* Whether a reply without an end may have one for its client: there is a framing, but one that can
 * be read in two ways. */
static __always_inline bool http_reply_is_unsure(const struct http_framing *reply,
						 enum http_body body)
{
	return body == HTTP_BODY_OPAQUE && reply->status != 101 &&
	       reply->head & (HTTP_REPLY_BAD | HTTP_REPLY_LENGTH | HTTP_REPLY_LENGTH_BAD |
			      HTTP_REPLY_ENCODING);
}

/* Whether the connection carries no other reply behind this one (RFC 9112 9.3). */
static __always_inline bool http_reply_is_final(const struct http_framing *reply,
						enum http_body body)
{
	__u16 head = reply->head;

	if (body == HTTP_BODY_OPAQUE || head & HTTP_REPLY_CLOSE)
		return true;
	return head & HTTP_REPLY_HTTP_1_0 && !(head & HTTP_REPLY_KEEP_ALIVE);
}

#endif
