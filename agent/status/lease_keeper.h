/* SPDX-License-Identifier: Apache-2.0 */
/* Takes part in the election (lease_election.h) with requests and a timer. */
#ifndef PATHROUTE_LEASE_KEEPER_H
#define PATHROUTE_LEASE_KEEPER_H

#include <stdbool.h>

#include "status_home.h"

struct lease_keeper;

struct lease_keeper_events {
	void *context;
	/* Leading has begun or ended; lease_keeper_leads() says which. */
	void (*changed)(void *context);
	/* The leader says that there are so many nodes. */
	void (*nodes)(void *context, uint32_t nodes);
};

/* `home` must outlive it. Begins at once. 0 or a negative errno. */
int lease_keeper_new(const struct status_home *home, const struct lease_keeper_events *events,
		     struct lease_keeper **ret_keeper);

/* Accepts NULL. Does not release the lease. */
void lease_keeper_free(struct lease_keeper *keeper);

/* True now: also to be asked just before a write. */
bool lease_keeper_leads(const struct lease_keeper *keeper);

/* What the leader publishes from its next renewal on. */
void lease_keeper_set_nodes(struct lease_keeper *keeper, uint32_t nodes);

/* Leads no more and frees the lease. False: there is nothing to free; else done() is called when
 * that has succeeded or failed. */
bool lease_keeper_release(struct lease_keeper *keeper, void (*done)(void *context), void *context);

#endif
