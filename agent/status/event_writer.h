/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends Events about routes whose conditions have changed: some at a time, five a second at most of
 * all routes, and of each condition as event_limit.h says. An event that the server does not take
 * is lost: the status is the truth.
 */
#ifndef PATHROUTE_EVENT_WRITER_H
#define PATHROUTE_EVENT_WRITER_H

#include "route_status_text.h"
#include "status_home.h"
#include "status_routes.h"

#define EVENTS_PROGRESS_MS (120 * 1000)

struct event_writer;

/* room(): there is room again for events that there was none for. */
int event_writer_new(const struct status_home *home, void (*room)(void *context), void *context,
		     struct event_writer **ret_writer);

/* Accepts NULL. */
void event_writer_free(struct event_writer *writer);

/* No request is under way any more. */
void event_writer_cancel(struct event_writer *writer);

/* Sends what is to be told of the route, whose conditions are those of the wish. Returns when to
 * ask again; UINT64_MAX: not before something changes. */
uint64_t event_writer_visit(struct event_writer *writer, struct status_route *route,
			    const struct status_wish *wish);

uint64_t event_writer_count(const struct event_writer *writer); /* taken by the server */

#endif
