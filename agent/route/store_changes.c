/* SPDX-License-Identifier: Apache-2.0 */
#include "store_changes.h"

#include <string.h>

static bool is_noted(const struct store_changes *changes, const char *namespace, const char *name)
{
	for (size_t i = 0; i < changes->count; i++) {
		if (!strcmp(changes->services[i].name, name) &&
		    !strcmp(changes->services[i].namespace, namespace))
			return true;
	}
	return false;
}

void store_changes_note(struct store_changes *changes, const struct object *object)
{
	struct changed_service *added = &changes->services[changes->count];
	const char *name =
		object->kind == OBJECT_ENDPOINT_SLICE ? object->endpoint_slice.service : NULL;

	if (changes->others || (name && is_noted(changes, object->namespace, name)))
		return;
	if (!name || changes->count == STORE_CHANGES_MAX ||
	    strlen(object->namespace) >= sizeof(added->namespace) ||
	    strlen(name) >= sizeof(added->name)) {
		changes->others = true;
		return;
	}
	memcpy(added->namespace, object->namespace, strlen(object->namespace) + 1);
	memcpy(added->name, name, strlen(name) + 1);
	changes->count++;
}
