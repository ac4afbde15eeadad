/* SPDX-License-Identifier: Apache-2.0 */
#include "id_pool.h"

#include <errno.h>
#include <stdlib.h>

int id_pool_init(struct id_pool *pool, uint32_t limit)
{
	*pool = (struct id_pool){.limit = limit, .fresh = 1};
	pool->used = calloc(limit / 64 + 1, sizeof(*pool->used));
	pool->rest = calloc((size_t)limit + 1, sizeof(*pool->rest));
	if (pool->used && pool->rest)
		return 0;
	id_pool_done(pool);
	return -ENOMEM;
}

void id_pool_done(struct id_pool *pool)
{
	free(pool->used);
	free(pool->rest);
	*pool = (struct id_pool){0};
}

static bool id_is_used(const struct id_pool *pool, uint32_t id)
{
	return pool->used[id / 64] >> (id % 64) & 1;
}

bool id_pool_claim(struct id_pool *pool, uint32_t id)
{
	if (!id || id >= pool->limit || id_is_used(pool, id))
		return false;
	pool->used[id / 64] |= 1ULL << (id % 64);
	return true;
}

static bool id_pool_take_fresh(struct id_pool *pool, uint32_t *ret_id)
{
	while (pool->fresh < pool->limit && id_is_used(pool, pool->fresh))
		pool->fresh++;
	if (pool->fresh >= pool->limit)
		return false;
	id_pool_claim(pool, pool->fresh);
	*ret_id = pool->fresh++;
	return true;
}

static struct id_rest id_pool_pop_rest(struct id_pool *pool)
{
	struct id_rest rest = pool->rest[pool->rest_first];

	pool->rest_first = (pool->rest_first + 1) % (pool->limit + 1);
	pool->rest_count--;
	return rest;
}

int id_pool_take(struct id_pool *pool, uint64_t now_ms, id_pool_busy busy, void *context,
		 uint32_t *ret_id)
{
	uint32_t left = pool->rest_count;

	if (id_pool_take_fresh(pool, ret_id))
		return 0;
	if (!left)
		return -ENOSPC;
	for (; left; left--) {
		if (now_ms - pool->rest[pool->rest_first].since_ms < ID_POOL_REST_MS)
			return -EAGAIN;

		struct id_rest rest = id_pool_pop_rest(pool);

		if (!busy || !busy(context, rest.id)) {
			*ret_id = rest.id;
			return 0;
		}
		id_pool_retire(pool, now_ms, rest.id);
	}
	return -EAGAIN;
}

void id_pool_retire(struct id_pool *pool, uint64_t now_ms, uint32_t id)
{
	uint32_t last = (pool->rest_first + pool->rest_count) % (pool->limit + 1);

	pool->rest[last] = (struct id_rest){.id = id, .since_ms = now_ms};
	pool->rest_count++;
}

void id_pool_return(struct id_pool *pool, uint32_t id)
{
	pool->used[id / 64] &= ~(1ULL << (id % 64));
	if (id < pool->fresh)
		pool->fresh = id;
}
