/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the leader knows of the nodes: their Leases, listed and then watched, since a watch costs
 * one request in some minutes however many nodes there are. Leases of nodes that are gone are
 * deleted.
 */
#ifndef PATHROUTE_NODE_WATCH_H
#define PATHROUTE_NODE_WATCH_H

#include "node_table.h"
#include "status_home.h"

struct node_watch;

struct node_watch_options {
	void *context;
	void (*changed)(void *context); /* or time has passed */
};

/* `home` must outlive it. 0 or a negative errno. */
int node_watch_new(const struct status_home *home, const struct node_watch_options *options,
		   struct node_watch **ret_watch);

/* Accepts NULL. */
void node_watch_free(struct node_watch *watch);

/* NULL until all of them are known. */
const struct node_table *node_watch_table(const struct node_watch *watch);

#endif
