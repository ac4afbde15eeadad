/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_known.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

static int order(const struct kube_known_object *object, const struct object_key *key)
{
	int by_namespace = strcmp(object->namespace, key->namespace);

	return by_namespace ? by_namespace : strcmp(object->name, key->name);
}

/* First position whose object is not below the key. */
static size_t position_of(const struct kube_known *known, const struct object_key *key)
{
	size_t low = 0, high = known->count;

	/* Lists come sorted. */
	if (high && order(&known->items[high - 1], key) < 0)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (order(&known->items[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct kube_known *known, size_t position, const struct object_key *key)
{
	return position < known->count && !order(&known->items[position], key);
}

struct kube_known_object *kube_known_find(const struct kube_known *known,
					  const struct object_key *key)
{
	size_t position = position_of(known, key);

	return is_at(known, position, key) ? &known->items[position] : NULL;
}

static int reserve(struct kube_known *known)
{
	size_t capacity = known->capacity ? 2 * known->capacity : FIRST_CAPACITY;
	struct kube_known_object *grown;

	if (known->count < known->capacity)
		return 0;
	grown = reallocarray(known->items, capacity, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	known->items = grown;
	known->capacity = capacity;
	return 0;
}

static void object_done(struct kube_known_object *object)
{
	free(object->namespace);
	free(object->name);
}

int kube_known_add(struct kube_known *known, const struct object_key *key,
		   struct kube_known_object **ret_object)
{
	size_t position = position_of(known, key);
	struct kube_known_object object = {0}, *at;

	if (!is_at(known, position, key)) {
		object.namespace = strdup(key->namespace);
		object.name = strdup(key->name);
		if (!object.namespace || !object.name || reserve(known)) {
			object_done(&object);
			return -ENOMEM;
		}
		at = &known->items[position];
		memmove(at + 1, at, (known->count++ - position) * sizeof(*at));
		*at = object;
	}
	*ret_object = &known->items[position];
	return 0;
}

void kube_known_remove(struct kube_known *known, struct kube_known_object *object)
{
	size_t behind = (size_t)(known->items + known->count - object) - 1;

	object_done(object);
	memmove(object, object + 1, behind * sizeof(*object));
	known->count--;
}

void kube_known_sweep(struct kube_known *known, uint64_t list,
		      void (*gone)(void *context, const struct kube_known_object *object),
		      void *context)
{
	size_t kept = 0;

	for (size_t i = 0; i < known->count; i++) {
		struct kube_known_object *object = &known->items[i];

		if (object->list == list) {
			known->items[kept++] = *object;
			continue;
		}
		gone(context, object);
		object_done(object);
	}
	known->count = kept;
}

size_t kube_known_refused(const struct kube_known *known)
{
	size_t count = 0;

	for (size_t i = 0; i < known->count; i++)
		count += known->items[i].bad != 0;
	return count;
}

void kube_known_done(struct kube_known *known)
{
	for (size_t i = 0; i < known->count; i++)
		object_done(&known->items[i]);
	free(known->items);
	*known = (struct kube_known){0};
}
