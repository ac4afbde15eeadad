/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node that reports a digest has programmed, told from the states that the routes of the
 * class were in lately.
 *
 * Every agent sees the same changes of PathRoutes in the same order, but may take several at once:
 * so what a node reports is the state after one of these changes, and the state after each of them
 * is remembered here, under a position that only grows. A node at position p has the present
 * generation of every route whose last change is at p or before. That is all that must be known;
 * no table is kept.
 *
 * A digest is the sum over all routes of a hash of uid and generation: it does not depend on
 * the order, and a change of one route changes it by a difference.
 */
#ifndef PATHROUTE_DIGEST_HISTORY_H
#define PATHROUTE_DIGEST_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_HISTORY_MAX 4096 /* changes */
#define DIGEST_EMPTY 1          /* of no routes at all */

/* To be added to a digest when the route appears, and subtracted when it goes. */
uint64_t digest_of_route(const char *uid, int64_t generation);

struct digest_history {
	uint64_t digests[DIGEST_HISTORY_MAX]; /* of position p at p % DIGEST_HISTORY_MAX */
	uint64_t position;                    /* of the present state, from 1 */
};

void digest_history_init(struct digest_history *history);

uint64_t digest_history_now(const struct digest_history *history);

/* A route appeared, changed or went; 0 stands for one that is not there. Returns the position. */
uint64_t digest_history_add(struct digest_history *history, uint64_t before, uint64_t after);

/* The latest position at which the state was this one, since states can come back; 0: unknown. */
uint64_t digest_history_find(const struct digest_history *history, uint64_t digest);

#endif
