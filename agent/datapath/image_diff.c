/* SPDX-License-Identifier: Apache-2.0 */
#include "image_diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const void *element_at(const struct image_shape *shape, const struct image_array *array,
			      size_t index)
{
	return index < array->count ? (const char *)array->items + index * shape->size : NULL;
}

/* An absent element sorts behind all others. */
static int keys_compare(const struct image_shape *shape, const void *left, const void *right)
{
	if (!left || !right)
		return left ? -1 : 1;
	return memcmp(left, right, shape->key_size);
}

int image_diff(const struct image_shape *shape, const struct image_array *before,
	       const struct image_array *after, struct image_pair **ret_pairs, size_t *ret_count)
{
	struct image_pair *pairs = calloc(before->count + after->count + 1, sizeof(*pairs));
	size_t i = 0, j = 0, count = 0;

	if (!pairs)
		return -ENOMEM;
	while (i < before->count || j < after->count) {
		const void *left = element_at(shape, before, i);
		const void *right = element_at(shape, after, j);
		int order = keys_compare(shape, left, right);

		i += order <= 0;
		j += order >= 0;
		if (!order && !memcmp((const char *)left + shape->key_size,
				      (const char *)right + shape->key_size, shape->value_size))
			continue;
		pairs[count++] = (struct image_pair){
			.before = order <= 0 ? left : NULL,
			.after = order >= 0 ? right : NULL,
		};
	}
	*ret_pairs = pairs;
	*ret_count = count;
	return 0;
}
