/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML text to a JSON tree: YAML 1.2 with its core schema, so that `on` and `012` are what they
 * look like, and quoted scalars are always strings. What JSON cannot say is refused: aliases, tags
 * but !!str, the same key twice, keys that are not scalars, a NUL inside a string.
 */
#ifndef PATHROUTE_YAML_JSON_H
#define PATHROUTE_YAML_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "rejection.h"

struct cJSON;

/* Limits of one document. */
#define YAML_DEPTH_MAX 64
#define YAML_NODES_MAX (1 << 20)
#define YAML_KEYS_MAX 1024 /* of one mapping */

#define REASON_SYNTAX_ERROR "SyntaxError"

struct yaml_document {
	const char *text;
	size_t length;
	unsigned line; /* of the first byte, from 1 */
};

/* A text that is cut into documents; begin with {text, length, 1}. */
struct yaml_stream {
	const char *text;
	size_t length;
	unsigned line;
};

/*
 * The next document, of which only the borders are looked at: a line of "---" or "..." ends a
 * document whatever is around it, so a broken one leaves the others as they are.
 * False: there is none left.
 */
bool yaml_stream_next(struct yaml_stream *stream, struct yaml_document *ret_document);

/*
 * Objects and arrays carry their line (json_line()). Returns 0 and a tree that the caller deletes;
 * -ENODATA: the document is empty or null; -EINVAL: *ret_rejection says what and where; -ENOMEM.
 */
int yaml_json_parse(const struct yaml_document *document, struct cJSON **ret_tree,
		    struct rejection *ret_rejection);

/* The same for JSON text, which has no documents; the tree carries no lines. */
int yaml_json_parse_json(const struct yaml_document *document, struct cJSON **ret_tree,
			 struct rejection *ret_rejection);

#endif
