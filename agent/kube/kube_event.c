/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "../base/cleanup.h"

#define INITIAL_END "k8s.io/initial-events-end"

static void delete_treep(cJSON **tree)
{
	cJSON_Delete(*tree);
}

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *member_text(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(member(object, key));

	return text && *text ? text : NULL;
}

const char *kube_event_version(const struct cJSON *object)
{
	return member_text(member(object, "metadata"), "resourceVersion");
}

void kube_event_done(struct kube_event *event)
{
	cJSON_Delete(event->tree);
	event->tree = event->object = NULL;
}

static int type_parse(const char *word, enum kube_event_type *ret_type)
{
	static const struct {
		const char *word;
		enum kube_event_type type;
	} types[] = {
		{"ADDED", KUBE_EVENT_UPSERT},   {"MODIFIED", KUBE_EVENT_UPSERT},
		{"DELETED", KUBE_EVENT_REMOVE}, {"BOOKMARK", KUBE_EVENT_BOOKMARK},
		{"ERROR", KUBE_EVENT_ERROR},
	};

	for (size_t i = 0; word && i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].word, word))
			continue;
		*ret_type = types[i].type;
		return 0;
	}
	return -EINVAL;
}

static bool says_initial_end(const cJSON *object)
{
	const char *text =
		member_text(member(member(object, "metadata"), "annotations"), INITIAL_END);

	return text && !strcmp(text, "true");
}

int kube_event_parse(const char *text, size_t length, struct kube_event *ret_event,
		     const char **ret_why)
{
	_cleanup_(delete_treep) cJSON *tree = cJSON_ParseWithLength(text, length);
	struct kube_event event = {.tree = tree};

	*ret_why = "not JSON";
	if (!tree)
		return -EINVAL;
	*ret_why = "no event of a known type";
	if (type_parse(member_text(tree, "type"), &event.type))
		return -EINVAL;
	*ret_why = "an event without an object";
	event.object = cJSON_GetObjectItemCaseSensitive(tree, "object");
	if (!cJSON_IsObject(event.object))
		return -EINVAL;
	event.initial_end = event.type == KUBE_EVENT_BOOKMARK && says_initial_end(event.object);
	if (event.type == KUBE_EVENT_ERROR)
		event.status = kube_reply_read_status(event.object, &event.failure);
	*ret_event = event;
	tree = NULL;
	return 0;
}

static int text_copy(const char *text, char **ret_copy)
{
	*ret_copy = text ? strdup(text) : NULL;
	return text && !*ret_copy ? -ENOMEM : 0;
}

int kube_event_parse_metadata(const char *text, size_t length,
			      struct kube_list_metadata *ret_metadata)
{
	_cleanup_(delete_treep) cJSON *tree = cJSON_ParseWithLength(text, length);
	struct kube_list_metadata metadata = {0};

	if (!tree)
		return -EINVAL;
	if (text_copy(member_text(tree, "resourceVersion"), &metadata.version) ||
	    text_copy(member_text(tree, "continue"), &metadata.next)) {
		free(metadata.version);
		return -ENOMEM;
	}
	*ret_metadata = metadata;
	return 0;
}

static int type_add(cJSON *object, const char *key, const char *text)
{
	if (member(object, key))
		return 0;
	return cJSON_AddStringToObject(object, key, text) ? 0 : -ENOMEM;
}

int kube_event_parse_item(const char *text, size_t length, const char *api_version,
			  const char *kind, struct cJSON **ret_object)
{
	_cleanup_(delete_treep) cJSON *object = cJSON_ParseWithLength(text, length);

	if (!object)
		return -EINVAL;
	if (type_add(object, "apiVersion", api_version) || type_add(object, "kind", kind))
		return -ENOMEM;
	*ret_object = STEAL(object);
	return 0;
}
