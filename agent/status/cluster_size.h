/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often things may happen, by the number of nodes, so that the API server's load stays about
 * the same however many there are; and how many nodes there should be. Pure. Times as in
 * lease_election.h.
 */
#ifndef PATHROUTE_CLUSTER_SIZE_H
#define PATHROUTE_CLUSTER_SIZE_H

#include <stdint.h>

#include "../base/dice.h"

/* Between two reports of a node whose digest goes on changing: 2 s up to 20 nodes, 10 s from 100,
 * and above 1,000 as much as makes a hundred a second of all nodes. */
uint64_t report_gap_ms(uint32_t nodes);

/* All nodes change at the same moment: their reports are spread over so long. */
uint64_t report_spread_ms(uint32_t nodes);

/* A node's Lease is renewed after about so long when nothing changes. */
#define REPORT_RENEW_MS (300 * 1000)

/* A status is watched by every node: one write is as many events as there are nodes. */
uint64_t status_interval_ms(uint32_t nodes);

/* Between two writes of one route that change only numbers, while a new generation spreads. */
uint64_t status_counts_interval_ms(uint32_t nodes);

/* Between two writes of any routes that change only numbers, when nothing spreads: nodes come and
 * go, and each time all routes would have to be written. */
uint64_t status_idle_interval_ms(uint32_t nodes);

/* So long a new generation is given to get around before its first status is written. */
uint64_t status_settle_ms(uint32_t nodes);

/* When a node's own Lease is to be written. */
struct report_schedule {
	struct dice dice;
	uint32_t nodes;      /* 0: not known */
	uint64_t written_ms; /* 0: never */
	uint64_t due_ms;
};

void report_schedule_init(struct report_schedule *schedule, uint64_t seed, uint64_t now_ms);
void report_schedule_changed(struct report_schedule *schedule, uint64_t now_ms);
void report_schedule_wrote(struct report_schedule *schedule, uint64_t now_ms);

/*
 * How many nodes should have a route. `wanted` is what the DaemonSet says, 0 if that is not known,
 * and `reported` how many are alive. A node that has just joined gets two minutes before its
 * silence counts, so that a new node is no fault of every route.
 */
struct desired_nodes {
	uint32_t settled;  /* wanted, when all of them had reported last */
	uint64_t since_ms; /* when wanted grew beyond that; 0: it has not */
};

#define DESIRED_GRACE_MS (120 * 1000)

uint32_t desired_nodes_count(struct desired_nodes *desired, uint32_t wanted, uint32_t reported,
			     uint64_t now_ms);

#endif
