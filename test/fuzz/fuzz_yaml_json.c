/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as YAML and as JSON: a tree or a rejection with a message, never anything else. */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/yaml_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int error, cJSON *tree, const struct rejection *rejection)
{
	assert(error == 0 || error == -ENODATA || error == -EINVAL);
	assert((error == 0) == (tree != NULL));
	if (error == -EINVAL) {
		assert(rejection->reason && rejection->line > 0);
		assert(strlen(rejection->message) > 0);
	}
	cJSON_Delete(tree);
}

static void parse_yaml(const struct yaml_document *document)
{
	struct rejection rejection = {0};
	cJSON *tree = NULL;

	check(yaml_json_parse(document, &tree, &rejection), tree, &rejection);
}

static void parse_json(const struct yaml_document *document)
{
	struct rejection rejection = {0};
	cJSON *tree = NULL;

	check(yaml_json_parse_json(document, &tree, &rejection), tree, &rejection);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yaml_stream stream = {.text = (const char *)data, .length = size, .line = 1};
	struct yaml_document document = {.text = (const char *)data, .length = size, .line = 1};
	size_t seen = 0;

	parse_json(&document);
	while (yaml_stream_next(&stream, &document)) {
		assert(document.text == (const char *)data + seen && document.length > 0);
		seen += document.length;
		parse_yaml(&document);
	}
	assert(seen == size);
	return 0;
}
