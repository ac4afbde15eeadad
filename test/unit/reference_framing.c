/* SPDX-License-Identifier: Apache-2.0 */
#include "reference_framing.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define EXTENSION_LINE 4096
#define EXTENSIONS 16384
#define TRAILERS 8192
#define SIZE_DIGITS 16

static bool is_one_of(uint8_t byte, const char *set)
{
	return byte && strchr(set, byte);
}

/* A part that must be this byte. */
static enum reference_end read_byte(struct reference_text *text, uint8_t byte)
{
	if (text->at == text->length)
		return REFERENCE_MISSING;
	if (text->bytes[text->at] != byte)
		return REFERENCE_MALFORMED;
	text->at++;
	return REFERENCE_COMPLETE;
}

static enum reference_end read_line_end(struct reference_text *text)
{
	enum reference_end end = read_byte(text, '\r');

	return end ? end : read_byte(text, '\n');
}

static enum reference_end read_size(struct reference_text *text, uint64_t *ret_size)
{
	unsigned __int128 size = 0;
	unsigned digits = 0;

	for (; text->at < text->length && isxdigit(text->bytes[text->at]); text->at++, digits++) {
		const char digit[2] = {(char)text->bytes[text->at]};

		size = size * 16 + strtoul(digit, NULL, 16);
		if (digits == SIZE_DIGITS || size > INT64_MAX)
			return REFERENCE_MALFORMED;
	}
	*ret_size = (uint64_t)size;
	if (text->at == text->length)
		return REFERENCE_MISSING;
	return digits ? REFERENCE_COMPLETE : REFERENCE_MALFORMED;
}

/* White space, then a semicolon and anything: what may stand between a size and its CR. */
static enum reference_end read_extension(struct reference_text *text, size_t *extensions)
{
	size_t start = text->at;
	bool named = false;

	for (; text->at < text->length && text->bytes[text->at] != '\r'; text->at++) {
		uint8_t byte = text->bytes[text->at];

		named = named || byte == ';';
		if (named ? !byte || byte == '\n' : !is_one_of(byte, " \t"))
			return REFERENCE_MALFORMED;
		if (text->at - start == EXTENSION_LINE || ++*extensions > EXTENSIONS)
			return REFERENCE_MALFORMED;
	}
	return text->at < text->length ? REFERENCE_COMPLETE : REFERENCE_MISSING;
}

static enum reference_end read_data(struct reference_text *text, uint64_t size)
{
	if (text->length - text->at < size) {
		text->at = text->length;
		return REFERENCE_MISSING;
	}
	text->at += size;
	return REFERENCE_COMPLETE;
}

static enum reference_end read_chunk(struct reference_text *text, size_t *extensions,
				     uint64_t *ret_size)
{
	enum reference_end end = read_size(text, ret_size);

	if (!end)
		end = read_extension(text, extensions);
	if (!end)
		end = read_line_end(text);
	if (end || !*ret_size)
		return end;
	end = read_data(text, *ret_size);
	return end ? end : read_line_end(text);
}

static enum reference_end read_trailer_line(struct reference_text *text)
{
	size_t start = text->at;

	while (text->at < text->length && (isalnum(text->bytes[text->at]) ||
					   is_one_of(text->bytes[text->at], "!#$%&'*+-.^_`|~")))
		text->at++;
	if (text->at == text->length)
		return REFERENCE_MISSING;
	if (text->at == start || text->bytes[text->at] != ':')
		return REFERENCE_MALFORMED;
	while (text->at < text->length && !strchr("\r\n", text->bytes[text->at]))
		text->at++;
	return read_line_end(text);
}

/* Lines up to the empty one. */
static enum reference_end read_trailers(struct reference_text *text)
{
	enum reference_end end = REFERENCE_COMPLETE;

	while (!end) {
		if (text->at == text->length)
			return REFERENCE_MISSING;
		if (text->bytes[text->at] == '\r')
			return read_line_end(text);
		end = read_trailer_line(text);
	}
	return end;
}

/* The limit is that of the section's bytes, whatever is in them. */
static enum reference_end read_trailer_section(struct reference_text *text)
{
	struct reference_text limited = *text;
	enum reference_end end;

	if (limited.length - limited.at > TRAILERS)
		limited.length = limited.at + TRAILERS;
	end = read_trailers(&limited);
	text->at = limited.at;
	if (end == REFERENCE_MISSING && limited.length < text->length) {
		text->at = limited.length;
		return REFERENCE_MALFORMED;
	}
	return end;
}

static enum reference_end read_chunks(struct reference_text *text)
{
	enum reference_end end;
	size_t extensions = 0;
	uint64_t size;

	do
		end = read_chunk(text, &extensions, &size);
	while (!end && size);
	return end ? end : read_trailer_section(text);
}

enum reference_end reference_body_read(struct reference_text *text, enum http_body body,
				       uint64_t length)
{
	if (body == HTTP_BODY_OPAQUE)
		return REFERENCE_OPAQUE;
	if (body == HTTP_BODY_LENGTH)
		return read_data(text, length);
	return body == HTTP_BODY_CHUNKED ? read_chunks(text) : REFERENCE_COMPLETE;
}
