/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "yaml_json.h"

static int refuse(struct rejection *rejection, unsigned line, const char *message)
{
	rejection->reason = REASON_SYNTAX_ERROR;
	rejection->line = line;
	snprintf(rejection->message, REJECTION_MESSAGE_MAX, "%s", message);
	return -EINVAL;
}

static unsigned line_at(const struct yaml_document *document, const char *position)
{
	unsigned line = document->line;
	const char *at;

	for (at = document->text; at < position && at < document->text + document->length; at++)
		line += *at == '\n';
	return line;
}

/* At least as many as there are values, found before memory is spent on them. */
static size_t bound_values(const struct yaml_document *document)
{
	size_t i, count = 1;
	char byte;

	for (i = 0; i < document->length; i++) {
		byte = document->text[i];
		count += byte == ',' || byte == '[' || byte == '{';
	}
	return count;
}

/* The recursion ends at the limit, or at cJSON's own of 1,000. */
static bool is_deeper_than(const cJSON *tree, unsigned depth)
{
	const cJSON *item;

	if (!cJSON_IsObject(tree) && !cJSON_IsArray(tree))
		return false;
	if (depth == 0)
		return true;
	cJSON_ArrayForEach (item, tree) {
		if (is_deeper_than(item, depth - 1))
			return true;
	}
	return false;
}

static const char *skip_space(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
		at++;
	return at;
}

int yaml_json_parse_json(const struct yaml_document *document, struct cJSON **ret_tree,
			 struct rejection *ret_rejection)
{
	const char *end = document->text + document->length, *stop = document->text;
	cJSON *tree;

	if (skip_space(document->text, end) == end)
		return -ENODATA;
	if (bound_values(document) > YAML_NODES_MAX)
		return refuse(ret_rejection, document->line, "the file has too many values");
	tree = cJSON_ParseWithLengthOpts(document->text, document->length, &stop, false);
	if (!tree)
		return refuse(ret_rejection, line_at(document, stop), "not JSON");
	if (skip_space(stop, end) == end && !is_deeper_than(tree, YAML_DEPTH_MAX)) {
		*ret_tree = tree;
		return 0;
	}
	cJSON_Delete(tree);
	if (skip_space(stop, end) != end)
		return refuse(ret_rejection, line_at(document, stop),
			      "there is something behind the end of the JSON value");
	return refuse(ret_rejection, document->line, "more than 64 levels are nested");
}
