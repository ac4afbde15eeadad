/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any routes and any request: the search for a rule must end where a comparison of the texts does.
 *
 * The input is lines, first letter what they are: host E (exact), L (one label), S (suffix) or
 * A (any), then X (Exact) and P (Prefix) paths of the host before, each after the digit of its
 * method; "~" and "!" set the policy of the last rule to Raw and Reject. Then an empty line, and
 * method, host and target of a request.
 */
#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/head_trial.h"
#include "../unit/reference_route.h"

#define LINE_MAX_BYTES 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct builder {
	struct head_routes_host *host;
	uint32_t rule; /* the last one that was given */
};

static int is_name(const char *name)
{
	for (; *name; name++) {
		if (!islower((uint8_t)*name) && !isdigit((uint8_t)*name) && !strchr(".-", *name))
			return 0;
	}
	return 1;
}

/* What a rule's path may be: none of the characters that make a second reading. */
static int is_path(const char *path, enum path_kind kind)
{
	size_t length = strlen(path);

	if (length && path[0] != '/')
		return 0;
	if (kind == PATH_PREFIX ? length && path[length - 1] == '/' : !length)
		return 0;
	return !strpbrk(path, "%;\\?# \t\r") && !strstr(path, "//");
}

static uint32_t next_rule(struct builder *builder)
{
	if (builder->rule + 1 < HEAD_ROUTES_RULES)
		builder->rule++;
	return builder->rule;
}

static void add_host(struct builder *builder, enum host_kind kind, const char *name)
{
	int named = kind == HOST_ANY ? !*name : *name != 0;
	uint32_t rule = *name == '-' ? 0 : next_rule(builder);

	if (!named || !is_name(name))
		return;
	if ((kind == HOST_SINGLE_LABEL || kind == HOST_SUFFIX) && name[0] != '.')
		return;
	builder->host = head_routes_host(kind, name, rule);
}

static void add_path(struct builder *builder, enum path_kind kind, const char *line)
{
	unsigned method = (unsigned)(line[0] - '0');

	if (!builder->host || !line[0] || method >= HTTP_METHOD_COUNT || !is_path(line + 1, kind))
		return;
	head_routes_path(builder->host, kind, line + 1, (enum http_method)method,
			 next_rule(builder));
}

static void add_line(struct builder *builder, const char *line)
{
	const char *host_letter = strchr("ELSA", line[0]);

	if (line[0] == 'X' || line[0] == 'P')
		add_path(builder, line[0] == 'X' ? PATH_EXACT : PATH_PREFIX, line + 1);
	else if (line[0] == '~' || line[0] == '!')
		head_routes.rules[builder->rule].ambiguous =
			line[0] == '~' ? AMBIGUOUS_RAW : AMBIGUOUS_REJECT;
	else if (host_letter)
		add_host(builder, (enum host_kind)(host_letter - "ELSA"), line + 1);
}

/* Takes the next line out of the input; its length, or -1 at the end. */
static int next_line(const uint8_t **data, size_t *size, char *ret_line)
{
	const uint8_t *end = memchr(*data, '\n', *size);
	size_t length = end ? (size_t)(end - *data) : *size;

	if (!*size || length >= LINE_MAX_BYTES)
		return -1;
	memcpy(ret_line, *data, length);
	ret_line[length] = 0;
	*data += length + (end != NULL);
	*size -= length + (end != NULL);
	return (int)strlen(ret_line);
}

static size_t request_bytes(const uint8_t *data, size_t size, uint8_t *ret_bytes)
{
	char method[LINE_MAX_BYTES] = "", host[LINE_MAX_BYTES] = "";
	int length = 0;

	if (next_line(&data, &size, method) < 0 || next_line(&data, &size, host) < 0 ||
	    size > HTTP_TARGET_MAX)
		return 0;
	length = snprintf((char *)ret_bytes, HTTP_HEAD_MAX, "%s %.*s HTTP/1.1\r\nHost: %s\r\n\r\n",
			  method, (int)size, (const char *)data, host);
	return length > 0 && length < HTTP_HEAD_MAX ? (size_t)length : 0;
}

static void compare(const uint8_t *bytes, size_t length)
{
	static struct hold_large hold;
	struct reference_head head;
	struct route_match match;
	enum verdict expected;
	uint32_t rule = 0;
	int verdict;

	if (head_trial_parse(&hold, bytes, length, (struct head_cut){.first = length}, 0) ||
	    !hold.head.end)
		return;
	reference_head_parse(bytes, length, &head);
	expected = reference_route_find(&head_routes, bytes, &head, &rule);
	verdict = head_routes_find(&hold, &match);
	if (verdict == (int)expected && (verdict || match.rule == rule))
		return;
	fprintf(stderr, "verdict %d rule %u, reference %d rule %u: %.*s\n", verdict, match.rule,
		expected, rule, (int)length, (const char *)bytes);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[HTTP_HEAD_MAX];
	char line[LINE_MAX_BYTES];
	struct builder builder = {.host = NULL};
	size_t length;

	head_routes_init(size * 0x9e3779b97f4a7c15ULL);
	while (next_line(&data, &size, line) > 0)
		add_line(&builder, line);
	length = request_bytes(data, size, bytes);
	if (length)
		compare(bytes, length);
	return 0;
}
