/* SPDX-License-Identifier: Apache-2.0 */
#include "object_decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "../base/cleanup.h"
#include "../base/json_read.h"
#include "endpoint_slice_decode.h"
#include "path_route_decode.h"
#include "route_text.h"
#include "service_decode.h"

#define TYPE_TEXT_MAX 253
#define UID_MAX 128

static const struct {
	const char *group; /* "" is the core group */
	const char *version;
} kinds[OBJECT_KIND_COUNT] = {
	[OBJECT_PATH_ROUTE] = {"pathroute.io", "v1alpha1"},
	[OBJECT_SERVICE] = {"", "v1"},
	[OBJECT_ENDPOINT_SLICE] = {"discovery.k8s.io", "v1"},
};

static int read_type_text(const struct json_value *root, const char *key, const char **ret_text)
{
	struct json_value value = json_member(root, key);
	int error = json_require(&value);

	return error ? error : json_read_text(&value, TYPE_TEXT_MAX, ret_text);
}

static bool is_of_group(const char *api_version, const char *group)
{
	const char *slash = strchr(api_version, '/');
	size_t length = slash ? (size_t)(slash - api_version) : 0;

	return length == strlen(group) && !strncmp(api_version, group, length);
}

static int check_version(const struct json_value *root, const char *api_version,
			 enum object_kind kind)
{
	const char *slash = strchr(api_version, '/');
	struct json_value value = json_member(root, "apiVersion");

	if (!strcmp(slash ? slash + 1 : api_version, kinds[kind].version))
		return 0;
	return json_reject(&value, REASON_UNSUPPORTED_VALUE, "must be %s%s%s", kinds[kind].group,
			   slash ? "/" : "", kinds[kind].version);
}

/* A slip of the pen: it would be left out as an object of somebody else's. */
static int check_foreign(const struct json_value *root, const char *api_version, const char *word)
{
	struct json_value version_value = json_member(root, "apiVersion");
	struct json_value kind_value = json_member(root, "kind");
	bool is_route = !strcasecmp(word, object_kind_name(OBJECT_PATH_ROUTE));
	enum object_kind kind;

	for (kind = 0; kind < OBJECT_KIND_COUNT; kind++) {
		bool is_ours = is_of_group(api_version, kinds[kind].group);

		if (is_ours &&
		    (kind == OBJECT_PATH_ROUTE || !strcasecmp(word, object_kind_name(kind))))
			return json_reject(&kind_value, REASON_UNSUPPORTED_VALUE, "must be %s",
					   object_kind_name(kind));
	}
	if (!is_route)
		return -ENOTSUP;
	return json_reject(&version_value, REASON_UNSUPPORTED_VALUE, "must be %s/%s",
			   kinds[OBJECT_PATH_ROUTE].group, kinds[OBJECT_PATH_ROUTE].version);
}

static int read_kind(const struct json_value *root, enum object_kind *ret_kind)
{
	const char *api_version = NULL, *word = NULL;
	enum object_kind kind;
	int error;

	if (!cJSON_IsObject(root->json))
		return json_reject(root, REASON_UNSUPPORTED_VALUE, "is not an object");
	error = read_type_text(root, "apiVersion", &api_version);
	if (!error)
		error = read_type_text(root, "kind", &word);
	if (error)
		return error;
	for (kind = 0; kind < OBJECT_KIND_COUNT; kind++) {
		if (!strcmp(word, object_kind_name(kind)) &&
		    is_of_group(api_version, kinds[kind].group)) {
			*ret_kind = kind;
			return check_version(root, api_version, kind);
		}
	}
	return check_foreign(root, api_version, word);
}

static int read_name(const struct json_value *metadata, enum object_kind kind,
		     const char **ret_name)
{
	struct json_value value = json_member(metadata, "name");
	int error = json_require(&value);

	if (!error)
		error = json_read_text(&value, OBJECT_NAME_MAX, ret_name);
	if (error)
		return error;
	if (kind == OBJECT_SERVICE ? !route_text_is_label(*ret_name)
				   : !route_text_is_subdomain(*ret_name, OBJECT_NAME_MAX))
		return json_reject(&value, REASON_UNSUPPORTED_VALUE,
				   "must be lower-case letters, digits and '-'");
	return 0;
}

static int read_namespace(const struct json_value *metadata, const char **ret_namespace)
{
	struct json_value value = json_member(metadata, "namespace");
	const char *namespace = OBJECT_NAMESPACE_DEFAULT;
	int error;

	error = json_read_text(&value, OBJECT_NAMESPACE_MAX, &namespace);
	if (error)
		return error;
	if (!route_text_is_label(namespace))
		return json_reject(&value, REASON_UNSUPPORTED_VALUE,
				   "must be lower-case letters, digits and '-'");
	*ret_namespace = namespace;
	return 0;
}

static int read_key(const struct json_value *root, struct object_key *ret_key)
{
	struct json_value metadata = json_member(root, "metadata");
	struct object_key key = {0};
	int error;

	error = read_kind(root, &key.kind);
	if (!error)
		error = json_read_object(&metadata);
	if (!error)
		error = read_name(&metadata, key.kind, &key.name);
	if (!error)
		error = read_namespace(&metadata, &key.namespace);
	if (!error)
		*ret_key = key;
	return error;
}

int object_decode_key(const struct cJSON *tree, struct object_key *ret_key,
		      struct rejection *ret_rejection)
{
	struct json_value root = json_root(tree, ret_rejection);

	return read_key(&root, ret_key);
}

/* RFC 3339 without fractions, as the API server writes it. */
static int read_created(const struct json_value *metadata, int64_t *ret_created)
{
	struct json_value value = json_member(metadata, "creationTimestamp");
	const char *text = NULL, *end;
	struct tm tm = {0};
	long offset;
	int error;

	error = json_read_text(&value, 40, &text);
	if (error || !text)
		return error;
	end = strptime(text, "%Y-%m-%dT%H:%M:%S%z", &tm);
	if (!end || *end)
		return json_reject(&value, REASON_UNSUPPORTED_VALUE,
				   "must be a time like 2026-01-31T12:00:00Z");
	offset = tm.tm_gmtoff;
	*ret_created = (int64_t)timegm(&tm) - offset;
	return 0;
}

static int read_metadata(const struct json_value *metadata, struct object *object)
{
	struct json_value generation = json_member(metadata, "generation");
	struct json_value uid = json_member(metadata, "uid");
	int error;

	object->created = OBJECT_CREATED_NEVER;
	error = read_created(metadata, &object->created);
	if (!error)
		error = json_read_integer(&generation, 0, INT64_MAX, &object->generation);
	if (!error)
		error = json_copy_text(&uid, UID_MAX, &object->uid);
	return error;
}

static int read_content(const struct json_value *root, struct object *object)
{
	switch (object->kind) {
	case OBJECT_PATH_ROUTE:
		return path_route_decode(root, &object->path_route);
	case OBJECT_SERVICE:
		return service_decode(root, &object->service);
	default:
		return endpoint_slice_decode(root, &object->endpoint_slice);
	}
}

static int new_object(const struct object_key *key, struct object **ret_object)
{
	_cleanup_(object_freep) struct object *object = calloc(1, sizeof(*object));

	if (!object)
		return -ENOMEM;
	object->kind = key->kind;
	object->namespace = strdup(key->namespace);
	object->name = strdup(key->name);
	if (!object->namespace || !object->name)
		return -ENOMEM;
	*ret_object = STEAL(object);
	return 0;
}

int object_decode(const struct cJSON *tree, struct object **ret_object,
		  struct rejection *ret_rejection)
{
	struct json_value root = json_root(tree, ret_rejection);
	struct json_value metadata = json_member(&root, "metadata");
	_cleanup_(object_freep) struct object *object = NULL;
	struct object_key key;
	int error;

	error = read_key(&root, &key);
	if (!error)
		error = new_object(&key, &object);
	if (!error)
		error = read_metadata(&metadata, object);
	if (!error)
		error = read_content(&root, object);
	if (error)
		return error;
	object->origin_line = json_line(tree);
	*ret_object = STEAL(object);
	return 0;
}
