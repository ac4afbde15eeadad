/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a JSON tree with its place in mind: a mistake is told with the path of the field, as in
 * "spec.rules[2].match.path.value: must begin with '/'".
 *
 * A value that is absent or null is fine for every json_read_*(): the result keeps what it was set
 * to before. json_require() is for those that must be there. All functions that can fail return
 * 0, -EINVAL (the rejection is filled in) or -ENOMEM.
 */
#ifndef PATHROUTE_JSON_READ_H
#define PATHROUTE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "rejection.h"

struct json_value {
	const cJSON *json; /* NULL: absent or null */
	const struct json_value *parent;
	const char *key; /* NULL: an element of an array, or the root */
	size_t index;
	struct rejection *rejection;
};

struct json_word {
	const char *text;
	int value;
};

/* Line in the source text of an object or array; 0: unknown. A parser that knows it notes it. */
void json_note_line(cJSON *json, unsigned line);
unsigned json_line(const cJSON *json);

struct json_value json_root(const cJSON *json, struct rejection *rejection);

/* The parent must outlive the answer. A parent that is absent has only absent members. */
struct json_value json_member(const struct json_value *object, const char *key);
struct json_value json_element(const struct json_value *array, const cJSON *json, size_t index);

/* Fills in the rejection and returns -EINVAL. */
int json_reject(const struct json_value *value, const char *reason, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

int json_require(const struct json_value *value);
int json_read_object(const struct json_value *value);
/* *ret_count: number of elements, 0 if absent. */
int json_read_array(const struct json_value *value, size_t max, size_t *ret_count);
int json_read_bool(const struct json_value *value, bool *ret_flag);
int json_read_integer(const struct json_value *value, int64_t min, int64_t max,
		      int64_t *ret_number);
/* The text belongs to the tree; at most max bytes. */
int json_read_text(const struct json_value *value, size_t max, const char **ret_text);
/* The same as a copy that the caller frees. */
int json_copy_text(const struct json_value *value, size_t max, char **ret_text);
/* One of the words; the list ends with a NULL text. */
int json_read_word(const struct json_value *value, const struct json_word *words, int *ret_word);

#endif
