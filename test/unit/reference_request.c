/* SPDX-License-Identifier: Apache-2.0 */
#include "reference_input.h"

/* Everything a request line with method and target within their limits can have. */
#define REQUEST_LINE_MAX (32 + 1 + 8000 + 1 + 8)

/* First bytes that are of another protocol. */
static enum reference_part read_signature(struct reference_input *input)
{
	static const char proxy[] = "PROXY ";
	size_t known = 0;

	if (input->length && input->bytes[0] == 0x16) {
		if (input->length == 1)
			return PART_MISSING;
		if (input->bytes[1] == 3)
			return refuse(input, VERDICT_TLS_HELLO);
	}
	while (known < input->length && known < 6 && input->bytes[known] == (uint8_t)proxy[known])
		known++;
	if (known == 6)
		return refuse(input, VERDICT_PROXY_LINE);
	return known == input->length ? PART_MISSING : PART_READ;
}

static enum reference_part read_empty_lines(struct reference_input *input)
{
	size_t at = 0;

	while (at < input->length && input->bytes[at] == '\r') {
		enum reference_part part = line_end(input, at);

		if (part)
			return part;
		if (at == 4)
			return refuse(input, VERDICT_REQUEST_LINE_MALFORMED);
		at += 2;
	}
	input->head->start = at;
	if (at == input->length)
		return PART_MISSING;
	if (at == 4 && input->bytes[at] == 0)
		return refuse(input, VERDICT_PROXY_LINE);
	return PART_READ;
}

static const char *const methods[] = {
#define X(name) #name,
	HTTP_METHODS(X)
#undef X
};

/* Sets the method of [start, end), a token; false if it is a known one in another case. */
static bool name_method(struct reference_input *input, size_t start, size_t end)
{
	for (unsigned i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (!is_word(input, start, end, methods[i]))
			continue;
		input->head->method = i + 1;
		return is_exactly(input, start, end, methods[i]);
	}
	input->head->method = HTTP_METHOD_OTHER;
	return true;
}

/* Reads the method of the line [start, end); *ret_at is where its space stands. */
static enum reference_part read_method(struct reference_input *input, size_t start, size_t end,
				       size_t *ret_at)
{
	size_t at = start;
	bool known;

	if (is_exactly(input, start, end, "PRI * HTTP/2.0"))
		return refuse(input, VERDICT_HTTP2_PREFACE);
	while (at < end && is_token(input->bytes[at]))
		at++;
	*ret_at = at;
	if (at - start > HTTP_METHOD_MAX)
		return refuse(input, VERDICT_METHOD_TOO_LONG);
	if (at == end || input->bytes[at] == '\t' || (at == start && input->bytes[at] == ' '))
		return refuse(input, VERDICT_REQUEST_LINE_MALFORMED);
	known = name_method(input, start, at);
	if (input->bytes[at] != ' ' || !known)
		return refuse(input, VERDICT_METHOD_MALFORMED);
	return input->head->method == HTTP_METHOD_CONNECT ? refuse(input, VERDICT_METHOD_CONNECT)
							  : PART_READ;
}

/* Reads the version of a line whose target starts at `target`; *ret_target_end precedes it. */
static enum reference_part read_version(struct reference_input *input, size_t target, size_t end,
					size_t *ret_target_end)
{
	const char *version = (const char *)input->bytes + end - 8;

	if (is_blank(input->bytes[end - 1]))
		return refuse(input, VERDICT_REQUEST_LINE_MALFORMED);
	if (end < target + 8 || memcmp(version, "HTTP/", 5) != 0 || version[6] != '.' ||
	    !isdigit((uint8_t)version[5]) || !isdigit((uint8_t)version[7]) ||
	    !is_blank((uint8_t)version[-1]))
		return refuse(input, VERDICT_VERSION_MALFORMED);
	if (version[-1] == '\t' || end <= target + 9)
		return refuse(input, VERDICT_REQUEST_LINE_MALFORMED);
	if (version[5] != '1')
		return refuse(input, VERDICT_VERSION_UNSUPPORTED);
	if (version[7] == '0')
		input->head->flags |= HTTP_HEAD_HTTP_1_0;
	*ret_target_end = end - 9;
	return PART_READ;
}

/* Absolute-form: where is the path? */
static enum reference_part read_authority(struct reference_input *input, size_t start, size_t end,
					  size_t *ret_path)
{
	size_t at;

	if (is_word(input, start, start + 7, "http://")) {
		at = start + 7;
	} else if (is_word(input, start, start + 8, "https://")) {
		at = start + 8;
		input->head->flags |= HTTP_HEAD_HTTPS;
	} else {
		return refuse(input, is_blank(input->bytes[start]) ? VERDICT_REQUEST_LINE_MALFORMED
								   : VERDICT_TARGET_MALFORMED);
	}
	if (reference_host_read(input->bytes, at, end, &input->authority) ||
	    input->authority.name.length == 0)
		return refuse(input, VERDICT_TARGET_MALFORMED);
	at = input->authority.end;
	if (at < end && input->bytes[at] != '/' && input->bytes[at] != '?')
		return refuse(input, VERDICT_TARGET_MALFORMED);
	input->head->flags |= HTTP_HEAD_ABSOLUTE_FORM;
	*ret_path = at;
	return PART_READ;
}

static enum reference_part read_query(struct reference_input *input, size_t at, size_t end)
{
	for (; at < end; at++) {
		uint8_t byte = input->bytes[at];

		if (is_blank(byte))
			return refuse(input, VERDICT_REQUEST_LINE_MALFORMED);
		if (byte < 32 || byte == 127 || byte == '#')
			return refuse(input, VERDICT_TARGET_MALFORMED);
	}
	return PART_READ;
}

static enum reference_part read_target(struct reference_input *input, size_t start, size_t end)
{
	struct reference_head *head = input->head;
	size_t path = start;
	size_t query;
	unsigned flags;

	head->target = (struct reference_range){start, end - start};
	if (end - start > HTTP_TARGET_MAX)
		return refuse(input, VERDICT_TARGET_TOO_LONG);
	if (input->bytes[start] == '*') {
		head->path = head->target;
		head->flags |= HTTP_HEAD_ASTERISK;
		return end - start == 1 && head->method == HTTP_METHOD_OPTIONS
			       ? PART_READ
			       : refuse(input, VERDICT_TARGET_MALFORMED);
	}
	if (input->bytes[start] != '/' && read_authority(input, start, end, &path))
		return PART_REFUSED;
	for (query = path; query < end && input->bytes[query] != '?';)
		query++;
	head->path = (struct reference_range){path, query - path};
	head->verdict = reference_path_check(input->bytes, path, query, &flags);
	head->flags |= flags;
	return head->verdict ? PART_REFUSED : read_query(input, query, end);
}

/* Reads the request line; *ret_at is where the next line starts. */
static enum reference_part read_request_line(struct reference_input *input, size_t *ret_at)
{
	size_t start = input->head->start;
	size_t end = start;
	size_t at, target_end;
	enum reference_part part;

	while (end < input->length && !strchr("\r\n", input->bytes[end]))
		end++;
	if (end - start > REQUEST_LINE_MAX)
		return read_method(input, start, end, &at) ? PART_REFUSED
							   : refuse(input, VERDICT_TARGET_TOO_LONG);
	if (end == input->length)
		return PART_MISSING;
	if (input->bytes[end] != '\r')
		return refuse(input, input->bytes[end] ? VERDICT_BARE_LF : VERDICT_NUL_BYTE);
	part = line_end(input, end);
	if (part)
		return part;
	*ret_at = end + 2;
	if (read_method(input, start, end, &at) || read_version(input, at + 1, end, &target_end))
		return PART_REFUSED;
	return read_target(input, at + 1, target_end);
}

enum reference_part reference_request_read(struct reference_input *input, size_t *ret_at)
{
	enum reference_part part = read_signature(input);

	if (!part)
		part = read_empty_lines(input);
	return part ? part : read_request_line(input, ret_at);
}
