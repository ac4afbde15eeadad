/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of map entries, 1 to limit - 1 (0 means none everywhere). A number that was given up is
 * not handed out again for ID_POOL_REST_MS, since a packet may still be reading the entry; numbers
 * that were never used come first.
 */
#ifndef PATHROUTE_ID_POOL_H
#define PATHROUTE_ID_POOL_H

#include <stdbool.h>
#include <stdint.h>

#define ID_POOL_REST_MS 1000

struct id_rest {
	uint32_t id;
	uint64_t since_ms;
};

struct id_pool {
	uint32_t limit;
	uint32_t fresh;       /* no number below it is unused, but for those resting */
	uint64_t *used;       /* bitmap, resting ones included */
	struct id_rest *rest; /* ring */
	uint32_t rest_first;
	uint32_t rest_count;
};

int id_pool_init(struct id_pool *pool, uint32_t limit);
/* Accepts a zeroed pool. */
void id_pool_done(struct id_pool *pool);

/* Marks a number found in a map as used. False: out of range, or used already. */
bool id_pool_claim(struct id_pool *pool, uint32_t id);

/* `busy` (may be NULL) tells that a rested number still cannot be reused: it rests on.
 * Returns 0, -EAGAIN when numbers are only resting, or -ENOSPC. */
typedef bool (*id_pool_busy)(void *context, uint32_t id);
int id_pool_take(struct id_pool *pool, uint64_t now_ms, id_pool_busy busy, void *context,
		 uint32_t *ret_id);

/* Gives up a number that packets may know. */
void id_pool_retire(struct id_pool *pool, uint64_t now_ms, uint32_t id);

/* Gives back a number that was taken but never written to a map. */
void id_pool_return(struct id_pool *pool, uint32_t id);

#endif
