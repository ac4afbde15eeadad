/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "agent/base/json_read.h"
#include "agent/base/yaml_json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int parse(const char *text, cJSON **ret_tree, struct rejection *ret_rejection)
{
	struct yaml_document document = {.text = text, .length = strlen(text), .line = 1};

	return yaml_json_parse(&document, ret_tree, ret_rejection);
}

static void expect_json(const char *text, const char *json)
{
	struct rejection rejection = {0};
	cJSON *tree = NULL;
	char *printed;

	if (parse(text, &tree, &rejection))
		fail_msg("%s: %s", text, rejection.message);
	printed = cJSON_PrintUnformatted(tree);
	assert_string_equal(printed, json);
	cJSON_free(printed);
	cJSON_Delete(tree);
}

static void plain_scalars_have_the_types_of_the_core_schema(void **state)
{
	static const struct {
		const char *yaml, *json;
	} cases[] = {
		{"[null, Null, NULL, ~, ]", "[null,null,null,null]"},
		{"[true, True, TRUE, false, False, FALSE]", "[true,true,true,false,false,false]"},
		{"[yes, no, on, off, y, n, nuLL, tRue]",
		 "[\"yes\",\"no\",\"on\",\"off\",\"y\",\"n\",\"nuLL\",\"tRue\"]"},
		{"[0, 7, -7, +7, 012, 0x1F, 0o17]", "[0,7,-7,7,12,31,15]"},
		{"[1.5, -.5, 1., 1e3, 1.5E-1, +1.0e+2]", "[1.5,-0.5,1,1000,0.15,100]"},
		{"[0x, 0xg, 0o8, 1e, '.', -, 1_000, 1:30, 0b1]",
		 "[\"0x\",\"0xg\",\"0o8\",\"1e\",\".\",\"-\",\"1_000\",\"1:30\",\"0b1\"]"},
		{"2026-01-31T12:00:00Z", "\"2026-01-31T12:00:00Z\""},
		{"a: |\n  1\n", "{\"a\":\"1\\n\"}"},
		{"a: >-\n  true\n", "{\"a\":\"true\"}"},
		{"a:", "{\"a\":null}"},
		{"10.96.0.10", "\"10.96.0.10\""},
		{"fd00::1", "\"fd00::1\""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		expect_json(cases[i].yaml, cases[i].json);
	expect_json("['1', \"true\", 'null', '', !!str 5]", "[\"1\",\"true\",\"null\",\"\",\"5\"]");
	expect_json("[.inf, -.Inf, .nan]", "[null,null,null]");
}

static void collections_nest(void **state)
{
	(void)state;
	expect_json("a: {b: [1, {c: d}]}\ne:\n- f\n- g: h\n  i: j\n",
		    "{\"a\":{\"b\":[1,{\"c\":\"d\"}]},\"e\":[\"f\",{\"g\":\"h\",\"i\":\"j\"}]}");
	expect_json("1: a\ntrue: b\n", "{\"1\":\"a\",\"true\":\"b\"}");
}

static void what_json_cannot_say_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text, *message;
		unsigned line;
	} cases[] = {
		{"a: &x 1\nb: *x\n", "alias", 2},
		{"a: 1\nb: 2\na: 3\n", "\"a\" is there twice", 3},
		{"a: 1\nb: !!binary aGk=\n", "tag", 2},
		{"a: !own {b: c}\n", "tag", 1},
		{"? [a]\n: b\n", "key", 1},
		{"a: 1\nb: \"x\\0y\"\n", "NUL", 2},
		{"a: 1\n\"x\\0y\": 1\n", "NUL", 2},
		{"a: [1, 2\nb: 3\n", "", 2},
		{"a:\n\t- b\n", "", 2},
		{"a: 'b\n\n", "", 3},
		{"a: 1\nb: \x01\n", "", 2},
		{"a: 1\nb: \xff\n", "", 2},
		{"a: 1\rb: 2\r--- \ra: 3", "lines", 1},
	};
	struct rejection rejection;
	cJSON *tree;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(parse(cases[i].text, &tree, &rejection), -EINVAL);
		assert_string_equal(rejection.reason, "SyntaxError");
		if (!strstr(rejection.message, cases[i].message) || rejection.line != cases[i].line)
			fail_msg("%s: line %u: %s", cases[i].text, rejection.line,
				 rejection.message);
	}
}

static void an_empty_document_is_no_mistake(void **state)
{
	static const char *const empty[] = {
		"", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "--- ~\n", "null"};
	struct rejection rejection;
	cJSON *tree;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(empty); i++)
		assert_int_equal(parse(empty[i], &tree, &rejection), -ENODATA);
}

static void depth_ends_at_64(void **state)
{
	struct rejection rejection = {0};
	char text[2 * 65 + 1];
	cJSON *tree;

	(void)state;
	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	text[128] = '\0';
	assert_int_equal(parse(text, &tree, &rejection), 0);
	cJSON_Delete(tree);
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	text[130] = '\0';
	assert_int_equal(parse(text, &tree, &rejection), -EINVAL);
	assert_non_null(strstr(rejection.message, "64 levels"));
}

static char *repeat(const char *format, size_t count)
{
	char *text = calloc(count, 24);
	size_t i, length = 0;

	assert_non_null(text);
	for (i = 0; i < count; i++)
		length += (size_t)snprintf(text + length, 24, format, i);
	return text;
}

static void the_number_of_keys_and_values_is_bounded(void **state)
{
	char *keys = repeat("k%zu: 1\n", YAML_KEYS_MAX + 1);
	char *values = repeat("- %zu\n", YAML_NODES_MAX);
	struct rejection rejection = {0};
	cJSON *tree;

	(void)state;
	assert_int_equal(parse(keys, &tree, &rejection), -EINVAL);
	assert_non_null(strstr(rejection.message, "keys"));
	assert_int_equal(rejection.line, YAML_KEYS_MAX + 1);
	assert_int_equal(parse(values, &tree, &rejection), -EINVAL);
	assert_non_null(strstr(rejection.message, "values"));
	free(keys);
	free(values);
}

static void collections_know_their_line(void **state)
{
	struct yaml_document document = {.text = "a: 1\nb:\n- c: 2\n- d: 3\n", .line = 11};
	struct rejection rejection = {0};
	const cJSON *list;
	cJSON *tree;

	(void)state;
	document.length = strlen(document.text);
	assert_int_equal(yaml_json_parse(&document, &tree, &rejection), 0);
	list = cJSON_GetObjectItem(tree, "b");
	assert_int_equal(json_line(tree), 11);
	assert_int_equal(json_line(cJSON_GetArrayItem(list, 1)), 14);
	cJSON_Delete(tree);
}

static void expect_documents(const char *text, const char *const *texts, const unsigned *lines)
{
	struct yaml_stream stream = {.text = text, .length = strlen(text), .line = 1};
	struct yaml_document document;
	size_t i;

	for (i = 0; texts[i]; i++) {
		assert_true(yaml_stream_next(&stream, &document));
		assert_int_equal(document.length, strlen(texts[i]));
		assert_memory_equal(document.text, texts[i], document.length);
		assert_int_equal(document.line, lines[i]);
	}
	assert_false(yaml_stream_next(&stream, &document));
}

static void a_stream_is_cut_at_the_markers(void **state)
{
	(void)state;
	expect_documents("", (const char *[]){NULL}, NULL);
	expect_documents("a: 1\n---\nb: 2\n--- # c\nc: 3",
			 (const char *[]){"a: 1\n", "---\nb: 2\n", "--- # c\nc: 3", NULL},
			 (unsigned[]){1, 2, 4});
	expect_documents("# head\n%YAML 1.2\n---\na: 1\n",
			 (const char *[]){"# head\n%YAML 1.2\n---\na: 1\n", NULL}, (unsigned[]){1});
	expect_documents("---\n---\r\na\n...\n# between\n---\nb",
			 (const char *[]){"---\n", "---\r\na\n...\n", "# between\n---\nb", NULL},
			 (unsigned[]){1, 2, 5});
	expect_documents("a: |\n  ---\n---x: 1\n ---\n",
			 (const char *[]){"a: |\n  ---\n---x: 1\n ---\n", NULL}, (unsigned[]){1});
}

static void json_is_read_as_json(void **state)
{
	static const struct {
		const char *text;
		int error;
		unsigned line;
	} cases[] = {
		{" {\"a\": \"\\ud83d\\ude00\"}\n", 0, 0},
		{"\n\n", -ENODATA, 0},
		{"{\"a\": 1,\n\"b\": }", -EINVAL, 2},
		{"{}\n{}", -EINVAL, 1},
		{"a: 1", -EINVAL, 1},
	};
	struct yaml_document document = {.line = 1};
	struct rejection rejection;
	cJSON *tree;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		document.text = cases[i].text;
		document.length = strlen(cases[i].text);
		rejection = (struct rejection){0};
		assert_int_equal(yaml_json_parse_json(&document, &tree, &rejection),
				 cases[i].error);
		assert_int_equal(rejection.line, cases[i].line);
		if (!cases[i].error)
			cJSON_Delete(tree);
	}
}

static void json_depth_ends_at_64_too(void **state)
{
	char text[1200];
	struct yaml_document document = {.text = text, .length = 130, .line = 1};
	struct rejection rejection = {0};
	cJSON *tree;

	(void)state;
	memset(text, '[', 600);
	memset(text + 65, ']', 65);
	assert_int_equal(yaml_json_parse_json(&document, &tree, &rejection), -EINVAL);
	memset(text + 64, ']', 64);
	document.length = 128;
	assert_int_equal(yaml_json_parse_json(&document, &tree, &rejection), 0);
	cJSON_Delete(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_scalars_have_the_types_of_the_core_schema),
		cmocka_unit_test(collections_nest),
		cmocka_unit_test(what_json_cannot_say_is_refused_with_its_line),
		cmocka_unit_test(an_empty_document_is_no_mistake),
		cmocka_unit_test(depth_ends_at_64),
		cmocka_unit_test(the_number_of_keys_and_values_is_bounded),
		cmocka_unit_test(collections_know_their_line),
		cmocka_unit_test(a_stream_is_cut_at_the_markers),
		cmocka_unit_test(json_is_read_as_json),
		cmocka_unit_test(json_depth_ends_at_64_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
