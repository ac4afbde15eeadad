/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the heads that the parser's unit test reads, and what a client must get for each on the
 * routes of Lab.write_shop(), as a JSON array of
 *   {"name", "bytes": in hex, "outcome", "status": of a reply, "pod", "defused": true or false}
 * outcome: "reply" of the router, "reset", "waits" for more bytes, or "passes" to the pod.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../unit/http_vectors.h"

static uint8_t bytes[VECTOR_MAX];

/* The verdict on a vector, with that of our routes on what the parser accepts. */
static enum verdict verdict_of(const struct http_vector *vector)
{
	if (vector->flags & HTTP_HEAD_ASTERISK)
		return VERDICT_NO_ROUTE;
	return vector->flags & HTTP_HEAD_HIGH_BYTE ? VERDICT_PATH_BYTE : vector->verdict;
}

static const char *outcome_of(const struct http_vector *vector)
{
	enum verdict verdict = verdict_of(vector);

	if (vector->incomplete)
		return "waits";
	if (verdict == VERDICT_CONTINUE)
		return "passes";
	return http_vector_status(verdict) ? "reply" : "reset";
}

static const char *pod_of(const struct http_vector *vector)
{
	return vector->path && !strncmp(vector->path, "/api/", 5) ? "api" : "frontend";
}

static void print_name(const char *name)
{
	putchar('"');
	for (; *name; name++) {
		if (*name >= ' ' && *name <= '~' && *name != '"' && *name != '\\')
			putchar(*name);
		else
			printf("\\u%04x", (unsigned char)*name);
	}
	putchar('"');
}

/* Bytes behind the head are left out: what becomes of them is for other tests. */
static void print_vector(const struct http_vector *vector)
{
	size_t length = http_vector_bytes(vector, bytes) - vector->after;

	printf("{\"name\": ");
	print_name(vector->name);
	printf(", \"outcome\": \"%s\", \"status\": %u, \"pod\": \"%s\", \"defused\": %s, "
	       "\"bytes\": \"",
	       outcome_of(vector), http_vector_status(verdict_of(vector)), pod_of(vector),
	       vector->flags & HTTP_HEAD_UPGRADE_OTHER ? "true" : "false");
	for (size_t i = 0; i < length; i++)
		printf("%02x", bytes[i]);
	printf("\"}");
}

static void print_vectors(const struct http_vector *vectors, bool *first)
{
	for (; vectors->name; vectors++) {
		if (!*first)
			printf(",\n");
		*first = false;
		print_vector(vectors);
	}
}

int main(void)
{
	bool first = true;

	printf("[");
	print_vectors(http_vectors_accepted, &first);
	print_vectors(http_vectors_refused, &first);
	printf("]\n");
	return 0;
}
