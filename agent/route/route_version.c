/* SPDX-License-Identifier: Apache-2.0 */
#include "route_version.h"

#include <errno.h>

#include "../base/json_read.h"
#include "object_decode.h"

#define UID_MAX 128

static void class_read(const struct json_value *root, struct route_version *version)
{
	struct json_value spec = json_member(root, "spec");
	struct json_value name = json_member(&spec, "className");
	struct json_value rules = json_member(&spec, "rules");
	size_t count = 0;

	version->class_name = ROUTE_CLASS_DEFAULT;
	json_read_text(&name, ROUTE_CLASS_MAX, &version->class_name);
	json_read_array(&rules, UINT32_MAX, &count);
	version->rules = (uint32_t)count;
}

int route_version_decode(const struct cJSON *tree, struct route_version *ret_version)
{
	struct json_value root = json_root(tree, NULL);
	struct json_value metadata = json_member(&root, "metadata");
	struct json_value generation = json_member(&metadata, "generation");
	struct json_value uid = json_member(&metadata, "uid");
	struct route_version version = {0};
	int error = object_decode_key(tree, &version.key, NULL);

	if (!error && version.key.kind != OBJECT_PATH_ROUTE)
		error = -ENOTSUP;
	if (!error)
		error = json_read_text(&uid, UID_MAX, &version.uid);
	if (!error)
		error = json_read_integer(&generation, 0, INT64_MAX, &version.generation);
	if (error)
		return error;
	route_status_mark_decode(&root, &version.seen);
	if (!version.uid || !version.seen.resource_version[0])
		return -EINVAL;
	class_read(&root, &version);
	*ret_version = version;
	return 0;
}
