/* SPDX-License-Identifier: Apache-2.0 */
/* Compares two sorted arrays of key-value elements of a route image. */
#ifndef PATHROUTE_IMAGE_DIFF_H
#define PATHROUTE_IMAGE_DIFF_H

#include <stddef.h>

struct image_array {
	const void *items; /* sorted by the bytes of the keys, which are unique */
	size_t count;
};

/* An element is the key, directly followed by the value. */
struct image_shape {
	size_t size;
	size_t key_size;
	size_t value_size;
};

/* An element that differs; NULL: it is not there. Points into the arrays. */
struct image_pair {
	const void *before;
	const void *after;
};

/* Lists the elements that differ, in the order of the keys. Returns 0 or -ENOMEM; the caller frees
 * *ret_pairs. */
int image_diff(const struct image_shape *shape, const struct image_array *before,
	       const struct image_array *after, struct image_pair **ret_pairs, size_t *ret_count);

#endif
