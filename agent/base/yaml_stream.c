/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "yaml_json.h"

enum line_kind {
	LINE_EMPTY, /* blank, a comment, or a directive */
	LINE_START, /* "---" */
	LINE_END,   /* "..." */
	LINE_CONTENT,
};

static size_t line_length(const char *text, size_t length)
{
	const char *end = memchr(text, '\n', length);

	return end ? (size_t)(end - text) + 1 : length;
}

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_marker(const char *line, size_t length, const char *marker)
{
	return length >= 3 && !memcmp(line, marker, 3) && (length == 3 || is_space(line[3]));
}

static enum line_kind classify(const char *line, size_t length)
{
	size_t i = 0;

	if (is_marker(line, length, "---"))
		return LINE_START;
	if (is_marker(line, length, "..."))
		return LINE_END;
	while (i < length && is_space(line[i]))
		i++;
	if (i == length || line[i] == '#' || line[0] == '%')
		return LINE_EMPTY;
	return LINE_CONTENT;
}

/* Directives and comments in front of a "---" belong to the document that it starts. */
static bool begins_another(enum line_kind kind, bool started)
{
	return kind == LINE_START && started;
}

static void advance(struct yaml_stream *stream, size_t length)
{
	stream->text += length;
	stream->length -= length;
	stream->line++;
}

bool yaml_stream_next(struct yaml_stream *stream, struct yaml_document *ret_document)
{
	struct yaml_document document = {.text = stream->text, .line = stream->line};
	bool started = false;
	enum line_kind kind;
	size_t length;

	if (stream->length == 0)
		return false;
	while (stream->length > 0) {
		length = line_length(stream->text, stream->length);
		kind = classify(stream->text, length);
		if (begins_another(kind, started))
			break;
		started = started || kind == LINE_START || kind == LINE_CONTENT;
		advance(stream, length);
		document.length += length;
		if (kind == LINE_END)
			break;
	}
	*ret_document = document;
	return true;
}
