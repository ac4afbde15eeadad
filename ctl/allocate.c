/* SPDX-License-Identifier: Apache-2.0 */
#include "allocate.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void allocate_failed(void)
{
	fputs("pathroutectl: out of memory\n", stderr);
	exit(EXIT_FAILURE);
}

void *allocate_zeroed(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory)
		allocate_failed();
	return memory;
}

char *allocate_copy(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		allocate_failed();
	return copy;
}

void *allocate_room(void *array, size_t size, size_t count, size_t *capacity)
{
	size_t wanted = *capacity ? *capacity * 2 : 32;

	if (count < *capacity)
		return array;
	array = reallocarray(array, wanted, size);
	if (!array)
		allocate_failed();
	*capacity = wanted;
	return array;
}
