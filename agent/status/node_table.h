/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes of a class as the leader knows them from their Leases: what each has programmed, and
 * which are gone. Pure; times as in lease_election.h.
 *
 * A node is gone when its Lease was not seen to change for the Lease's duration. The clocks of
 * nodes are never compared, so a new leader takes every node it finds for alive at first.
 */
#ifndef PATHROUTE_NODE_TABLE_H
#define PATHROUTE_NODE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest_history.h"
#include "lease.h"

#define NODE_LEASE_DURATION_S 900
#define NODES_MAX 20000

struct node_entry {
	char *name; /* of the Lease */
	char renew_time[LEASE_TIME_MAX];
	char resource_version[LEASE_VERSION_MAX];
	uint32_t duration_s;
	bool has_digest;
	uint64_t digest;
	uint64_t seen_ms;
	bool marked; /* by the list that is being read */
};

struct node_table {
	struct node_entry *nodes; /* by name */
	size_t count;
	size_t capacity;
};

/* Accepts a zeroed table. */
void node_table_done(struct node_table *table);

/* 0, -ENOMEM, or -ENOSPC above NODES_MAX. */
int node_table_put(struct node_table *table, const struct lease *lease, uint64_t now_ms);
void node_table_remove(struct node_table *table, const char *name);

/* A list is the whole truth: what was not put between these two is removed. */
void node_table_list_begin(struct node_table *table);
void node_table_list_end(struct node_table *table);

/* The next node that is gone at now_ms; NULL: none. *ret_next_ms: when one may be. */
const struct node_entry *node_table_expired(const struct node_table *table, uint64_t now_ms,
					    uint64_t *ret_next_ms);

/* How far the nodes are: positions in the history, rising. */
struct node_progress {
	uint64_t *positions; /* of the nodes whose digest is known */
	size_t known;
	size_t unknown; /* nodes whose digest is not known to this leader */
};

/* Nodes that are gone do not count. 0 or -ENOMEM. */
int node_progress_take(const struct node_table *table, const struct digest_history *history,
		       uint64_t now_ms, struct node_progress *ret_progress);
/* Accepts a zeroed one. */
void node_progress_done(struct node_progress *progress);

/*
 * How many nodes have the present generation of a route whose last change is at `position`.
 * `told` is what the route's status says of this same generation, 0 if it says nothing: a node
 * never loses a generation, so as long as nodes of unknown digest can explain it, it stays. That
 * is how a new leader, which may have missed the past, makes no count fall.
 */
uint32_t node_progress_count(const struct node_progress *progress, uint64_t position,
			     uint32_t told);

#endif
