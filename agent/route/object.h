/* SPDX-License-Identifier: Apache-2.0 */
/* One object as a source delivers it: what it is, where it came from, and its decoded content. */
#ifndef PATHROUTE_OBJECT_H
#define PATHROUTE_OBJECT_H

#include <stdint.h>

#include "path_route.h"
#include "service.h"

#define OBJECT_NAMESPACE_MAX 63
#define OBJECT_NAME_MAX 253
#define OBJECT_NAMESPACE_DEFAULT "default"

enum object_kind {
	OBJECT_PATH_ROUTE = 0,
	OBJECT_SERVICE = 1,
	OBJECT_ENDPOINT_SLICE = 2,
	OBJECT_KIND_COUNT
};

/* Kind, namespace and name say which object it is. The strings belong to somebody else. */
struct object_key {
	enum object_kind kind;
	const char *namespace;
	const char *name;
};

/* creationTimestamp of an object that has none: younger than all that have one. */
#define OBJECT_CREATED_NEVER INT64_MAX

struct object {
	enum object_kind kind;
	char *namespace;
	char *name;
	char *uid;          /* NULL: none */
	int64_t created;    /* seconds since 1970, or OBJECT_CREATED_NEVER */
	int64_t generation; /* 0: none */
	char *origin_file;  /* NULL: not from a file */
	unsigned origin_line;
	union {
		struct path_route path_route;
		struct service service;
		struct endpoint_slice endpoint_slice;
	};
};

/* "PathRoute", "Service", "EndpointSlice". */
const char *object_kind_name(enum object_kind kind);

struct object_key object_key_of(const struct object *object);

/* Orders by kind, namespace, name. */
int object_key_compare(const struct object_key *left, const struct object_key *right);

/* Accepts NULL. */
void object_free(struct object *object);

static inline void object_freep(struct object **object)
{
	object_free(*object);
}

#endif
