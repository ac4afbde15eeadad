/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/base/cleanup.h"
#include "ctl_process.h"

const cJSON *ctl_json_run(const char *bpffs, int expected_status, const char *const *words)
{
	static cJSON *tree;
	_cleanup_free_ char *output = NULL;
	int status = ctl_process_run(bpffs, words, true, &output);

	assert_int_equal(status, expected_status);
	cJSON_Delete(tree);
	tree = cJSON_Parse(output);
	if (!tree)
		fail_msg("not JSON: %s", output);
	return tree;
}

char *ctl_json_run_text(const char *bpffs, int expected_status, const char *const *words)
{
	char *output = NULL;

	assert_int_equal(ctl_process_run(bpffs, words, false, &output), expected_status);
	return output;
}

const cJSON *ctl_json_at(const cJSON *json, const char *path)
{
	char copy[128];
	char *rest = copy;
	const char *key;

	snprintf(copy, sizeof(copy), "%s", path);
	while (json && (key = strsep(&rest, ".")))
		json = cJSON_IsArray(json) ? cJSON_GetArrayItem(json, (int)strtol(key, NULL, 10))
					   : cJSON_GetObjectItem(json, key);
	if (!json)
		fail_msg("no \"%s\"", path);
	return json;
}

const cJSON *ctl_json_named(const cJSON *list, const char *key, const char *value)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(item, key));

		if (text && !strcmp(text, value))
			return item;
	}
	fail_msg("no %s \"%s\"", key, value);
	return NULL;
}

void ctl_json_assert_text(const cJSON *json, const char *path, const char *expected)
{
	const char *text = cJSON_GetStringValue(ctl_json_at(json, path));

	assert_non_null(text);
	assert_string_equal(text, expected);
}

void ctl_json_assert_number(const cJSON *json, const char *path, double expected)
{
	const cJSON *number = ctl_json_at(json, path);

	assert_true(cJSON_IsNumber(number));
	assert_int_equal((long)number->valuedouble, (long)expected);
}
