/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the status of routes, while we lead: where it is not what it must be, a few at a time, one
 * write of a route at a time, and no faster than the number of nodes allows, since each of them
 * watches what is written. There is no queue: all routes are looked at again when something has
 * changed, from where the last look ended.
 *
 * Each patch carries the version of the object that was read: if somebody else has written
 * meanwhile, it changes nothing. So even a write that is sent too late by an agent that does not
 * know yet that another one leads destroys nothing.
 */
#ifndef PATHROUTE_STATUS_WRITER_H
#define PATHROUTE_STATUS_WRITER_H

#include "route_status_text.h"
#include "status_home.h"
#include "status_routes.h"

struct status_writer;

struct status_writer_options {
	struct status_routes *routes;
	void *context;
	bool (*leads)(void *context);
	/* What is so; false: nothing can be said of the route now. */
	bool (*look)(void *context, const struct status_route *route,
		     struct status_facts *ret_facts);
};

struct status_writer_counts {
	uint64_t written;
	uint64_t conflicts;
	uint64_t failures;
	uint64_t events;
};

/* `home` and the routes must outlive it. 0 or a negative errno. */
int status_writer_new(const struct status_home *home, const struct status_writer_options *options,
		      struct status_writer **ret_writer);

/* Accepts NULL. */
void status_writer_free(struct status_writer *writer);

/* We lead from now on, or no more; then no request is under way any more. */
void status_writer_begin(struct status_writer *writer);
void status_writer_end(struct status_writer *writer);

/* Something has changed: looks at all routes soon. */
void status_writer_wake(struct status_writer *writer);

void status_writer_set_nodes(struct status_writer *writer, uint32_t nodes);

struct status_writer_counts status_writer_count(const struct status_writer *writer);

#endif
