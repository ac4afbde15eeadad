/* SPDX-License-Identifier: Apache-2.0 */
#include "reference_reply.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define HEAD_BYTES 65535
#define LINE_BYTES 256
#define BLANKS 7

/* A copy of part of a line, with NUL behind it. */
struct copy {
	char text[LINE_BYTES + 1];
	size_t length;
};

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static void trim(struct copy *copy)
{
	size_t start = 0;

	while (copy->length && is_blank(copy->text[copy->length - 1]))
		copy->length--;
	while (start < copy->length && is_blank(copy->text[start]))
		start++;
	copy->length -= start;
	memmove(copy->text, copy->text + start, copy->length);
	copy->text[copy->length] = '\0';
}

static bool is_word(const struct copy *copy, const char *word)
{
	return copy->length == strlen(word) && strncasecmp(copy->text, word, copy->length) == 0;
}

static void length_element(struct reference_reply *reply, const struct copy *element)
{
	unsigned __int128 length = 0;

	for (size_t i = 0; i < element->length; i++) {
		length = length * 10 + (unsigned)(element->text[i] - '0');
		reply->length_bad = reply->length_bad || !isdigit((uint8_t)element->text[i]);
	}
	if (!element->length || element->length > 19 || length > INT64_MAX)
		reply->length_bad = true;
	if (reply->length_seen && length != reply->length)
		reply->length_bad = true;
	reply->length_seen = true;
	reply->length = (uint64_t)length;
}

static void connection_element(struct reference_reply *reply, struct copy *element)
{
	size_t length = 0;

	while (length < element->length && !is_blank(element->text[length]))
		length++;
	element->length = length;
	reply->close = reply->close || is_word(element, "close");
	reply->keep_alive = reply->keep_alive || is_word(element, "keep-alive");
}

static void element_read(struct reference_reply *reply, const char *name, struct copy *element)
{
	trim(element);
	if (!strcmp(name, "content-length"))
		length_element(reply, element);
	else if (!strcmp(name, "connection"))
		connection_element(reply, element);
	else
		reply->chunked = is_word(element, "chunked");
}

/* A value is what is between commas; there is one element more than commas. */
static void value_read(struct reference_reply *reply, const char *name, const uint8_t *value,
		       size_t length)
{
	size_t start = 0;

	reply->encoding = reply->encoding || !strcmp(name, "transfer-encoding");
	for (size_t i = 0; i <= length; i++) {
		struct copy element = {.length = i - start};

		if (i < length && value[i] != ',')
			continue;
		memcpy(element.text, value + start, i - start);
		element_read(reply, name, &element);
		start = i + 1;
	}
}

struct line {
	const uint8_t *bytes;
	size_t length;
	bool complete; /* its LF is behind it; else `length` is all there is */
};

enum line_kind { LINE_OTHER, LINE_FIELD, LINE_BAD };

/* A line that has this name and a colon. */
static enum line_kind named_line_read(struct reference_reply *reply, const struct line *line,
				      const char *name)
{
	size_t size = strlen(name);
	size_t colon = size;
	size_t end = line->length;

	if (end < size || strncasecmp((const char *)line->bytes, name, size) != 0)
		return LINE_OTHER;
	while (colon < end && is_blank((char)line->bytes[colon]))
		colon++;
	if (colon - size > BLANKS)
		return LINE_BAD;
	if (colon < end && line->bytes[colon] != ':')
		return LINE_OTHER;
	if (end >= LINE_BYTES)
		return LINE_BAD;
	if (colon == end || !line->complete)
		return LINE_OTHER;
	if (line->bytes[end - 1] == '\r')
		end--;
	value_read(reply, name, line->bytes + colon + 1, end - colon - 1);
	return LINE_FIELD;
}

static enum line_kind field_line_read(struct reference_reply *reply, const struct line *line)
{
	static const char *const names[] = {"content-length", "transfer-encoding", "connection"};
	enum line_kind kind = LINE_OTHER;

	for (size_t i = 0; i < 3 && kind == LINE_OTHER; i++)
		kind = named_line_read(reply, line, names[i]);
	return kind;
}

static bool is_empty(const struct line *line)
{
	return line->complete &&
	       (line->length == 0 || (line->length == 1 && line->bytes[0] == '\r'));
}

/* Lines behind the status line, from `at`. */
static void fields_read(const uint8_t *bytes, size_t length, size_t at,
			struct reference_reply *reply)
{
	enum line_kind before = LINE_OTHER;

	while (at < length && !reply->bad && !reply->end) {
		const uint8_t *feed = memchr(bytes + at, '\n', length - at);
		struct line line = {.bytes = bytes + at, .complete = feed};

		line.length = feed ? (size_t)(feed - line.bytes) : length - at;
		at += line.length + line.complete;
		if (is_empty(&line)) {
			reply->end = at;
		} else if (is_blank((char)line.bytes[0])) {
			reply->bad = before == LINE_FIELD;
			before = LINE_OTHER;
		} else {
			before = field_line_read(reply, &line);
			reply->bad = before == LINE_BAD;
		}
	}
	if (reply->end > HEAD_BYTES)
		reply->bad = true;
}

/* Whether the bytes are the start of a status line, as far as they go. */
static bool status_line_read(const uint8_t *bytes, size_t length, struct reference_reply *reply)
{
	static const char start[] = "HTTP/1.";

	if (memcmp(bytes, start, length < 7 ? length : 7) != 0)
		return false;
	if (length < 13)
		return true;
	for (size_t i = 7; i < 12; i++) {
		if (i == 8 ? bytes[i] != ' ' : !isdigit(bytes[i]))
			return false;
	}
	reply->http_1_0 = bytes[7] == '0';
	for (size_t i = 9; i < 12; i++)
		reply->status = reply->status * 10 + (bytes[i] - '0');
	return reply->status >= 100 && bytes[12] && strchr(" \r\n", bytes[12]);
}

void reference_reply_read(const uint8_t *bytes, size_t length, struct reference_reply *ret_reply)
{
	const uint8_t *feed;
	size_t at = 0;

	memset(ret_reply, 0, sizeof(*ret_reply));
	for (unsigned empty = 0; at < length; empty++) {
		size_t size = bytes[at] == '\r' ? 2 : 1;

		if (bytes[at] != '\r' && bytes[at] != '\n')
			break;
		if (at + size > length)
			return;
		ret_reply->bad = bytes[at + size - 1] != '\n' || empty == 2;
		if (ret_reply->bad)
			return;
		at += size;
	}
	ret_reply->bad = !status_line_read(bytes + at, length - at, ret_reply);
	if (ret_reply->bad || length - at < 13)
		return;
	feed = memchr(bytes + at + 12, '\n', length - at - 12);
	if (feed)
		fields_read(bytes, length, (size_t)(feed - bytes) + 1, ret_reply);
}

enum http_body reference_reply_body(const struct reference_reply *reply, bool head_method)
{
	if (reply->bad || reply->status == 101)
		return HTTP_BODY_OPAQUE;
	if (head_method || reply->status < 200 || reply->status == 204 || reply->status == 304)
		return HTTP_BODY_NONE;
	if (reply->length_bad || (reply->encoding && (reply->length_seen || reply->http_1_0)))
		return HTTP_BODY_OPAQUE;
	if (reply->encoding)
		return reply->chunked ? HTTP_BODY_CHUNKED : HTTP_BODY_OPAQUE;
	return reply->length_seen ? HTTP_BODY_LENGTH : HTTP_BODY_OPAQUE;
}

bool reference_reply_is_final(const struct reference_reply *reply, bool head_method)
{
	return reference_reply_body(reply, head_method) == HTTP_BODY_OPAQUE || reply->close ||
	       (reply->http_1_0 && !reply->keep_alive);
}
