/* SPDX-License-Identifier: Apache-2.0 */
#include "route_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"

typedef int (*object_order)(const struct object *left, const struct object *right);

/* A sorted array: with 10,000 objects, moving half of it costs less than a cache miss per entry
 * of a tree, and a build walks it in order. */
struct object_list {
	struct object **objects;
	size_t count;
	size_t capacity;
	object_order order;
};

struct route_store {
	struct object_list kinds[OBJECT_KIND_COUNT];
	struct object_list slices; /* the EndpointSlices again, by Service */
	uint64_t revision;
	struct store_changes changes;
};

static int order_by_name(const struct object *left, const struct object *right)
{
	int order = strcmp(left->namespace, right->namespace);

	return order ? order : strcmp(left->name, right->name);
}

static int order_by_service(const struct object *left, const struct object *right)
{
	int order = strcmp(left->namespace, right->namespace);

	if (!order)
		order = strcmp(left->endpoint_slice.service, right->endpoint_slice.service);
	return order ? order : strcmp(left->name, right->name);
}

/* First position whose object is not below the wanted one. */
static size_t list_position(const struct object_list *list, const struct object *wanted)
{
	size_t low = 0, high = list->count, middle;

	/* Lists mostly arrive sorted. */
	if (high > 0 && list->order(list->objects[high - 1], wanted) < 0)
		return high;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (list->order(list->objects[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool list_has_at(const struct object_list *list, size_t position,
			const struct object *wanted)
{
	return position < list->count && list->order(list->objects[position], wanted) == 0;
}

static int list_reserve(struct object_list *list)
{
	size_t capacity = list->capacity ? 2 * list->capacity : 64;
	struct object **grown;

	if (list->count < list->capacity)
		return 0;
	grown = reallocarray(list->objects, capacity, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->objects = grown;
	list->capacity = capacity;
	return 0;
}

/* There must be room. */
static void list_insert(struct object_list *list, struct object *object)
{
	size_t position = list_position(list, object);

	memmove(&list->objects[position + 1], &list->objects[position],
		(list->count - position) * sizeof(*list->objects));
	list->objects[position] = object;
	list->count++;
}

static struct object *list_remove(struct object_list *list, const struct object *wanted)
{
	size_t position = list_position(list, wanted);
	struct object *object;

	if (!list_has_at(list, position, wanted))
		return NULL;
	object = list->objects[position];
	list->count--;
	memmove(&list->objects[position], &list->objects[position + 1],
		(list->count - position) * sizeof(*list->objects));
	return object;
}

int route_store_new(struct route_store **ret_store)
{
	struct route_store *store = calloc(1, sizeof(*store));
	size_t kind;

	if (!store)
		return -ENOMEM;
	for (kind = 0; kind < OBJECT_KIND_COUNT; kind++)
		store->kinds[kind].order = order_by_name;
	store->slices.order = order_by_service;
	*ret_store = store;
	return 0;
}

void route_store_free(struct route_store *store)
{
	size_t kind, i;

	if (!store)
		return;
	for (kind = 0; kind < OBJECT_KIND_COUNT; kind++) {
		for (i = 0; i < store->kinds[kind].count; i++)
			object_free(store->kinds[kind].objects[i]);
		free(store->kinds[kind].objects);
	}
	free(store->slices.objects);
	free(store);
}

static struct object *take(struct route_store *store, const struct object *wanted)
{
	struct object *object = list_remove(&store->kinds[wanted->kind], wanted);

	if (object)
		store_changes_note(&store->changes, object);
	if (object && object->kind == OBJECT_ENDPOINT_SLICE)
		list_remove(&store->slices, object);
	return object;
}

int route_store_put(struct route_store *store, struct object *object)
{
	_cleanup_(object_freep) struct object *owned = object;
	struct object_list *list = &store->kinds[object->kind];

	if (list_reserve(list) || list_reserve(&store->slices))
		return -ENOMEM;
	object_free(take(store, owned));
	list_insert(list, owned);
	store_changes_note(&store->changes, owned);
	if (owned->kind == OBJECT_ENDPOINT_SLICE)
		list_insert(&store->slices, owned);
	owned = NULL;
	store->revision++;
	return 0;
}

/* An object that only serves to be compared by name; its strings belong to the key. */
static struct object name_only(const struct object_key *key)
{
	return (struct object){
		.kind = key->kind,
		.namespace = (char *)key->namespace,
		.name = (char *)key->name,
	};
}

int route_store_remove(struct route_store *store, const struct object_key *key)
{
	struct object wanted = name_only(key);
	struct object *object = take(store, &wanted);

	if (!object)
		return -ENOENT;
	object_free(object);
	store->revision++;
	return 0;
}

uint64_t route_store_revision(const struct route_store *store)
{
	return store->revision;
}

const struct store_changes *route_store_changes(const struct route_store *store)
{
	return &store->changes;
}

void route_store_settle(struct route_store *store)
{
	store->changes.count = 0;
	store->changes.others = false;
}

size_t route_store_count(const struct route_store *store, enum object_kind kind)
{
	return store->kinds[kind].count;
}

const struct object *route_store_at(const struct route_store *store, enum object_kind kind,
				    size_t index)
{
	return store->kinds[kind].objects[index];
}

const struct object *route_store_find(const struct route_store *store, const struct object_key *key)
{
	const struct object_list *list = &store->kinds[key->kind];
	struct object wanted = name_only(key);
	size_t position = list_position(list, &wanted);

	return list_has_at(list, position, &wanted) ? list->objects[position] : NULL;
}

size_t route_store_slices(const struct route_store *store, const char *namespace,
			  const char *service, struct object *const **ret_slices)
{
	struct object wanted = {
		.namespace = (char *)namespace,
		.name = (char *)"",
		.endpoint_slice.service = (char *)service,
	};
	size_t first = list_position(&store->slices, &wanted), count = 0;
	const struct object *slice;

	while (first + count < store->slices.count) {
		slice = store->slices.objects[first + count];
		if (strcmp(slice->namespace, namespace) ||
		    strcmp(slice->endpoint_slice.service, service))
			break;
		count++;
	}
	*ret_slices = count ? &store->slices.objects[first] : NULL;
	return count;
}
