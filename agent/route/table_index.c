/* SPDX-License-Identifier: Apache-2.0 */
#include "table_index.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define CAPACITY_MIN 64
#define MULTIPLIER 0x9e3779b97f4a7c15ULL

void table_index_init(struct table_index *index)
{
	*index = (struct table_index){.seed = MULTIPLIER};
	/* Without entropy the constant does: only an attacker's choice of keys would be slower. */
	if (getrandom(&index->seed, sizeof(index->seed), GRND_NONBLOCK) < 0)
		index->seed = MULTIPLIER;
}

void table_index_done(struct table_index *index)
{
	free(index->slots);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * MULTIPLIER;
	return hash ^ hash >> 29;
}

static uint64_t key_hash(const struct table_index *index, const struct table_index_key *key)
{
	uint64_t hash = mix(mix(index->seed, key->number), key->length), word;
	const unsigned char *bytes = key->bytes;
	size_t left = key->length;

	for (; left >= sizeof(word); left -= sizeof(word), bytes += sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = mix(hash, word);
	}
	word = 0;
	if (left)
		memcpy(&word, bytes, left);
	hash = mix(mix(hash, word), index->seed);
	return hash ^ hash >> 32;
}

static bool slot_has(const struct table_index_slot *slot, uint64_t hash,
		     const struct table_index_key *key)
{
	return slot->hash == hash && slot->key.number == key->number &&
	       slot->key.length == key->length &&
	       (key->length == 0 || !memcmp(slot->key.bytes, key->bytes, key->length));
}

size_t table_index_find(const struct table_index *index, const struct table_index_key *key)
{
	uint64_t hash = key_hash(index, key);
	const struct table_index_slot *slot;
	size_t at;

	if (index->capacity == 0)
		return TABLE_INDEX_NONE;
	for (at = hash;; at++) {
		slot = &index->slots[at & (index->capacity - 1)];
		if (slot->position == TABLE_INDEX_NONE || slot_has(slot, hash, key))
			return slot->position;
	}
}

static void place(struct table_index *index, const struct table_index_slot *slot)
{
	size_t at = slot->hash;

	while (index->slots[at & (index->capacity - 1)].position != TABLE_INDEX_NONE)
		at++;
	index->slots[at & (index->capacity - 1)] = *slot;
}

static int grow(struct table_index *index)
{
	struct table_index grown = *index;
	size_t i;

	grown.capacity = index->capacity ? 2 * index->capacity : CAPACITY_MIN;
	grown.slots = calloc(grown.capacity, sizeof(*grown.slots));
	if (!grown.slots)
		return -ENOMEM;
	for (i = 0; i < grown.capacity; i++)
		grown.slots[i].position = TABLE_INDEX_NONE;
	for (i = 0; i < index->capacity; i++) {
		if (index->slots[i].position != TABLE_INDEX_NONE)
			place(&grown, &index->slots[i]);
	}
	free(index->slots);
	*index = grown;
	return 0;
}

int table_index_add(struct table_index *index, const struct table_index_key *key, size_t position)
{
	struct table_index_slot slot = {
		.key = *key,
		.hash = key_hash(index, key),
		.position = position,
	};

	if (2 * (index->count + 1) > index->capacity && grow(index))
		return -ENOMEM;
	place(index, &slot);
	index->count++;
	return 0;
}
