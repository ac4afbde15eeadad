/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The request line (RFC 9112 3): method, target and version, with exactly one space between. */
#ifndef PATHROUTE_HTTP_REQUEST_H
#define PATHROUTE_HTTP_REQUEST_H

#include "http_host.h"
#include "http_method.h"
#include "http_path.h"

#define HTTP_VERSION_LENGTH 8 /* "HTTP/1.1" */

/* No longer request line can be one with a method and a target within their limits. */
#define HTTP_REQUEST_LINE_MAX (HTTP_METHOD_MAX + 1 + HTTP_TARGET_MAX + 1 + HTTP_VERSION_LENGTH)

/* Checks " HTTP/1.x" in front of `end`, in a line whose target starts at `target`. */
static __always_inline int http_version_check(struct hold_large *hold, __u64 target, __u64 end)
{
	__u64 word = http_word(hold, end - HTTP_VERSION_LENGTH);
	__u8 major = word >> 40;
	__u8 minor = word >> 56;
	__u8 before = http_byte(hold, end - HTTP_VERSION_LENGTH - 1);

	if (http_is_blank(http_byte(hold, end - 1)))
		return VERDICT_REQUEST_LINE_MALFORMED;
	if (end < target + HTTP_VERSION_LENGTH || !http_is_digit(major) || !http_is_digit(minor) ||
	    (word & 0x00ff00ffffffffffULL) != HTTP_WORD("HTTP/\0.\0", 0))
		return VERDICT_VERSION_MALFORMED;
	if (!http_is_blank(before))
		return VERDICT_VERSION_MALFORMED;
	if (before == '\t' || end <= target + HTTP_VERSION_LENGTH + 1)
		return VERDICT_REQUEST_LINE_MALFORMED;
	if (major != '1')
		return VERDICT_VERSION_UNSUPPORTED;
	if (minor == '0')
		hold->head.flags |= HTTP_HEAD_HTTP_1_0;
	return 0;
}

/* "http://" or "https://": its length, 0 if neither. */
static __always_inline __u64 http_scheme_length(struct hold_large *hold, __u64 at)
{
	if (http_text_begins(hold, at, "http://"))
		return sizeof("http://") - 1;
	if (!http_text_begins(hold, at, "https://"))
		return 0;
	hold->head.flags |= HTTP_HEAD_HTTPS;
	return sizeof("https://") - 1;
}

/* Absolute-form: notes the authority and where the path starts, if there is one. */
static __always_inline int http_target_absolute(struct hold_large *hold, __u64 end)
{
	struct http_head *head = &hold->head;
	__u64 authority = head->target + http_scheme_length(hold, head->target);
	__u64 path;

	if (authority == head->target)
		return http_refuse(head, http_is_blank(http_byte(hold, authority))
						 ? VERDICT_REQUEST_LINE_MALFORMED
						 : VERDICT_TARGET_MALFORMED);
	path = http_host_scan(hold, authority, end);
	if (!path || head->scan_length == 0)
		return http_refuse(head, VERDICT_TARGET_MALFORMED);
	if (path < end && http_byte(hold, path) != '/' && http_byte(hold, path) != '?')
		return http_refuse(head, VERDICT_TARGET_MALFORMED);
	head->flags |= HTTP_HEAD_ABSOLUTE_FORM;
	head->authority = authority;
	head->authority_length = head->scan_length;
	head->authority_port = head->scan_port;
	head->path = path;
	head->reader.at = path;
	head->phase = HTTP_PHASE_PATH;
	return HTTP_STEP_NEXT;
}

static __always_inline int http_target_start(struct hold_large *hold, __u64 end)
{
	struct http_head *head = &hold->head;
	__u8 first = http_byte(hold, head->target);

	head->reader.end = end;
	if (first == '/') {
		head->path = head->target;
		head->reader.at = head->target;
		head->phase = HTTP_PHASE_PATH;
		return HTTP_STEP_NEXT;
	}
	if (first != '*')
		return http_target_absolute(hold, end);
	if (head->target_length != 1 || head->method != HTTP_METHOD_OPTIONS)
		return http_refuse(head, VERDICT_TARGET_MALFORMED);
	head->path = head->target;
	head->path_length = 1;
	head->flags |= HTTP_HEAD_ASTERISK;
	return http_target_end(head);
}

/* The request line goes from head->line_start to head->position; if it does not end there, it is
 * too long. */
PROVED_ALONE int http_request_line(struct hold_large *hold);

PROVED_ALONE int http_request_line(struct hold_large *hold)
{
	struct http_head *head = &hold->head;
	__u64 start, end;
	int length, verdict;

	if (!hold)
		return HTTP_STEP_STOP;
	start = head->line_start;
	end = head->position;
	length = http_method_read(hold, start);
	if (length < 0)
		return http_refuse(head, -length);
	if (end - start > HTTP_REQUEST_LINE_MAX)
		return http_refuse(head, VERDICT_TARGET_TOO_LONG);
	head->target = start + (__u32)length + 1;
	verdict = http_version_check(hold, head->target, end);
	if (verdict)
		return http_refuse(head, verdict);
	end -= HTTP_VERSION_LENGTH + 1;
	head->target_length = end - head->target;
	if (head->target_length > HTTP_TARGET_MAX)
		return http_refuse(head, VERDICT_TARGET_TOO_LONG);
	head->position = head->line_start = end + HTTP_VERSION_LENGTH + 3;
	return http_target_start(hold, end);
}

#endif
