/* SPDX-License-Identifier: Apache-2.0 */
#include "maglev.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/cleanup.h"

#define PLACES_PER_ENDPOINT 64
#define EMPTY UINT32_MAX

static const uint32_t primes[] = {251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521};

#define PRIME_COUNT (sizeof(primes) / sizeof(primes[0]))

uint32_t maglev_size(size_t count)
{
	size_t i = 0;

	if (count < 2)
		return (uint32_t)count;
	while (i < PRIME_COUNT - 1 && primes[i] < PLACES_PER_ENDPOINT * count)
		i++;
	return primes[i];
}

struct preference {
	uint64_t seed;
	uint32_t position; /* in the caller's seeds */
	uint32_t next;     /* place wanted next */
	uint32_t skip;
};

/* Finaliser with good avalanche: the low and the high half serve as two independent hashes. */
static uint64_t seed_mix(uint64_t seed)
{
	seed ^= seed >> 32;
	seed *= 0xd6e8feb86659fd93ULL;
	seed ^= seed >> 32;
	seed *= 0xd6e8feb86659fd93ULL;
	return seed ^ seed >> 32;
}

static int preference_compare(const void *left, const void *right)
{
	const struct preference *a = left, *b = right;

	if (a->seed != b->seed)
		return a->seed < b->seed ? -1 : 1;
	return a->position < b->position ? -1 : a->position > b->position;
}

/* Turns are taken in the order of the seeds, so that the caller's order does not matter. */
static struct preference *preferences_new(const uint64_t *seeds, size_t count, uint32_t size)
{
	struct preference *list = calloc(count, sizeof(*list));

	if (!list)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		uint64_t mixed = seed_mix(seeds[i]);

		list[i] = (struct preference){
			.seed = seeds[i],
			.position = (uint32_t)i,
			.next = (uint32_t)mixed % size,
			.skip = (uint32_t)(mixed >> 32) % (size - 1) + 1,
		};
	}
	qsort(list, count, sizeof(*list), preference_compare);
	return list;
}

static void preference_place(struct preference *preference, uint32_t size, uint32_t *places)
{
	while (places[preference->next] != EMPTY)
		preference->next = (preference->next + preference->skip) % size;
	places[preference->next] = preference->position;
}

int maglev_fill(const uint64_t *seeds, size_t count, uint32_t size, uint32_t *ret_places)
{
	_cleanup_free_ struct preference *list = NULL;

	if (size <= 1) {
		if (size)
			ret_places[0] = 0;
		return 0;
	}
	list = preferences_new(seeds, count, size);
	if (!list)
		return -ENOMEM;
	for (uint32_t i = 0; i < size; i++)
		ret_places[i] = EMPTY;
	for (uint32_t filled = 0; filled < size; filled++)
		preference_place(&list[filled % count], size, ret_places);
	return 0;
}
