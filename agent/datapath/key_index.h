/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds positions in an array of the owner by a 64-bit hash. The owner compares the elements:
 *
 *	for (at = key_index_find(&index, hash, &cursor); at != KEY_INDEX_NONE;
 *	     at = key_index_next(&index, hash, &cursor))
 *		if (element at `at` is the wanted one) ...
 */
#ifndef PATHROUTE_KEY_INDEX_H
#define PATHROUTE_KEY_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define KEY_INDEX_NONE UINT32_MAX

struct key_index_slot {
	uint32_t tag; /* upper half of the hash */
	uint32_t position;
};

struct key_index {
	struct key_index_slot *slots; /* twice as many as elements, a power of two */
	uint32_t mask;
};

/* For at most `limit` elements. */
int key_index_init(struct key_index *index, size_t limit);
/* Accepts a zeroed index. */
void key_index_done(struct key_index *index);

void key_index_add(struct key_index *index, uint64_t hash, uint32_t position);

/* A zeroed index is empty. */
uint32_t key_index_find(const struct key_index *index, uint64_t hash, uint32_t *ret_cursor);
uint32_t key_index_next(const struct key_index *index, uint64_t hash, uint32_t *cursor);

#endif
