/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Values of the fields that decide where a request goes and where it ends (RFC 9110 7.2, 7.6.1,
 * 7.8, 8.6, 10.1.1; RFC 9112 6). Only complete lines come here: the value lies between head->value
 * and head->value_end.
 */
#ifndef PATHROUTE_HTTP_VALUE_H
#define PATHROUTE_HTTP_VALUE_H

#include "http_field.h"
#include "http_host.h"

#define HTTP_TRIM_BYTES 8 /* per step and side */
#define HTTP_LENGTH_DIGITS 19
#define HTTP_ELEMENT_WORDS 8 /* per step */

static __always_inline int http_value_done(struct http_head *head)
{
	head->phase = HTTP_PHASE_NAME;
	return HTTP_STEP_NEXT;
}

static __always_inline int http_value_host(struct hold_large *hold)
{
	struct http_head *head = &hold->head;
	int end;

	if (head->flags & HTTP_HEAD_HOST)
		return http_refuse(head, VERDICT_HOST_REPEATED);
	end = http_host_scan(hold, head->value, head->value_end);
	if (end != head->value_end)
		return http_refuse(head, VERDICT_HOST_MALFORMED);
	head->flags |= HTTP_HEAD_HOST;
	head->host = head->value;
	head->host_length = head->scan_length;
	head->host_value_length = head->value_end - head->value;
	head->host_port = head->scan_port;
	return http_value_done(head);
}

/* Digits up to 2^63 - 1. */
static __always_inline bool http_length_read(struct hold_large *hold, __u64 at, __u64 end)
{
	__u64 length = 0;

	if (at >= end || end - at > HTTP_LENGTH_DIGITS)
		return false;
	for (__u32 i = 0; i < HTTP_LENGTH_DIGITS; i++) {
		__u8 digit = http_byte(hold, at + i);

		if (at + i >= end)
			break;
		if (!http_is_digit(digit))
			return false;
		length = length * 10 + (digit - '0');
	}
	hold->head.content_length = length;
	return length >> 63 == 0;
}

static __always_inline int http_value_length(struct hold_large *hold)
{
	struct http_head *head = &hold->head;

	if (head->flags & HTTP_HEAD_LENGTH)
		return http_refuse(head, VERDICT_LENGTH_REPEATED);
	if (head->flags & HTTP_HEAD_CHUNKED)
		return http_refuse(head, VERDICT_LENGTH_AND_ENCODING);
	if (!http_length_read(hold, head->value, head->value_end))
		return http_refuse(head, VERDICT_LENGTH_MALFORMED);
	head->flags |= HTTP_HEAD_LENGTH;
	return http_value_done(head);
}

/* Whether the list from `at` to `end` has the literal as its first element. */
#define http_list_begins(hold, at, end, text) \
	(http_text_begins(hold, at, text) && http_list_stops(hold, (at) + sizeof(text) - 1, end))

static __always_inline bool http_list_stops(const struct hold_large *hold, __u64 at, __u64 end)
{
	return at == end ||
	       (at < end && (http_byte(hold, at) == ',' || http_is_blank(http_byte(hold, at))));
}

/* Codings that exist (RFC 9112 7, with the names of RFC 1945), and that a router of bytes cannot
 * follow. */
static __always_inline bool http_coding_known(const struct hold_large *hold, __u64 at, __u64 end)
{
	return http_list_begins(hold, at, end, "gzip") ||
	       http_list_begins(hold, at, end, "deflate") ||
	       http_list_begins(hold, at, end, "compress") ||
	       http_list_begins(hold, at, end, "x-gzip") ||
	       http_list_begins(hold, at, end, "x-compress");
}

static __always_inline int http_value_encoding(struct hold_large *hold)
{
	struct http_head *head = &hold->head;

	if (head->flags & HTTP_HEAD_CHUNKED)
		return http_refuse(head, VERDICT_ENCODING_REPEATED);
	if (head->flags & HTTP_HEAD_LENGTH)
		return http_refuse(head, VERDICT_LENGTH_AND_ENCODING);
	if (head->flags & HTTP_HEAD_HTTP_1_0)
		return http_refuse(head, VERDICT_ENCODING_IN_HTTP_1_0);
	if (http_coding_known(hold, head->value, head->value_end))
		return http_refuse(head, VERDICT_ENCODING_UNSUPPORTED);
	if (!http_text_is(hold, head->value, (__u64)head->value_end, "chunked"))
		return http_refuse(head, VERDICT_ENCODING_MALFORMED);
	head->flags |= HTTP_HEAD_CHUNKED;
	return http_value_done(head);
}

static __always_inline int http_value_upgrade(struct hold_large *hold)
{
	struct http_head *head = &hold->head;

	if (head->flags & (HTTP_HEAD_WEBSOCKET | HTTP_HEAD_UPGRADE_OTHER))
		return http_refuse(head, VERDICT_UPGRADE_REPEATED);
	if (http_text_is(hold, head->value, (__u64)head->value_end, "websocket")) {
		head->flags |= HTTP_HEAD_WEBSOCKET;
	} else {
		head->upgrade = head->name_end - (sizeof("upgrade") - 1);
		head->flags |= HTTP_HEAD_UPGRADE_OTHER;
	}
	return http_value_done(head);
}

static __always_inline int http_value_expect(struct hold_large *hold)
{
	if (http_text_is(hold, hold->head.value, (__u64)hold->head.value_end, "100-continue"))
		hold->head.flags |= HTTP_HEAD_EXPECT;
	return http_value_done(&hold->head);
}

/* Connection, at the start of an element or in front of white space and commas. */
static __always_inline int http_value_element(struct hold_large *hold)
{
	struct http_head *head = &hold->head;
	__u64 at = head->value;
	__u64 end = head->value_end;

	if (at >= end)
		return http_value_done(head);
	if (http_list_stops(hold, at, end)) {
		head->value = at + 1;
		return HTTP_STEP_AGAIN;
	}
	if (http_list_begins(hold, at, end, "close"))
		head->flags |= HTTP_HEAD_CLOSE;
	if (http_list_begins(hold, at, end, "keep-alive"))
		head->flags |= HTTP_HEAD_KEEP_ALIVE;
	if (http_list_begins(hold, at, end, "upgrade"))
		head->flags |= HTTP_HEAD_CONNECTION_UPGRADE;
	head->phase = HTTP_PHASE_ELEMENT_SKIP;
	return HTTP_STEP_NEXT;
}

/* Connection, inside an element. */
static __always_inline int http_value_element_skip(struct hold_large *hold)
{
	struct http_head *head = &hold->head;
	__u64 at = head->value;

	for (__u32 i = 0; i < HTTP_ELEMENT_WORDS && at < head->value_end; i++) {
		__u64 commas = swar_equal(http_word(hold, at), ',');

		at += swar_first(commas);
		if (commas) {
			head->phase = HTTP_PHASE_ELEMENT;
			break;
		}
	}
	head->value = at;
	return at >= head->value_end ? http_value_done(head) : HTTP_STEP_AGAIN;
}

static __always_inline int http_value_read(struct hold_large *hold)
{
	switch (hold->head.field) {
	case HTTP_FIELD_HOST:
		return http_value_host(hold);
	case HTTP_FIELD_CONTENT_LENGTH:
		return http_value_length(hold);
	case HTTP_FIELD_TRANSFER_ENCODING:
		return http_value_encoding(hold);
	case HTTP_FIELD_UPGRADE:
		return http_value_upgrade(hold);
	case HTTP_FIELD_EXPECT:
		return http_value_expect(hold);
	default:
		hold->head.phase = HTTP_PHASE_ELEMENT;
		return HTTP_STEP_AGAIN;
	}
}

/* Whether white space is left at an end of the value; cuts some of it off. */
static __always_inline bool http_value_trim(struct hold_large *hold)
{
	struct http_head *head = &hold->head;
	__u64 at = head->value;
	__u64 end = head->value_end;

	for (__u32 i = 0; i < HTTP_TRIM_BYTES; i++) {
		if (at >= end || !http_is_blank(http_byte(hold, at)))
			break;
		at++;
	}
	head->value = at;
	for (__u32 i = 0; i < HTTP_TRIM_BYTES; i++) {
		if (at >= end || !http_is_blank(http_byte(hold, end - 1)))
			break;
		end--;
	}
	head->value_end = end;
	barrier();
	return head->value < head->value_end &&
	       (http_is_blank(http_byte(hold, head->value)) ||
		http_is_blank(http_byte(hold, head->value_end - 1)));
}

/* A field line is complete: reads its value, from head->name_end + 1 to head->value_end. */
PROVED_ALONE int http_value_step(struct hold_large *hold);

PROVED_ALONE int http_value_step(struct hold_large *hold)
{
	if (!hold)
		return HTTP_STEP_STOP;
	if (hold->head.phase == HTTP_PHASE_TRIM)
		return http_value_trim(hold) ? HTTP_STEP_AGAIN : http_value_read(hold);
	if (hold->head.phase == HTTP_PHASE_ELEMENT)
		return http_value_element(hold);
	return http_value_element_skip(hold);
}

#endif
