/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of the API server in, one whole JSON object out at a time: the events of a watch, or the
 * items of a list with the list's metadata. Never more than one object is held, and never one that
 * is too large: it is passed over and counted. Pure.
 *
 * Only strings and brackets are looked at. What is between them is for the parser of the object,
 * which is given text whose brackets are balanced, and nothing else is promised of it.
 */
#ifndef PATHROUTE_KUBE_STREAM_H
#define PATHROUTE_KUBE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of one object. The server's own limit is 1.5 MiB in etcd's form, which is shorter. */
#define KUBE_STREAM_OBJECT_MAX (2 * 1024 * 1024)
#define KUBE_STREAM_DEPTH_MAX 64

enum kube_stream_form {
	KUBE_STREAM_EVENTS, /* objects with blanks between them */
	KUBE_STREAM_LIST, /* one object; elements of its "items" and its "metadata" are given out */
};

enum kube_stream_part {
	KUBE_STREAM_EVENT,
	KUBE_STREAM_ITEM,
	KUBE_STREAM_METADATA,
};

struct kube_stream {
	enum kube_stream_form form;
	void *context;
	/* The text has a NUL behind and is good until it returns; a negative errno ends all. */
	int (*take)(void *context, enum kube_stream_part part, const char *text, size_t length);
	size_t object_max; /* 0: KUBE_STREAM_OBJECT_MAX */

	uint64_t skipped; /* objects that were too large or too deep */

	/* The rest is private. */
	unsigned depth; /* of open brackets */
	bool in_string;
	bool escaped;
	bool done;             /* the list has ended */
	bool has_items;        /* it had them */
	bool in_items;         /* between the brackets of "items" */
	bool taking;           /* an object is being held */
	bool too_much;         /* it is passed over */
	unsigned taking_depth; /* of brackets around it */
	bool at_key;           /* the next string at depth 1 is a key */
	char key[16];          /* at depth 1, cut */
	size_t key_length;
	char *held;
	size_t length;
	size_t capacity;
};

/* To begin with: {.form, .context, .take}. 0; -EPROTO: this is not what was expected, and nothing
 * more will come out; -ENOMEM; or the error of take(). */
int kube_stream_feed(struct kube_stream *stream, const char *bytes, size_t length);

/* At the end of the bytes: 0, or -EPROTO if something is missing. */
int kube_stream_end(const struct kube_stream *stream);

/* Frees what is held; a zeroed one is fine. */
void kube_stream_done(struct kube_stream *stream);

#endif
