/* SPDX-License-Identifier: Apache-2.0 */
#include "reference_head.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/lib/http_head.h"

static int hex_value(uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = byte ? strchr(digits, tolower(byte)) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* A byte of the path once decoded, and where it stood. */
struct decoded {
	uint8_t byte;
	size_t offset;
};

struct decoded_path {
	struct decoded *bytes;
	size_t count;
	enum verdict verdict; /* of what stopped the decoding, at offset `stop` */
	size_t stop;
};

static enum verdict raw_verdict(uint8_t byte)
{
	if (byte == ' ' || byte == '\t')
		return VERDICT_REQUEST_LINE_MALFORMED;
	return byte < 32 || byte == 127 || byte == '#' ? VERDICT_PATH_BYTE : VERDICT_CONTINUE;
}

/* Decodes the byte at `at`; returns how many bytes it stands for, 0: *ret_verdict says why. */
static size_t decode_one(const uint8_t *bytes, size_t at, size_t end, uint8_t *ret_byte,
			 enum verdict *ret_verdict)
{
	int high = end - at > 1 ? hex_value(bytes[at + 1]) : -1;
	int low = end - at > 2 ? hex_value(bytes[at + 2]) : -1;

	*ret_verdict = raw_verdict(bytes[at]);
	*ret_byte = bytes[at];
	if (*ret_verdict || bytes[at] != '%')
		return *ret_verdict ? 0 : 1;
	*ret_byte = (uint8_t)(high * 16 + low);
	if (high < 0 || low < 0)
		*ret_verdict = VERDICT_PATH_PERCENT;
	else if (*ret_byte < 32 || *ret_byte == 127)
		*ret_verdict = VERDICT_PATH_ENCODED_CONTROL;
	return *ret_verdict ? 0 : 3;
}

static void decode(const uint8_t *bytes, size_t start, size_t end, struct decoded_path *path)
{
	size_t at = start;

	while (at < end) {
		struct decoded *next = &path->bytes[path->count];
		size_t taken = decode_one(bytes, at, end, &next->byte, &path->verdict);

		if (!taken)
			break;
		next->offset = at;
		path->count++;
		at += taken;
	}
	path->stop = at;
}

/* Whether the decoded element [first, last) is "." or ".." once its parameters are cut off. */
static bool is_dots(const struct decoded *bytes, size_t first, size_t last)
{
	size_t length = 0;

	while (first + length < last && bytes[first + length].byte != ';')
		length++;
	if (length == 0 || length > 2)
		return false;
	return bytes[first].byte == '.' && bytes[first + length - 1].byte == '.';
}

/* The first dot segment that is closed by a slash or, if all could be decoded, by the end. */
static bool has_dots(const struct decoded_path *path)
{
	size_t first = 0;

	for (size_t i = 0; i < path->count; i++) {
		if (path->bytes[i].byte != '/' && path->bytes[i].byte != '\\')
			continue;
		if (is_dots(path->bytes, first, i))
			return true;
		first = i + 1;
	}
	return !path->verdict && is_dots(path->bytes, first, path->count);
}

static unsigned flags_of(const uint8_t *bytes, size_t start, size_t end)
{
	unsigned flags = 0;

	for (size_t i = start; i < end; i++) {
		if (strchr("%;\\", bytes[i]) && bytes[i])
			flags |= HTTP_HEAD_AMBIGUOUS;
		if (i > start && bytes[i] == '/' && bytes[i - 1] == '/')
			flags |= HTTP_HEAD_AMBIGUOUS;
		if (bytes[i] > 127)
			flags |= HTTP_HEAD_HIGH_BYTE;
	}
	return flags;
}

enum verdict reference_path_check(const uint8_t *bytes, size_t start, size_t end,
				  unsigned *ret_flags)
{
	struct decoded_path path = {.bytes = calloc(end - start + 1, sizeof(*path.bytes))};
	enum verdict verdict;

	if (!path.bytes)
		abort();
	decode(bytes, start, end, &path);
	verdict = has_dots(&path) ? VERDICT_PATH_DOT_SEGMENT : path.verdict;
	free(path.bytes);
	*ret_flags = flags_of(bytes, start, end);
	return verdict;
}

static size_t cut_parameters(uint8_t *text, size_t length)
{
	size_t kept = 0;
	bool cut = false;

	for (size_t i = 0; i < length; i++) {
		cut = text[i] != '/' && (cut || text[i] == ';');
		if (!cut)
			text[kept++] = text[i];
	}
	return kept;
}

static size_t merge_slashes(uint8_t *text, size_t length)
{
	size_t kept = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] != '/' || kept == 0 || text[kept - 1] != '/')
			text[kept++] = text[i];
	}
	return kept;
}

size_t reference_path_canonical(const uint8_t *path, size_t length, uint8_t *ret_path)
{
	size_t count = 0;
	size_t at = 0;

	while (at < length) {
		enum verdict verdict;
		size_t taken = decode_one(path, at, length, &ret_path[count], &verdict);

		if (!taken)
			break;
		at += taken;
		count++;
	}
	for (size_t i = 0; i < count; i++) {
		if (ret_path[i] == '\\')
			ret_path[i] = '/';
	}
	return merge_slashes(ret_path, cut_parameters(ret_path, count));
}

static size_t name_end(const uint8_t *bytes, size_t at, size_t end)
{
	while (at < end && (isalnum(bytes[at]) || strchr("._-", bytes[at])) && bytes[at])
		at++;
	return at;
}

/* Offset behind the "]", 0 if there is no address in brackets. */
static size_t bracket_end(const uint8_t *bytes, size_t at, size_t end)
{
	char text[INET6_ADDRSTRLEN + 1] = "";
	unsigned char address[16];
	const uint8_t *close = memchr(bytes + at, ']', end - at);
	size_t length = close ? (size_t)(close - bytes) - at - 1 : 0;

	if (!length || length >= sizeof(text))
		return 0;
	memcpy(text, bytes + at + 1, length);
	if (strlen(text) != length || inet_pton(AF_INET6, text, address) != 1)
		return 0;
	return at + length + 2;
}

int reference_host_read(const uint8_t *bytes, size_t start, size_t end,
			struct reference_host *ret_host)
{
	size_t at = start;
	unsigned digits = 0;

	memset(ret_host, 0, sizeof(*ret_host));
	at = start < end && bytes[start] == '[' ? bracket_end(bytes, start, end)
						: name_end(bytes, start, end);
	if (at < start || at - start > ROUTE_HOST_MAX)
		return -1;
	ret_host->name = (struct reference_range){start, at - start};
	if (at > start && bytes[at - 1] == '.')
		ret_host->name.length--;
	if (at < end && bytes[at] == ':') {
		for (at++; at < end && digits < 5 && isdigit(bytes[at]); at++, digits++)
			ret_host->port = ret_host->port * 10 + (unsigned)(bytes[at] - '0');
	}
	ret_host->end = at;
	return 0;
}
