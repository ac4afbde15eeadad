/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells what this node has programmed, in a Lease of its own: as a digest (digest_history.h), when
 * that has changed, and every five minutes or so to tell that the node is alive.
 */
#ifndef PATHROUTE_NODE_REPORT_H
#define PATHROUTE_NODE_REPORT_H

#include "status_home.h"

struct node_report;

/* `home` must outlive it. Nothing is written before a digest was set. */
int node_report_new(const struct status_home *home, struct node_report **ret_report);

/* Accepts NULL. */
void node_report_free(struct node_report *report);

/* What is in force in the maps. */
void node_report_set_digest(struct node_report *report, uint64_t digest);

/* What is the same for all Leases of this agent has changed: home->owner. */
void node_report_repeat(struct node_report *report);

/* For how often to write. */
void node_report_set_nodes(struct node_report *report, uint32_t nodes);

/* Writes that succeeded. */
uint64_t node_report_writes(const struct node_report *report);

#endif
