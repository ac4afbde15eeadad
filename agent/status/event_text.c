/* SPDX-License-Identifier: Apache-2.0 */
#include "event_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/json_write.h"

/* Limits of the API server. */
#define NOTE_MAX 1024
#define INSTANCE_MAX 128
#define NAME_PREFIX_MAX 230 /* and a dot and 16 digits behind it */

static void name_make(const struct event_facts *facts, char *ret_name, size_t size)
{
	int length = (int)strnlen(facts->route->name, NAME_PREFIX_MAX);

	while (length && !isalnum((unsigned char)facts->route->name[length - 1]))
		length--;
	snprintf(ret_name, size, "%.*s.%016" PRIx64, length, facts->route->name, facts->serial);
}

static void note_make(const struct event_facts *facts, char ret_note[NOTE_MAX])
{
	const struct status_condition *condition = facts->condition;
	const char *text = *condition->message ? condition->message : condition->reason;

	if (facts->changes > 1)
		snprintf(ret_note, NOTE_MAX, "%s (changed %u times since the last event)", text,
			 facts->changes);
	else
		snprintf(ret_note, NOTE_MAX, "%s", text);
}

static void regarding_encode(struct json_writer *writer, const struct status_route *route)
{
	json_write_object(writer, "regarding");
	json_write_text(writer, "apiVersion", "pathroute.io/v1alpha1");
	json_write_text(writer, "kind", "PathRoute");
	json_write_text(writer, "namespace", route->namespace);
	json_write_text(writer, "name", route->name);
	json_write_text(writer, "uid", route->uid);
	json_write_text(writer, "resourceVersion", route->seen.resource_version);
	json_write_object_end(writer);
}

static void event_encode(struct json_writer *writer, const struct event_facts *facts)
{
	char name[OBJECT_NAME_MAX + 1], note[NOTE_MAX], instance[INSTANCE_MAX + 1];
	bool good = facts->condition->state == STATUS_TRUE;

	name_make(facts, name, sizeof(name));
	note_make(facts, note);
	snprintf(instance, sizeof(instance), "%.*s", INSTANCE_MAX, facts->instance);
	json_write_object(writer, NULL);
	json_write_text(writer, "apiVersion", "events.k8s.io/v1");
	json_write_text(writer, "kind", "Event");
	json_write_object(writer, "metadata");
	json_write_text(writer, "name", name);
	json_write_text(writer, "namespace", facts->route->namespace);
	json_write_object_end(writer);
	json_write_text(writer, "eventTime", facts->time);
	json_write_text(writer, "type", good ? "Normal" : "Warning");
	json_write_text(writer, "reason", facts->condition->reason);
	json_write_text(writer, "note", note);
	json_write_text(writer, "action", "UpdateStatus");
	json_write_text(writer, "reportingController", "pathroute.io/agent");
	json_write_text(writer, "reportingInstance", instance);
	regarding_encode(writer, facts->route);
	json_write_object_end(writer);
}

char *event_text_encode(const struct event_facts *facts)
{
	struct json_memory memory;

	if (!json_memory_begin(&memory))
		return NULL;
	event_encode(&memory.writer, facts);
	return json_memory_end(&memory);
}
