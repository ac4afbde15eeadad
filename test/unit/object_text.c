/* SPDX-License-Identifier: Apache-2.0 */
#include "object_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "agent/route/object_decode.h"
#include "agent/base/yaml_json.h"

static int decode(const struct yaml_document *document, struct object **ret_object,
		  struct rejection *ret_rejection)
{
	cJSON *tree = NULL;
	int error;

	error = yaml_json_parse(document, &tree, ret_rejection);
	if (!error)
		error = object_decode(tree, ret_object, ret_rejection);
	cJSON_Delete(tree);
	return error;
}

int object_text_decode(const char *text, struct object **ret_object,
		       struct rejection *ret_rejection)
{
	struct yaml_document document = {.text = text, .length = strlen(text), .line = 1};

	return decode(&document, ret_object, ret_rejection);
}

struct object *object_text_good(const char *text)
{
	struct rejection rejection = {0};
	struct object *object = NULL;

	if (object_text_decode(text, &object, &rejection))
		fail_msg("%s: %s", rejection.reason, rejection.message);
	return object;
}

void object_text_store(struct route_store *store, const char *text)
{
	struct yaml_stream stream = {.text = text, .length = strlen(text), .line = 1};
	struct rejection rejection = {0};
	struct yaml_document document;
	struct object *object = NULL;

	while (yaml_stream_next(&stream, &document)) {
		if (decode(&document, &object, &rejection))
			fail_msg("line %u: %s: %s", rejection.line, rejection.reason,
				 rejection.message);
		assert_int_equal(route_store_put(store, object), 0);
	}
}
