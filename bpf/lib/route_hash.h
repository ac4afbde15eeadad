/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Seeded 64-bit hashes of host names and paths, one byte at a time, so that one pass yields the
 * hash of every suffix of a host (read from its right end) and of every prefix of a path.
 *
 * A hash only finds an entry; the text in the entry decides. The agent sees to it that no two
 * texts of its own collide.
 */
#ifndef PATHROUTE_ROUTE_HASH_H
#define PATHROUTE_ROUTE_HASH_H

#include "compiler.h"

#define ROUTE_HASH_FACTOR 0x9e3779b97f4a7c15ULL

static __always_inline __u64 route_hash_step(__u64 hash, __u8 byte)
{
	hash = (hash ^ byte) * ROUTE_HASH_FACTOR;
	return hash ^ hash >> 32;
}

/* Hash of a lower-case host name, or of its suffix from a dot on. */
static inline __u64 route_hash_host(__u64 seed, const void *name, __u32 length)
{
	const __u8 *bytes = name;
	__u64 hash = seed;

	for (__u32 i = length; i > 0; i--)
		hash = route_hash_step(hash, bytes[i - 1]);
	return hash;
}

static inline __u64 route_hash_path(__u64 seed, const void *path, __u32 length)
{
	const __u8 *bytes = path;
	__u64 hash = seed;

	for (__u32 i = 0; i < length; i++)
		hash = route_hash_step(hash, bytes[i]);
	return hash;
}

#endif
