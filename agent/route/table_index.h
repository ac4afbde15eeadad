/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a number and some bytes to a position in an array: how a build finds what it already has.
 * The bytes stay where they are and must not change as long as the index is used.
 */
#ifndef PATHROUTE_TABLE_INDEX_H
#define PATHROUTE_TABLE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define TABLE_INDEX_NONE ((size_t)-1)

struct table_index_key {
	uint64_t number;
	const void *bytes;
	size_t length;
};

struct table_index_slot {
	struct table_index_key key;
	uint64_t hash;
	size_t position; /* TABLE_INDEX_NONE: the slot is free */
};

struct table_index {
	struct table_index_slot *slots;
	size_t count;
	size_t capacity; /* a power of two, at least twice count; 0: nothing added yet */
	uint64_t seed;   /* unknown to those who choose the keys */
};

/* A zeroed index is empty, but has no seed. */
void table_index_init(struct table_index *index);
void table_index_done(struct table_index *index);

size_t table_index_find(const struct table_index *index, const struct table_index_key *key);

/* The key must not be there yet. 0 or -ENOMEM. */
int table_index_add(struct table_index *index, const struct table_index_key *key, size_t position);

#endif
