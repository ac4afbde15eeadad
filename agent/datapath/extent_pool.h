/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of neighbouring entries of one array: first fit, neighbours merged. As with id_pool, a run
 * that packets may still read rests for ID_POOL_REST_MS before it is free again.
 */
#ifndef PATHROUTE_EXTENT_POOL_H
#define PATHROUTE_EXTENT_POOL_H

#include <stddef.h>
#include <stdint.h>

struct extent {
	uint32_t first;
	uint32_t count;
	uint64_t since_ms; /* of a resting one */
};

struct extent_list {
	struct extent *items;
	size_t count;
	size_t capacity;
};

struct extent_pool {
	struct extent_list unused;  /* sorted by first */
	struct extent_list resting; /* oldest first */
};

/* All of 0 to limit - 1 is free. */
int extent_pool_init(struct extent_pool *pool, uint32_t limit);
/* Accepts a zeroed pool. */
void extent_pool_done(struct extent_pool *pool);

/* Marks a run found in a map as used. -EINVAL: some of it is used already or out of range. */
int extent_pool_claim(struct extent_pool *pool, uint32_t first, uint32_t count);

/* Returns 0, -EAGAIN when resting runs may help, -ENOSPC or -ENOMEM. `count` 0 takes nothing. */
int extent_pool_take(struct extent_pool *pool, uint64_t now_ms, uint32_t count,
		     uint32_t *ret_first);

/* Gives up a run that packets may know. Without memory it is lost until the next start. */
void extent_pool_retire(struct extent_pool *pool, uint64_t now_ms, uint32_t first, uint32_t count);

/* Gives back a run that was never written to a map. */
void extent_pool_return(struct extent_pool *pool, uint32_t first, uint32_t count);

#endif
