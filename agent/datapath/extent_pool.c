/* SPDX-License-Identifier: Apache-2.0 */
#include "extent_pool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "id_pool.h"

static int list_insert(struct extent_list *list, size_t at, struct extent extent)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 16;
		struct extent *items = reallocarray(list->items, capacity, sizeof(*items));

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->capacity = capacity;
	}
	memmove(list->items + at + 1, list->items + at, (list->count - at) * sizeof(*list->items));
	list->items[at] = extent;
	list->count++;
	return 0;
}

static void list_remove(struct extent_list *list, size_t at)
{
	list->count--;
	memmove(list->items + at, list->items + at + 1, (list->count - at) * sizeof(*list->items));
}

int extent_pool_init(struct extent_pool *pool, uint32_t limit)
{
	*pool = (struct extent_pool){0};
	return list_insert(&pool->unused, 0, (struct extent){.first = 0, .count = limit});
}

void extent_pool_done(struct extent_pool *pool)
{
	free(pool->unused.items);
	free(pool->resting.items);
	*pool = (struct extent_pool){0};
}

/* Position of the first free run that ends behind `first`. */
static size_t unused_find(const struct extent_list *unused, uint32_t first)
{
	size_t low = 0, high = unused->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct extent *run = &unused->items[middle];

		if (run->first + run->count <= first)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int extent_pool_claim(struct extent_pool *pool, uint32_t first, uint32_t count)
{
	size_t at = unused_find(&pool->unused, first);

	if (!count)
		return 0;
	if (at == pool->unused.count)
		return -EINVAL;

	struct extent run = pool->unused.items[at];
	uint32_t end = run.first + run.count;

	if (first < run.first || count > end - first)
		return -EINVAL;
	if (first > run.first) {
		struct extent front = {.first = run.first, .count = first - run.first};
		int error = list_insert(&pool->unused, at, front);

		if (error)
			return error;
		at++;
	}
	pool->unused.items[at] = (struct extent){first + count, end - first - count, 0};
	if (!pool->unused.items[at].count)
		list_remove(&pool->unused, at);
	return 0;
}

void extent_pool_return(struct extent_pool *pool, uint32_t first, uint32_t count)
{
	struct extent_list *unused = &pool->unused;
	size_t at = unused_find(unused, first);
	bool joins_previous =
		at && unused->items[at - 1].first + unused->items[at - 1].count == first;
	bool joins_next = at < unused->count && unused->items[at].first == first + count;

	if (!count)
		return;
	if (joins_previous && joins_next) {
		unused->items[at - 1].count += count + unused->items[at].count;
		list_remove(unused, at);
	} else if (joins_previous) {
		unused->items[at - 1].count += count;
	} else if (joins_next) {
		unused->items[at].first = first;
		unused->items[at].count += count;
	} else {
		list_insert(unused, at, (struct extent){.first = first, .count = count});
	}
}

static void resting_wake(struct extent_pool *pool, uint64_t now_ms)
{
	struct extent_list *resting = &pool->resting;
	size_t rested = 0;

	while (rested < resting->count &&
	       now_ms - resting->items[rested].since_ms >= ID_POOL_REST_MS) {
		extent_pool_return(pool, resting->items[rested].first,
				   resting->items[rested].count);
		rested++;
	}
	if (!rested)
		return;
	resting->count -= rested;
	memmove(resting->items, resting->items + rested, resting->count * sizeof(*resting->items));
}

int extent_pool_take(struct extent_pool *pool, uint64_t now_ms, uint32_t count, uint32_t *ret_first)
{
	uint32_t first = 0;

	resting_wake(pool, now_ms);
	for (size_t i = 0; count; i++) {
		if (i == pool->unused.count)
			return pool->resting.count ? -EAGAIN : -ENOSPC;
		if (pool->unused.items[i].count < count)
			continue;
		first = pool->unused.items[i].first;
		pool->unused.items[i].first += count;
		pool->unused.items[i].count -= count;
		if (!pool->unused.items[i].count)
			list_remove(&pool->unused, i);
		break;
	}
	*ret_first = first;
	return 0;
}

void extent_pool_retire(struct extent_pool *pool, uint64_t now_ms, uint32_t first, uint32_t count)
{
	if (count)
		list_insert(&pool->resting, pool->resting.count,
			    (struct extent){first, count, now_ms});
}
