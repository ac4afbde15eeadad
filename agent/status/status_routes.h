/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PathRoutes of the class as the API server has them now, the refused ones too: what their
 * status says, at which position of the history each changed last, and what is still to be told.
 * Pure.
 */
#ifndef PATHROUTE_STATUS_ROUTES_H
#define PATHROUTE_STATUS_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/rejection.h"
#include "../route/route_version.h"
#include "digest_history.h"
#include "event_limit.h"

#define STATUS_AWAITED_MS 10000

struct status_route {
	char *namespace;
	char *name;
	char *uid;
	int64_t generation;
	uint64_t digest;           /* of uid and generation */
	uint64_t position;         /* in the history, of the last change */
	struct rejection *refused; /* why this generation is not in force; NULL: it is */
	uint32_t rules;            /* of the last generation that was understood */
	struct route_status_mark seen;
	/* After a write of ours: versions that are seen before this one are older. */
	char awaited[STATUS_VERSION_MAX];
	uint64_t awaited_until_ms;
	struct event_limit events[STATUS_CONDITION_COUNT];
	uint64_t changed_ms; /* when this generation was seen first */
	uint64_t written_ms; /* when a write was last begun; 0: never */
	uint64_t retry_ms;   /* not to be written before */
	struct token_bucket writes;
	bool writing;
	bool missed; /* looked at while it was being written */
};

struct status_routes {
	struct status_route **routes; /* by namespace and name; pointers stay good until removal */
	size_t count;
	size_t capacity;
	struct digest_history history;
};

/* A version that has come. */
struct status_route_news {
	const struct route_version *version;
	const struct rejection *refused; /* why it is not taken into force; NULL: it is */
	uint64_t now_ms;
};

void status_routes_init(struct status_routes *routes);
void status_routes_done(struct status_routes *routes);

/* 0 or -ENOMEM. */
int status_routes_put(struct status_routes *routes, const struct status_route_news *news);
void status_routes_remove(struct status_routes *routes, const struct object_key *key);

/* From now on, we are the one who writes: what the status says now was told by others. */
void status_route_begin(struct status_route *route);

/* NULL: it is not there. */
struct status_route *status_routes_find(const struct status_routes *routes, const char *namespace,
					const char *name);

#endif
