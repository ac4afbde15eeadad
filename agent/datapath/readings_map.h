/* SPDX-License-Identifier: Apache-2.0 */
/* Reads whole maps, some hundred elements a system call. */
#ifndef PATHROUTE_READINGS_MAP_H
#define PATHROUTE_READINGS_MAP_H

#include <stdint.h>

/* Called for one element; non-zero ends the walk. The pointers are aligned to 8 bytes and valid
 * during the call only. A per-CPU value is one value for each possible CPU, each padded to 8. */
typedef int (*readings_map_visit)(const void *key, const void *value, void *context);

struct readings_map_walk {
	uint32_t limit; /* read at most the first `limit` elements of an array; 0: all */
	readings_map_visit visit;
	void *context;
};

/* Opens a pin for reading only. Returns a descriptor or a negative errno. */
int readings_map_open(const char *directory, const char *name);

/* Walks an array, a per-CPU array or a hash. An element that changes meanwhile is seen as before
 * or after, or (hash) not at all. Returns 0, the visitor's value, or a negative errno. */
int readings_map_walk(int fd, const struct readings_map_walk *walk);

/* Reads one element. Returns 0, -ENOENT or another negative errno. */
int readings_map_lookup(int fd, const void *key, void *ret_value);

/* Returns 0 or a negative errno. */
int readings_map_capacity(int fd, uint32_t *ret_capacity);

#endif
