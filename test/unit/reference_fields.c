/* SPDX-License-Identifier: Apache-2.0 */
#include "reference_input.h"

/* A field line; the value is trimmed. */
struct line {
	size_t name;
	size_t name_end;
	size_t value;
	size_t value_end;
};

static enum reference_part field_host(struct reference_input *input, const struct line *line)
{
	struct reference_head *head = input->head;

	if (head->flags & HTTP_HEAD_HOST)
		return refuse(input, VERDICT_HOST_REPEATED);
	if (reference_host_read(input->bytes, line->value, line->value_end, &input->host) ||
	    input->host.end != line->value_end)
		return refuse(input, VERDICT_HOST_MALFORMED);
	head->flags |= HTTP_HEAD_HOST;
	head->host = input->host.name;
	head->host_value_length = line->value_end - line->value;
	return PART_READ;
}

static enum reference_part field_length(struct reference_input *input, const struct line *line)
{
	struct reference_head *head = input->head;
	unsigned __int128 length = 0;

	if (head->flags & HTTP_HEAD_LENGTH)
		return refuse(input, VERDICT_LENGTH_REPEATED);
	if (head->flags & HTTP_HEAD_CHUNKED)
		return refuse(input, VERDICT_LENGTH_AND_ENCODING);
	if (line->value == line->value_end || line->value_end - line->value > 19)
		return refuse(input, VERDICT_LENGTH_MALFORMED);
	for (size_t i = line->value; i < line->value_end; i++) {
		if (!isdigit(input->bytes[i]))
			return refuse(input, VERDICT_LENGTH_MALFORMED);
		length = length * 10 + (input->bytes[i] - '0');
	}
	if (length > INT64_MAX)
		return refuse(input, VERDICT_LENGTH_MALFORMED);
	head->content_length = (uint64_t)length;
	head->flags |= HTTP_HEAD_LENGTH;
	return PART_READ;
}

static bool is_coding_known(const struct reference_input *input, const struct line *line)
{
	static const char *const codings[] = {"gzip", "deflate", "compress", "x-gzip",
					      "x-compress"};
	size_t end = line->value;

	while (end < line->value_end && !strchr(", \t", input->bytes[end]))
		end++;
	for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
		if (is_word(input, line->value, end, codings[i]))
			return true;
	}
	return false;
}

static enum reference_part field_encoding(struct reference_input *input, const struct line *line)
{
	struct reference_head *head = input->head;

	if (head->flags & HTTP_HEAD_CHUNKED)
		return refuse(input, VERDICT_ENCODING_REPEATED);
	if (head->flags & HTTP_HEAD_LENGTH)
		return refuse(input, VERDICT_LENGTH_AND_ENCODING);
	if (head->flags & HTTP_HEAD_HTTP_1_0)
		return refuse(input, VERDICT_ENCODING_IN_HTTP_1_0);
	if (is_coding_known(input, line))
		return refuse(input, VERDICT_ENCODING_UNSUPPORTED);
	if (!is_word(input, line->value, line->value_end, "chunked"))
		return refuse(input, VERDICT_ENCODING_MALFORMED);
	head->flags |= HTTP_HEAD_CHUNKED;
	return PART_READ;
}

static void connection_option(struct reference_input *input, size_t start, size_t end)
{
	if (is_word(input, start, end, "close"))
		input->head->flags |= HTTP_HEAD_CLOSE;
	if (is_word(input, start, end, "keep-alive"))
		input->head->flags |= HTTP_HEAD_KEEP_ALIVE;
	if (is_word(input, start, end, "upgrade"))
		input->head->flags |= HTTP_HEAD_CONNECTION_UPGRADE;
}

/* An option is the first word between two commas. */
static void field_connection(struct reference_input *input, const struct line *line)
{
	bool first = true;
	size_t start, end;

	for (start = line->value; start < line->value_end; start = end) {
		for (end = start; end < line->value_end && !strchr(", \t", input->bytes[end]);)
			end++;
		if (end > start && first)
			connection_option(input, start, end);
		first = end > start ? false : first;
		for (; end < line->value_end && strchr(", \t", input->bytes[end]); end++)
			first = first || input->bytes[end] == ',';
	}
}

static enum reference_part field_upgrade(struct reference_input *input, const struct line *line)
{
	struct reference_head *head = input->head;

	if (head->flags & HTTP_HEAD_WEBSOCKET || head->flags & HTTP_HEAD_UPGRADE_OTHER)
		return refuse(input, VERDICT_UPGRADE_REPEATED);
	if (is_word(input, line->value, line->value_end, "websocket")) {
		head->flags |= HTTP_HEAD_WEBSOCKET;
		return PART_READ;
	}
	head->upgrade = line->name;
	head->flags |= HTTP_HEAD_UPGRADE_OTHER;
	return PART_READ;
}

static enum reference_part read_field(struct reference_input *input, const struct line *line)
{
	if (is_word(input, line->name, line->name_end, "host"))
		return field_host(input, line);
	if (is_word(input, line->name, line->name_end, "content-length"))
		return field_length(input, line);
	if (is_word(input, line->name, line->name_end, "transfer-encoding"))
		return field_encoding(input, line);
	if (is_word(input, line->name, line->name_end, "upgrade"))
		return field_upgrade(input, line);
	if (is_word(input, line->name, line->name_end, "connection"))
		field_connection(input, line);
	if (is_word(input, line->name, line->name_end, "expect") &&
	    is_word(input, line->value, line->value_end, "100-continue"))
		input->head->flags |= HTTP_HEAD_EXPECT;
	return PART_READ;
}

/* The first byte from line->name on that is no token character must be the colon. */
static enum reference_part read_name(struct reference_input *input, struct line *line)
{
	size_t at = line->name;
	uint8_t byte;

	while (at < input->length && is_token(input->bytes[at]))
		at++;
	line->name_end = at;
	if (at == input->length)
		return PART_MISSING;
	byte = input->bytes[at];
	if (byte == ':' && at > line->name)
		return PART_READ;
	if (byte == '\r')
		return line_end(input, at) ? line_end(input, at)
					   : refuse(input, VERDICT_COLON_MISSING);
	if (byte == '\n')
		return refuse(input, VERDICT_BARE_LF);
	if (byte == 0)
		return refuse(input, VERDICT_NUL_BYTE);
	if (!is_blank(byte))
		return refuse(input, VERDICT_FIELD_NAME_MALFORMED);
	if (at > line->name)
		return refuse(input, VERDICT_SPACE_BEFORE_COLON);
	return refuse(input, input->head->lines ? VERDICT_OBS_FOLD : VERDICT_SPACE_BEFORE_FIELD);
}

/* Reads to the end of the line; *ret_at is where the next one starts. */
static enum reference_part read_value(struct reference_input *input, struct line *line,
				      size_t *ret_at)
{
	size_t at = line->name_end + 1;
	enum reference_part part;

	line->value = at;
	while (at < input->length && !strchr("\r\n", input->bytes[at]))
		at++;
	if (at == input->length)
		return PART_MISSING;
	if (input->bytes[at] != '\r')
		return refuse(input, input->bytes[at] ? VERDICT_BARE_LF : VERDICT_NUL_BYTE);
	part = line_end(input, at);
	*ret_at = at + 2;
	while (line->value < at && is_blank(input->bytes[line->value]))
		line->value++;
	while (at > line->value && is_blank(input->bytes[at - 1]))
		at--;
	line->value_end = at;
	return part;
}

static unsigned port_of(const struct reference_host *host, unsigned standard)
{
	return host->port ? host->port : standard;
}

static enum reference_part check_whole(struct reference_input *input)
{
	struct reference_head *head = input->head;
	unsigned standard = head->flags & HTTP_HEAD_HTTPS ? 443 : 80;
	const struct reference_range *name = &input->authority.name;
	char authority[ROUTE_HOST_MAX + 1] = "";

	if (!(head->flags & (HTTP_HEAD_HOST | HTTP_HEAD_HTTP_1_0)))
		return refuse(input, VERDICT_HOST_MISSING);
	if (!(head->flags & HTTP_HEAD_ABSOLUTE_FORM))
		return PART_READ;
	memcpy(authority, input->bytes + name->start, name->length);
	if (!is_word(input, head->host.start, head->host.start + head->host.length, authority) ||
	    port_of(&input->host, standard) != port_of(&input->authority, standard))
		return refuse(input, VERDICT_AUTHORITY_MISMATCH);
	return PART_READ;
}

static enum reference_part read_line(struct reference_input *input, size_t *at)
{
	struct line line = {.name = *at};
	enum reference_part part = read_name(input, &line);

	if (!part)
		part = read_value(input, &line, at);
	if (part)
		return part;
	if (++input->head->lines > HTTP_LINES_MAX)
		return refuse(input, VERDICT_TOO_MANY_LINES);
	return read_field(input, &line);
}

enum reference_part reference_fields_read(struct reference_input *input, size_t at)
{
	for (;;) {
		enum reference_part part;

		if (at == input->length)
			return PART_MISSING;
		if (input->bytes[at] == '\r') {
			part = line_end(input, at);
			if (!part)
				part = check_whole(input);
			if (!part)
				input->head->end = at + 2;
			return part;
		}
		part = read_line(input, &at);
		if (part)
			return part;
	}
}
