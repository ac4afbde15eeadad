/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps somebody's copy of one kind of objects equal to the API server's: a list, then a watch from
 * there on, again and again. What a list does not have is gone when the list ends, and not before;
 * nothing is ever merged. Nothing is printed: changes of fortune go to report().
 *
 *  - The list is a watch that begins with all objects, where the server has that, else by pages.
 *  - The server is to end a watch after 5 to 10 minutes; the next one goes on from the last version
 *    that was seen, bookmarks included.
 *  - 410, of HTTP or as an event, leads to a new list; so do three refusals in a row.
 *  - After an outage the first reply to any request of the client ends the waiting of all.
 *  - Bookmarks come once a minute, if the server's store tells it that time goes on. After 130 s of
 *    silence the watch is begun anew, which shows whether the server is there: it answers at once.
 *    After 180 s without a byte the copy is stale: that leaves 50 s for the answer. After ten
 *    watches by which nothing came the list is asked for, in case the store went back.
 */
#ifndef PATHROUTE_KUBE_REFLECTOR_H
#define PATHROUTE_KUBE_REFLECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "kube_client.h"
#include "kube_query.h"

#define KUBE_REFLECTOR_SILENCE_S 130
#define KUBE_REFLECTOR_STALE_MS (180 * 1000)
#define KUBE_REFLECTOR_WATCH_LEAST_S 300
#define KUBE_REFLECTOR_WATCH_MOST_S 600

struct cJSON;
struct kube_reflector;

/* Trees and texts are good until the callback returns. All are required. */
struct kube_reflector_sink {
	void *context;
	/* A list begins. Begun again without an end, it starts over. */
	void (*begin)(void *context);
	/* New or changed, or the same as before. */
	void (*upsert)(void *context, const struct cJSON *object);
	void (*remove)(void *context, const struct cJSON *object);
	/* Something came that cannot be told from what object it was. */
	void (*skip)(void *context, const char *reason, const char *message);
	/* What has not come since begin() is gone; unless something was skipped (not whole), since
	 * that may have been it. */
	void (*end)(void *context, bool whole);
	/* For the log, once for each change. */
	void (*report)(void *context, bool failing, const char *text);
};

/* Why a watch, or an attempt at one, was over. */
enum kube_watch_end {
	KUBE_WATCH_ENDED,   /* by the server, in its time */
	KUBE_WATCH_EXPIRED, /* 410 */
	KUBE_WATCH_SILENT,
	KUBE_WATCH_BROKEN,  /* by the network, or bytes that make no sense */
	KUBE_WATCH_REFUSED, /* another status, or an ERROR event */
	KUBE_WATCH_END_COUNT
};

/* "ended", "expired" ... */
const char *kube_watch_end_word(enum kube_watch_end end);

struct kube_reflector_state {
	const char *name; /* of the resource */
	bool synced;      /* a first list has ended */
	bool stale;
	uint64_t age_ms;  /* since the last byte of a reply that was no failure */
	uint64_t lists;   /* that have ended */
	uint64_t skipped; /* calls of skip() */
	uint64_t ends[KUBE_WATCH_END_COUNT];
};

struct kube_reflector_options {
	const struct kube_resource *resource; /* must outlive the reflector */
	const char *namespace;                /* NULL: all; must outlive it, too */
	struct kube_reflector_sink sink;
};

/* 0 or -ENOMEM, or the error of a timer. Nothing happens before kube_reflector_relist(). */
int kube_reflector_new(struct event_loop *loop, struct kube_client *client,
		       const struct kube_reflector_options *options,
		       struct kube_reflector **ret_reflector);

/* Before the client. Accepts NULL. */
void kube_reflector_free(struct kube_reflector *reflector);

/* Lists now, whatever is going on. */
void kube_reflector_relist(struct kube_reflector *reflector);

struct kube_reflector_state kube_reflector_get(const struct kube_reflector *reflector);

#endif
