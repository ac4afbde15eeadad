/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The path of a target: which bytes it may have, and its canonical reading.
 *
 * Most paths have none of the characters that make a reading of their own, and are only scanned by
 * words. The others are walked byte by byte, as an application that decodes would read them:
 * "/a;x=1/%2e" is "/a/." there, a dot segment.
 */
#ifndef PATHROUTE_HTTP_PATH_H
#define PATHROUTE_HTTP_PATH_H

#include "http_text.h"

#define HTTP_PATH_NONE 256 /* http_path_read(): the byte read yields none */

#define HTTP_PATH_WORDS 16 /* per step of the parser; a word is moved on by 7 bytes */
#define HTTP_PATH_BYTES 16
#define HTTP_QUERY_WORDS 16

enum http_path_element {
	HTTP_ELEMENT_EMPTY = 0,
	HTTP_ELEMENT_DOT,
	HTTP_ELEMENT_DOT_DOT,
	HTTP_ELEMENT_OTHER,
};

static __always_inline bool http_path_is_dots(const struct http_path_reader *reader)
{
	return reader->element == HTTP_ELEMENT_DOT || reader->element == HTTP_ELEMENT_DOT_DOT;
}

static __always_inline int http_path_slash(struct http_path_reader *reader)
{
	bool merged = reader->slash;

	if (http_path_is_dots(reader))
		return -VERDICT_PATH_DOT_SEGMENT;
	reader->element = HTTP_ELEMENT_EMPTY;
	reader->cut = 0;
	reader->slash = 1;
	return merged ? HTTP_PATH_NONE : '/';
}

static __always_inline int http_path_take(struct http_path_reader *reader, __u8 byte)
{
	if (byte == '/' || byte == '\\')
		return http_path_slash(reader);
	if (reader->cut)
		return HTTP_PATH_NONE;
	if (byte == ';') {
		reader->cut = 1;
		return HTTP_PATH_NONE;
	}
	reader->slash = 0;
	if (byte != '.')
		reader->element = HTTP_ELEMENT_OTHER;
	else if (reader->element != HTTP_ELEMENT_OTHER)
		reader->element++;
	return byte;
}

/* Reads the byte, or the three bytes of `%XX`, at reader->at. Returns the byte that it adds to the
 * canonical path, HTTP_PATH_NONE, or a negative verdict. */
static __always_inline int http_path_read(const struct hold_large *hold,
					  struct http_path_reader *reader)
{
	__u64 at = reader->at;
	__u8 byte = http_byte(hold, at);

	if (byte == '%') {
		__u8 high = http_hex(http_byte(hold, at + 1));
		__u8 low = http_hex(http_byte(hold, at + 2));

		if (high > 15 || low > 15)
			return -VERDICT_PATH_PERCENT;
		byte = high << 4 | low;
		if (byte < 0x20 || byte == 0x7f)
			return -VERDICT_PATH_ENCODED_CONTROL;
		at += 2;
	}
	reader->at = at + 1;
	return http_path_take(reader, byte);
}

/* Marks what a plain path does not have: bytes up to "%", ";", "?", "\", those from DEL on, and a
 * slash in front of a slash or dot, except in the last byte, whose neighbour is not in the word. */
static __always_inline __u64 http_path_odd(__u64 word)
{
	__u64 slash = word ^ SWAR_ALL('/');
	__u64 slash_or_dot = (word | SWAR_ONES) ^ SWAR_ALL('/');
	__u64 odd = swar_below(word, '%' + 1) | swar_above(word, '~');

	odd |= swar_equal(word | SWAR_ALL(0x04), '?') | swar_equal(word, '\\');
	return odd | swar_zero(slash | slash_or_dot >> 8 | 0xffULL << 56);
}

static __always_inline int http_target_end(struct http_head *head)
{
	head->phase = HTTP_PHASE_NAME;
	return HTTP_STEP_NEXT;
}

/* The path ends at `at`, at "?" or where the target ends. */
static __always_inline int http_path_end(struct http_head *head, __u64 at)
{
	head->path_length = at - head->path;
	if (at >= head->reader.end)
		return http_target_end(head);
	head->reader.at = at + 1;
	head->phase = HTTP_PHASE_QUERY;
	return HTTP_STEP_NEXT;
}

/* Looks through the path by words; changes to the walk at the first byte that needs it. */
static __always_inline int http_path_scan(struct hold_large *hold)
{
	struct http_head *head = &hold->head;
	__u64 end = head->reader.end;
	__u64 at = head->reader.at;

	for (__u32 i = 0; i < HTTP_PATH_WORDS; i++) {
		__u64 odd = http_path_odd(http_word(hold, at));

		at += odd ? swar_first(odd) : 7;
		if (odd || at >= end)
			break;
	}
	if (at >= end)
		return http_path_end(head, end);
	if (http_byte(hold, at) == '?')
		return http_path_end(head, at);
	head->reader.at = at;
	if (!(http_path_odd(http_word(hold, at)) & 0x80))
		return HTTP_STEP_AGAIN;
	head->reader.at = head->path;
	head->phase = HTTP_PHASE_PATH_WALK;
	return HTTP_STEP_NEXT;
}

/* Flags and refusals of a byte as it stands. */
static __always_inline int http_path_check(struct http_head *head, __u8 byte)
{
	if (byte == ' ' || byte == '\t')
		return VERDICT_REQUEST_LINE_MALFORMED;
	if (byte < 0x20 || byte == 0x7f || byte == '#')
		return VERDICT_PATH_BYTE;
	if (byte >= 0x80)
		head->flags |= HTTP_HEAD_HIGH_BYTE;
	if (byte == '%' || byte == ';' || byte == '\\' || (byte == '/' && head->reader.slash))
		head->flags |= HTTP_HEAD_AMBIGUOUS;
	return 0;
}

static __always_inline int http_path_walk_byte(struct hold_large *hold)
{
	struct http_head *head = &hold->head;
	__u8 byte = http_byte(hold, head->reader.at);
	int result;

	if (head->reader.at >= head->reader.end || byte == '?') {
		if (http_path_is_dots(&head->reader))
			return http_refuse(head, VERDICT_PATH_DOT_SEGMENT);
		return http_path_end(head, head->reader.at);
	}
	result = http_path_check(head, byte);
	if (result)
		return http_refuse(head, result);
	result = http_path_read(hold, &head->reader);
	return result < 0 ? http_refuse(head, -result) : HTTP_STEP_AGAIN;
}

static __always_inline int http_path_walk(struct hold_large *hold)
{
	for (__u32 i = 0; i < HTTP_PATH_BYTES; i++) {
		int result = http_path_walk_byte(hold);

		if (result != HTTP_STEP_AGAIN)
			return result;
	}
	return HTTP_STEP_AGAIN;
}

static __always_inline int http_query_scan(struct hold_large *hold)
{
	struct http_head *head = &hold->head;
	__u64 end = head->reader.end;
	__u64 at = head->reader.at;
	__u64 odd = 0;

	for (__u32 i = 0; i < HTTP_QUERY_WORDS && !odd && at < end; i++) {
		__u64 word = http_word(hold, at);

		odd = swar_below(word, '!') | swar_equal(word, '#') | swar_equal(word, 0x7f);
		at += swar_first(odd);
	}
	head->reader.at = at;
	if (at >= end)
		return http_target_end(head);
	if (!odd)
		return HTTP_STEP_AGAIN;
	return http_refuse(head, http_is_blank(http_byte(hold, at)) ? VERDICT_REQUEST_LINE_MALFORMED
								    : VERDICT_TARGET_MALFORMED);
}

/* The request line is complete: checks the path and what follows it. */
PROVED_ALONE int http_path_step(struct hold_large *hold);

PROVED_ALONE int http_path_step(struct hold_large *hold)
{
	if (!hold)
		return HTTP_STEP_STOP;
	if (hold->head.phase == HTTP_PHASE_PATH)
		return http_path_scan(hold);
	if (hold->head.phase == HTTP_PHASE_QUERY)
		return http_query_scan(hold);
	return http_path_walk(hold);
}

#endif
