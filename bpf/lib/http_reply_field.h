/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fields that say where a reply ends and whether the connection goes on (RFC 9110 7.6.1, 8.6;
 * RFC 9112 6.1). Their values are lists, read word by word once the line is complete.
 */
#ifndef PATHROUTE_HTTP_REPLY_FIELD_H
#define PATHROUTE_HTTP_REPLY_FIELD_H

#include "http_value.h"

#define HTTP_REPLY_LINE_MAX 256 /* bytes of a line of one of the three fields, with its end */
#define HTTP_REPLY_LINE_WORDS (HTTP_REPLY_LINE_MAX / 8)

/* What the lines so far say: http_framing.head. */
enum http_reply_flag {
	HTTP_REPLY_HTTP_1_0 = 0x0001,
	HTTP_REPLY_LENGTH = 0x0002,     /* http_framing.remaining is a valid Content-Length */
	HTTP_REPLY_LENGTH_BAD = 0x0004, /* malformed, or values that differ */
	HTTP_REPLY_ENCODING = 0x0008,   /* a Transfer-Encoding line */
	HTTP_REPLY_CHUNKED = 0x0010,    /* ... whose last coding is chunked */
	HTTP_REPLY_CLOSE = 0x0020,      /* Connection: close */
	HTTP_REPLY_KEEP_ALIVE = 0x0040, /* Connection: keep-alive */
	HTTP_REPLY_SKIP = 0x0080,       /* inside a line whose rest is of no interest */
	HTTP_REPLY_END = 0x0100,        /* the empty line was read */
	HTTP_REPLY_BAD = 0x0200,        /* no reply of HTTP/1.x, too long, or not sure to be read
					 * as the client reads it */

	/* the reader's own */
	HTTP_REPLY_FIELD = 0x0400,   /* the line before was one of the three fields */
	HTTP_REPLY_EMPTY_1 = 0x0800, /* empty lines in front of the status line */
	HTTP_REPLY_EMPTY_2 = 0x1000,
};

static __always_inline int http_reply_bad(struct http_framing *reply)
{
	reply->head |= HTTP_REPLY_BAD;
	return HTTP_STEP_STOP;
}

/* The rest of the line from `at` on is of no interest. */
static __always_inline int http_reply_pass(struct http_framing *reply, struct hold_large *hold,
					   __u64 at)
{
	reply->head |= HTTP_REPLY_SKIP;
	hold->head.position = at;
	return HTTP_STEP_AGAIN;
}

/* Whether the first `left` bytes of the text at `at` may begin with the lower-case literal. */
#define http_reply_may_be(hold, at, left, text)                                            \
	((((http_word(hold, at) | HTTP_WORD_CASE(text, 0)) ^ HTTP_WORD(text, 0)) &         \
	  http_cover(left)) == 0 &&                                                        \
	 ((left) <= 8 ||                                                                   \
	  (((http_word(hold, (at) + 8) | HTTP_WORD_CASE(text, 8)) ^ HTTP_WORD(text, 8)) &  \
	   http_cover((left)-8 < sizeof(text) - 9 ? (left)-8 : sizeof(text) - 9)) == 0) && \
	 ((left) <= 16 || sizeof(text) <= 17 ||                                            \
	  ((http_byte(hold, (at) + 16) | 0x20) == (text)[sizeof(text) - 2])))

/* Which of the three fields the line is, as far as `left` bytes of it tell. */
static __always_inline enum http_field http_reply_field_of(const struct hold_large *hold, __u64 at,
							   __u64 left)
{
	if (http_reply_may_be(hold, at, left, "connection"))
		return HTTP_FIELD_CONNECTION;
	if (http_reply_may_be(hold, at, left, "content-length"))
		return HTTP_FIELD_CONTENT_LENGTH;
	if (http_reply_may_be(hold, at, left, "transfer-encoding"))
		return HTTP_FIELD_TRANSFER_ENCODING;
	return HTTP_FIELD_NONE;
}

static __always_inline __u64 http_reply_name_size(enum http_field field)
{
	if (field == HTTP_FIELD_CONNECTION)
		return sizeof("connection") - 1;
	return field == HTTP_FIELD_CONTENT_LENGTH ? sizeof("content-length") - 1
						  : sizeof("transfer-encoding") - 1;
}

/* All marks exact: what may stand around an element of a list, and cannot be in it. */
static __always_inline __u64 http_reply_blanks(__u64 word)
{
	return swar_equal_exact(word, ' ') | swar_equal_exact(word, '\t');
}

/* Moves hold->head.value behind the blanks there, at most to value_end. Its reader knows nothing of
 * it, and so the verifier has one case, not one for each length. */
static __always_inline void http_reply_skip_blanks(struct hold_large *hold)
{
	__u64 at = hold->head.value;
	__u64 end = hold->head.value_end;

	for (__u32 i = 0; i < HTTP_REPLY_LINE_WORDS && at < end; i++) {
		__u64 others = ~http_reply_blanks(http_word(hold, at)) & SWAR_TOPS;

		at += swar_first(others);
		if (others)
			break;
	}
	hold->head.value = at < end ? at : end;
	barrier();
}

/* The same to the next comma, or, if `blanks` is set, the next comma or blank. */
static __always_inline void http_reply_skip_word(struct hold_large *hold, __u64 blanks)
{
	__u64 at = hold->head.value;
	__u64 end = hold->head.value_end;

	for (__u32 i = 0; i < HTTP_REPLY_LINE_WORDS && at < end; i++) {
		__u64 word = http_word(hold, at);
		__u64 stops = swar_equal(word, ',') |
			      ((swar_equal(word, ' ') | swar_equal(word, '\t')) & blanks);

		at += swar_first(stops);
		if (stops)
			break;
	}
	hold->head.value = at < end ? at : end;
	barrier();
}

/* Digits from `at` to `end`; 0 if it is anything else. */
static __always_inline int http_reply_length(struct http_framing *reply, struct hold_large *hold,
					     __u64 at, __u64 end)
{
	if (!reply || !hold || !http_length_read(hold, at, end))
		return 0;
	if (reply->head & HTTP_REPLY_LENGTH && reply->remaining != hold->head.content_length)
		reply->head |= HTTP_REPLY_LENGTH_BAD;
	reply->head |= HTTP_REPLY_LENGTH;
	reply->remaining = hold->head.content_length;
	return 1;
}

static __always_inline void http_reply_connection(struct http_framing *reply,
						  const struct hold_large *hold, __u64 at,
						  __u64 end)
{
	if (http_text_is(hold, at, end, "close"))
		reply->head |= HTTP_REPLY_CLOSE;
	if (http_text_is(hold, at, end, "keep-alive"))
		reply->head |= HTTP_REPLY_KEEP_ALIVE;
}

/* An element of a list: its first word is from `at` to `end`, and nothing else if it is `whole`. */
static __always_inline void http_reply_word(struct http_framing *reply, struct hold_large *hold,
					    __u64 at, __u64 end, bool whole)
{
	if (hold->head.field == HTTP_FIELD_CONNECTION) {
		http_reply_connection(reply, hold, at, end);
	} else if (hold->head.field == HTTP_FIELD_CONTENT_LENGTH) {
		if (!whole || !http_reply_length(reply, hold, at, end))
			reply->head |= HTTP_REPLY_LENGTH_BAD;
	} else {
		reply->head &= ~HTTP_REPLY_CHUNKED;
		if (whole && http_text_is(hold, at, end, "chunked"))
			reply->head |= HTTP_REPLY_CHUNKED;
	}
}

/* The element at hold->head.value. Whether it was the last one of the line. */
PROVED_ALONE int http_reply_element(struct http_framing *reply, struct hold_large *hold);

PROVED_ALONE int http_reply_element(struct http_framing *reply, struct hold_large *hold)
{
	struct http_head *head;
	__u64 at, word_end;

	if (!reply || !hold)
		return 1;
	head = &hold->head;
	http_reply_skip_blanks(hold);
	at = head->value;
	http_reply_skip_word(hold, SWAR_TOPS);
	word_end = head->value;
	http_reply_skip_blanks(hold);
	http_reply_word(reply, hold, at, word_end,
			head->value == head->value_end || http_byte(hold, head->value) == ',');
	http_reply_skip_word(hold, 0);
	return head->value++ == head->value_end;
}

/* The values of nearly all replies, one word from `at` to `end`. False: read it as a list. */
static __always_inline bool http_reply_usual(struct http_framing *reply, struct hold_large *hold,
					     __u64 at, __u64 end)
{
	if (hold->head.field == HTTP_FIELD_CONTENT_LENGTH)
		return http_reply_length(reply, hold, at, end);
	if (hold->head.field == HTTP_FIELD_CONNECTION) {
		if (!http_text_is(hold, at, end, "keep-alive"))
			return false;
		reply->head |= HTTP_REPLY_KEEP_ALIVE;
		return true;
	}
	if (!http_text_is(hold, at, end, "chunked"))
		return false;
	reply->head |= HTTP_REPLY_CHUNKED;
	return true;
}

struct http_reply_list {
	struct http_framing *reply;
	struct hold_large *hold;
};

static __noinline long http_reply_element_again(__u32 index, void *data)
{
	struct http_reply_list *list = data;

	(void)index;
	return http_reply_element(list->reply, list->hold) != 0;
}

/* A line of one of the three fields, from `at` to its LF at `end`, its value behind `colon`. */
static __always_inline int http_reply_value(struct http_framing *reply, struct hold_large *hold,
					    __u64 colon, __u64 end)
{
	struct http_reply_list list = {.reply = reply, .hold = hold};
	__u64 value_end = http_byte(hold, end - 1) == '\r' ? end - 1 : end;
	__u64 value = colon + (http_byte(hold, colon + 1) == ' ' ? 2 : 1);

	reply->head |= HTTP_REPLY_FIELD;
	if (hold->head.field == HTTP_FIELD_TRANSFER_ENCODING)
		reply->head |= HTTP_REPLY_ENCODING;
	hold->head.value = value;
	hold->head.value_end = value_end;
	barrier();
	if (!http_reply_usual(reply, hold, value, value_end))
		loop_bounded(HTTP_REPLY_LINE_MAX, http_reply_element_again, &list);
	hold->head.position = end + 1;
	return HTTP_STEP_AGAIN;
}

/* More bytes are needed to read the line, of which `left` are there. */
static __always_inline int http_reply_wait(struct http_framing *reply, __u64 left)
{
	return left >= HTTP_REPLY_LINE_MAX ? http_reply_bad(reply) : HTTP_STEP_STOP;
}

/* Moves hold->head.value to the LF from `at` on, if it is within the longest line. */
static __always_inline __u64 http_reply_feed(const struct hold_large *hold, __u64 at)
{
	for (__u32 i = 0; i < HTTP_REPLY_LINE_WORDS; i++) {
		__u64 feeds = swar_equal(http_word(hold, at), '\n');

		at += swar_first(feeds);
		if (feeds)
			break;
	}
	return at;
}

/* A line that may be one of the three fields, at `at`; `left` bytes are there. */
static __always_inline int http_reply_field(struct http_framing *reply, struct hold_large *hold,
					    __u64 at, __u64 left)
{
	enum http_field field = http_reply_field_of(hold, at, left);
	__u64 size, blanks, colon, feed;

	reply->head &= ~HTTP_REPLY_FIELD;
	if (!field)
		return http_reply_pass(reply, hold, at);
	size = http_reply_name_size(field);
	blanks = swar_first(~http_reply_blanks(http_word(hold, at + size)) & SWAR_TOPS);
	colon = size + blanks;
	if (blanks == 8 && colon <= left)
		return http_reply_bad(reply);
	if (colon >= left)
		return http_reply_wait(reply, left);
	if (http_byte(hold, at + colon) != ':')
		return http_reply_pass(reply, hold, at);
	feed = http_reply_feed(hold, at + colon);
	if (feed - at >= left)
		return http_reply_wait(reply, left);
	if (feed - at >= HTTP_REPLY_LINE_MAX)
		return http_reply_bad(reply);
	hold->head.field = field;
	return http_reply_value(reply, hold, at + colon, feed);
}

#endif
