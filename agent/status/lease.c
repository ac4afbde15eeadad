/* SPDX-License-Identifier: Apache-2.0 */
#include "lease.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/dice.h"
#include "../base/json_write.h"
#include "../route/path_route.h"

#define ANNOTATION_NODES "pathroute.io/nodes"
#define ANNOTATION_PROGRAMMED "pathroute.io/programmed"
#define ANNOTATION_VERSION "pathroute.io/version"

static uint64_t text_hash(uint64_t seed, const char *text)
{
	for (; *text; text++)
		seed = dice_mix(seed + (unsigned char)*text + 1);
	return seed;
}

/* A label begins and ends with a letter or digit; class names are lower-case subdomains. */
void lease_class_label(const char *class_name, char ret_label[LEASE_LABEL_MAX])
{
	size_t length = strlen(class_name);
	bool fits = length && length < LEASE_LABEL_MAX &&
		    strspn(class_name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == length &&
		    isalnum((unsigned char)class_name[0]) &&
		    isalnum((unsigned char)class_name[length - 1]);

	if (fits)
		snprintf(ret_label, LEASE_LABEL_MAX, "%s", class_name);
	else
		snprintf(ret_label, LEASE_LABEL_MAX, "x-%016" PRIx64, text_hash(0, class_name));
}

void lease_leader_name(const char *class_name, char ret_name[LEASE_NAME_MAX])
{
	char label[LEASE_LABEL_MAX];

	lease_class_label(class_name, label);
	snprintf(ret_name, LEASE_NAME_MAX, "pathroute-agent-%s", label);
}

void lease_node_name(const char *class_name, const char *node, char ret_name[LEASE_NAME_MAX])
{
	uint64_t hash = text_hash(text_hash(0, class_name), node);

	if (!strcmp(class_name, ROUTE_CLASS_DEFAULT) && strlen(node) < 230)
		snprintf(ret_name, LEASE_NAME_MAX, "pathroute-node-%s", node);
	else
		snprintf(ret_name, LEASE_NAME_MAX, "pathroute-node-%.200s-%016" PRIx64, node, hash);
}

static void copy_text(const cJSON *object, const char *key, char *ret_text, size_t size)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	if (text && strlen(text) < size)
		snprintf(ret_text, size, "%s", text);
}

static uint32_t whole_number(const cJSON *object, const char *key)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, key);

	if (!cJSON_IsNumber(number) || number->valuedouble < 0 || number->valuedouble > INT32_MAX)
		return 0;
	return (uint32_t)number->valuedouble;
}

/* All of the text is a number in the given base. */
static bool parse_number(const char *text, int base, uint64_t *ret_number)
{
	char *end;

	if (!isalnum((unsigned char)*text))
		return false;
	errno = 0;
	*ret_number = strtoull(text, &end, base);
	return !errno && !*end;
}

static void annotations_decode(const cJSON *annotations, struct lease *lease)
{
	char text[24] = "";
	uint64_t number;

	copy_text(annotations, ANNOTATION_NODES, text, sizeof(text));
	if (parse_number(text, 10, &number) && number <= INT32_MAX)
		lease->nodes = (uint32_t)number;
	text[0] = '\0';
	copy_text(annotations, ANNOTATION_PROGRAMMED, text, sizeof(text));
	lease->has_digest = parse_number(text, 16, &lease->digest);
	copy_text(annotations, ANNOTATION_VERSION, lease->agent_version,
		  sizeof(lease->agent_version));
}

int lease_decode(const struct cJSON *tree, struct lease *ret_lease)
{
	const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(tree, "metadata");
	const cJSON *spec = cJSON_GetObjectItemCaseSensitive(tree, "spec");
	struct lease lease = {0};

	copy_text(metadata, "name", lease.name, sizeof(lease.name));
	copy_text(metadata, "resourceVersion", lease.resource_version,
		  sizeof(lease.resource_version));
	if (!lease.name[0])
		return -EINVAL;
	annotations_decode(cJSON_GetObjectItemCaseSensitive(metadata, "annotations"), &lease);
	copy_text(spec, "holderIdentity", lease.holder, sizeof(lease.holder));
	copy_text(spec, "acquireTime", lease.acquire_time, sizeof(lease.acquire_time));
	copy_text(spec, "renewTime", lease.renew_time, sizeof(lease.renew_time));
	lease.duration_s = whole_number(spec, "leaseDurationSeconds");
	lease.transitions = whole_number(spec, "leaseTransitions");
	*ret_lease = lease;
	return 0;
}

int lease_decode_text(const char *text, struct lease *ret_lease)
{
	cJSON *tree = cJSON_Parse(text);
	int error = tree ? lease_decode(tree, ret_lease) : -EINVAL;

	cJSON_Delete(tree);
	return error;
}

static void annotations_encode(struct json_writer *writer, const struct lease *lease)
{
	char text[24];

	json_write_object(writer, "annotations");
	if (lease->nodes) {
		snprintf(text, sizeof(text), "%u", lease->nodes);
		json_write_text(writer, ANNOTATION_NODES, text);
	}
	if (lease->has_digest) {
		snprintf(text, sizeof(text), "%016" PRIx64, lease->digest);
		json_write_text(writer, ANNOTATION_PROGRAMMED, text);
	}
	if (lease->agent_version[0])
		json_write_text(writer, ANNOTATION_VERSION, lease->agent_version);
	json_write_object_end(writer);
}

static void owner_encode(struct json_writer *writer, const struct lease_owner *owner)
{
	if (!owner->uid[0])
		return;
	json_write_array(writer, "ownerReferences");
	json_write_object(writer, NULL);
	json_write_text(writer, "apiVersion", "apps/v1");
	json_write_text(writer, "kind", "DaemonSet");
	json_write_text(writer, "name", owner->daemonset);
	json_write_text(writer, "uid", owner->uid);
	json_write_object_end(writer);
	json_write_array_end(writer);
}

static void metadata_encode(struct json_writer *writer, const struct lease *lease,
			    const struct lease_labels *labels)
{
	json_write_object(writer, "metadata");
	json_write_text(writer, "name", lease->name);
	json_write_text(writer, "namespace", labels->namespace);
	if (lease->resource_version[0])
		json_write_text(writer, "resourceVersion", lease->resource_version);
	json_write_object(writer, "labels");
	json_write_text(writer, LEASE_LABEL_CLASS, labels->class_label);
	json_write_text(writer, LEASE_LABEL_ROLE, labels->role);
	json_write_object_end(writer);
	owner_encode(writer, labels->owner);
	annotations_encode(writer, lease);
	json_write_object_end(writer);
}

static void spec_encode(struct json_writer *writer, const struct lease *lease)
{
	json_write_object(writer, "spec");
	json_write_text(writer, "holderIdentity", lease->holder);
	json_write_integer(writer, "leaseDurationSeconds", lease->duration_s);
	if (lease->acquire_time[0])
		json_write_text(writer, "acquireTime", lease->acquire_time);
	json_write_text(writer, "renewTime", lease->renew_time);
	json_write_integer(writer, "leaseTransitions", lease->transitions);
	json_write_object_end(writer);
}

char *lease_encode(const struct lease *lease, const struct lease_labels *labels)
{
	struct json_memory memory;

	if (!json_memory_begin(&memory))
		return NULL;
	json_write_object(&memory.writer, NULL);
	json_write_text(&memory.writer, "apiVersion", "coordination.k8s.io/v1");
	json_write_text(&memory.writer, "kind", "Lease");
	metadata_encode(&memory.writer, lease, labels);
	spec_encode(&memory.writer, lease);
	json_write_object_end(&memory.writer);
	return json_memory_end(&memory);
}
