/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON piece by piece to a stream, with commas and escapes where they belong. Nothing is
 * returned: the caller looks at the stream's error once, at the end.
 */
#ifndef PATHROUTE_JSON_WRITE_H
#define PATHROUTE_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json_writer {
	FILE *out;
	bool follows; /* something stands before in the present object or array */
};

/* `key` is NULL for elements of arrays and for the root. */
void json_write_object(struct json_writer *writer, const char *key);
void json_write_object_end(struct json_writer *writer);
void json_write_array(struct json_writer *writer, const char *key);
void json_write_array_end(struct json_writer *writer);

/* Bytes that are no UTF-8 are written as they are. */
void json_write_text(struct json_writer *writer, const char *key, const char *text);
void json_write_integer(struct json_writer *writer, const char *key, int64_t number);
void json_write_bool(struct json_writer *writer, const char *key, bool flag);

/* JSON that becomes a text in memory. Its address must not change between begin and end. */
struct json_memory {
	struct json_writer writer;
	char *text;
	size_t length;
};

/* False: there is no memory, and nothing to be ended. */
bool json_memory_begin(struct json_memory *memory);

/* The text, which the caller frees; NULL if there was no memory for all of it. */
char *json_memory_end(struct json_memory *memory);

#endif
