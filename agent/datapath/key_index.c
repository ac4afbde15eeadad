/* SPDX-License-Identifier: Apache-2.0 */
#include "key_index.h"

#include <errno.h>
#include <stdlib.h>

int key_index_init(struct key_index *index, size_t limit)
{
	uint32_t slots = 16;

	if (limit > UINT32_MAX / 4)
		return -EOVERFLOW;
	while (slots < 2 * limit)
		slots *= 2;
	index->slots = malloc(slots * sizeof(*index->slots));
	if (!index->slots)
		return -ENOMEM;
	index->mask = slots - 1;
	for (uint32_t i = 0; i < slots; i++)
		index->slots[i].position = KEY_INDEX_NONE;
	return 0;
}

void key_index_done(struct key_index *index)
{
	free(index->slots);
	*index = (struct key_index){0};
}

void key_index_add(struct key_index *index, uint64_t hash, uint32_t position)
{
	uint32_t at = (uint32_t)hash & index->mask;

	while (index->slots[at].position != KEY_INDEX_NONE)
		at = (at + 1) & index->mask;
	index->slots[at] = (struct key_index_slot){(uint32_t)(hash >> 32), position};
}

static uint32_t key_index_scan(const struct key_index *index, uint64_t hash, uint32_t *cursor)
{
	for (uint32_t at = *cursor;; at = (at + 1) & index->mask) {
		const struct key_index_slot *slot = &index->slots[at];

		if (slot->position != KEY_INDEX_NONE && slot->tag != (uint32_t)(hash >> 32))
			continue;
		*cursor = at;
		return slot->position;
	}
}

uint32_t key_index_find(const struct key_index *index, uint64_t hash, uint32_t *ret_cursor)
{
	*ret_cursor = (uint32_t)hash & index->mask;
	return index->slots ? key_index_scan(index, hash, ret_cursor) : KEY_INDEX_NONE;
}

uint32_t key_index_next(const struct key_index *index, uint64_t hash, uint32_t *cursor)
{
	*cursor = (*cursor + 1) & index->mask;
	return key_index_scan(index, hash, cursor);
}
