/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where objects come from: a directory of manifests or the API server, behind one interface.
 *
 * A source has one descriptor. When it is readable, the event loop calls source_dispatch(), and
 * the source calls the sink for everything that has changed. It uses no threads and prints nothing.
 */
#ifndef PATHROUTE_SOURCE_H
#define PATHROUTE_SOURCE_H

#include <stddef.h>

#include "../route/object.h"

enum source_severity {
	SOURCE_INFO,  /* nothing to repair: objects of kinds that are not ours */
	SOURCE_ERROR, /* something was refused; what was in force before stays in force */
};

struct source_problem {
	enum source_severity severity;
	const char *file;   /* path, or where the object came from */
	unsigned line;      /* 0: the file as a whole */
	const char *reason; /* one CamelCase word */
	const char *message;
};

/* Called only from within source_start() and source_dispatch(). All are required. */
struct source_sink {
	void *context;
	void (*upsert)(void *context, struct object *object); /* the object is the callee's now */
	void (*remove)(void *context, const struct object_key *key);
	void (*problem)(void *context, const struct source_problem *problem);
	void (*synced)(void *context); /* every object that exists has been delivered */
};

struct object_source;

struct source_operations {
	int (*start)(struct object_source *source);
	int (*fd)(const struct object_source *source);
	int (*dispatch)(struct object_source *source);
	size_t (*refused)(const struct object_source *source);
	void (*free)(struct object_source *source);
};

/* The first member of each kind of source. */
struct object_source {
	const struct source_operations *operations;
};

/* Begins to deliver; a source that can do so at once has called synced() on return. Called again,
 * it reads everything anew, as if all might have changed. 0 or a negative errno. */
static inline int source_start(struct object_source *source)
{
	return source->operations->start(source);
}

/* To be polled for reading (EPOLLIN) after source_start(). */
static inline int source_fd(const struct object_source *source)
{
	return source->operations->fd(source);
}

/* Never blocks. 0 or a negative errno; it may be called again after an error. */
static inline int source_dispatch(struct object_source *source)
{
	return source->operations->dispatch(source);
}

/* How many objects, documents and files are refused at present. */
static inline size_t source_refused(const struct object_source *source)
{
	return source->operations->refused(source);
}

/* Accepts NULL. */
static inline void source_free(struct object_source *source)
{
	if (source)
		source->operations->free(source);
}

static inline void source_freep(struct object_source **source)
{
	source_free(*source);
}

#endif
