/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/route/object_decode.h"
#include "object_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HEAD                                                   \
	"apiVersion: pathroute.io/v1alpha1\nkind: PathRoute\n" \
	"metadata: {name: shop, namespace: shop}\nspec:\n"
#define LISTENERS "  listeners: [{service: {name: web, port: 80}}]\n"
#define TO_API "backends: [{service: {name: api, port: http}}]"
#define RULE(content) HEAD LISTENERS "  rules: [{" content "}]\n"
#define PATH(value) "match: {path: {type: Prefix, value: " value "}}"
#define REDIRECT(content) RULE(PATH("/a") ", redirect: {" content "}")

static void every_field_is_read(void **state)
{
	struct object *object = object_text_good(
		HEAD
		"  className: other\n"
		"  listeners: [{service: {name: web, port: http}}, {node: {port: 8080}}]\n"
		"  hostnames: [Shop.Example.com, '*.Shop.example.com']\n"
		"  wildcard: Suffix\n  ambiguousPaths: Raw\n  rules:\n"
		"  - name: api\n    match: {path: {type: Prefix, value: /api/}, method: POST}\n"
		"    backends:\n    - {service: {name: api, port: http}, weight: 90}\n"
		"    - {service: {name: canary, port: 80}}\n"
		"    loadBalancing: {algorithm: ClientIP}\n"
		"  - match: {path: {type: Exact, value: /old/}}\n"
		"    redirect: {path: /new, statusCode: 308}\n"
		"  defaultBackend: {service: {name: frontend, port: 80}}\n");
	const struct path_route *route = &object->path_route;

	(void)state;
	assert_string_equal(route->class_name, "other");
	assert_int_equal(route->listener_count, 2);
	assert_string_equal(route->listeners[0].service.port_name, "http");
	assert_null(route->listeners[1].service.service);
	assert_int_equal(route->listeners[1].node_port, 8080);
	assert_string_equal(route->hostnames[0].name, "shop.example.com");
	assert_int_equal(route->hostnames[0].kind, HOST_EXACT);
	assert_string_equal(route->hostnames[1].name, ".shop.example.com");
	assert_int_equal(route->hostnames[1].kind, HOST_SUFFIX);
	assert_int_equal(route->ambiguous, AMBIGUOUS_RAW);
	assert_int_equal(route->rule_count, 2);
	assert_string_equal(route->rules[0].path, "/api");
	assert_int_equal(route->rules[0].method, HTTP_METHOD_POST);
	assert_int_equal(route->rules[0].algorithm, BALANCE_CLIENT_IP);
	assert_int_equal(route->rules[0].backend_count, 2);
	assert_int_equal(route->rules[0].backends[0].weight, 90);
	assert_int_equal(route->rules[0].backends[1].weight, 1);
	assert_int_equal(route->rules[0].backends[1].service.port_number, 80);
	assert_string_equal(route->rules[1].name, "(1)");
	assert_string_equal(route->rules[1].path, "/old/");
	assert_int_equal(route->rules[1].kind, PATH_EXACT);
	assert_int_equal(route->rules[1].action, RULE_REDIRECT);
	assert_string_equal(route->default_backend->service.service, "frontend");
	object_free(object);
}

static void what_is_left_out_has_its_default(void **state)
{
	struct object *object = object_text_good(RULE("match: {path: {value: /}}, " TO_API));
	const struct path_route *route = &object->path_route;

	(void)state;
	assert_string_equal(route->class_name, ROUTE_CLASS_DEFAULT);
	assert_int_equal(route->hostname_count, 0);
	assert_int_equal(route->ambiguous, AMBIGUOUS_AGREE);
	assert_int_equal(route->rules[0].kind, PATH_PREFIX);
	assert_string_equal(route->rules[0].path, "");
	assert_int_equal(route->rules[0].method, HTTP_METHOD_OTHER);
	assert_int_equal(route->rules[0].algorithm, BALANCE_LEAST_REQUESTS);
	assert_null(route->default_backend);
	object_free(object);
}

static void unknown_fields_are_ignored(void **state)
{
	(void)state;
	object_free(object_text_good(RULE(
		PATH("/a") ", " TO_API
			   ", timeouts: {request: 10s}") "  tomorrow: true\nstatus: {x: 1}\n"));
}

struct refused {
	const char *text, *reason, *message;
};

static void expect_refused(const struct refused *cases, size_t count)
{
	struct rejection rejection;
	struct object *object = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		rejection = (struct rejection){0};
		if (object_text_decode(cases[i].text, &object, &rejection) != -EINVAL)
			fail_msg("accepted: %s", cases[i].text);
		if (strcmp(rejection.reason, cases[i].reason) != 0 ||
		    strncmp(rejection.message, cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("%s\n%s: %s", cases[i].text, rejection.reason, rejection.message);
	}
}

#define BAD REASON_UNSUPPORTED_VALUE

static void a_mistake_in_the_frame_is_told_with_its_field(void **state)
{
	static const struct refused cases[] = {
		{"apiVersion: pathroute.io/v1alpha1\nkind: PathRoute\nmetadata: {name: a}\n", BAD,
		 "spec: is missing"},
		{HEAD "  rules: []\n", BAD, "spec.listeners: is missing"},
		{HEAD "  listeners: []\n", BAD, "spec.listeners: must have an entry"},
		{HEAD "  listeners: web\n", BAD, "spec.listeners: must be a list"},
		{HEAD "  listeners: [web]\n", BAD, "spec.listeners[0]: must be a mapping"},
		{HEAD "  listeners: [{}]\n", BAD, "spec.listeners[0]: must have either"},
		{HEAD "  listeners: [{service: {name: a, port: 1}, node: {port: 1}}]\n", BAD,
		 "spec.listeners[0]: must have either"},
		{HEAD "  listeners: [{node: {port: 0}}]\n", BAD, "spec.listeners[0].node.port: 0"},
		{HEAD "  listeners: [{node: {port: 65536}}]\n", BAD,
		 "spec.listeners[0].node.port: 65536 is not between 1 and 65535"},
		{HEAD "  listeners: [{node: {port: 80.5}}]\n", BAD,
		 "spec.listeners[0].node.port: must be a whole number"},
		{HEAD "  listeners: [{node: {port: .nan}}]\n", BAD,
		 "spec.listeners[0].node.port: must be a whole number"},
		{HEAD "  listeners: [{service: {name: Web, port: 80}}]\n", BAD,
		 "spec.listeners[0].service.name: must be lower-case"},
		{HEAD "  listeners: [{service: {port: 80}}]\n", BAD,
		 "spec.listeners[0].service.name: is missing"},
		{HEAD "  listeners: [{service: {name: web}}]\n", BAD,
		 "spec.listeners[0].service.port: is missing"},
		{HEAD LISTENERS, BAD, "spec: must have rules or a defaultBackend"},
		{HEAD LISTENERS "  hostnames: [a_b]\n", BAD, "spec.hostnames[0]: must be a DNS"},
		{HEAD LISTENERS "  hostnames: [a, '*']\n", BAD, "spec.hostnames[1]: must be a"},
		{HEAD LISTENERS "  hostnames: [80]\n", BAD, "spec.hostnames[0]: must be a string"},
		{HEAD LISTENERS "  wildcard: Any\n", BAD,
		 "spec.wildcard: \"Any\" is none of SingleLabel, Suffix"},
		{HEAD LISTENERS "  ambiguousPaths: agree\n", BAD, "spec.ambiguousPaths: \"agree\""},
		{HEAD LISTENERS "  defaultBackend: {}\n", BAD,
		 "spec.defaultBackend.service: is missing"},
	};

	(void)state;
	expect_refused(cases, COUNT(cases));
}

static void a_mistake_in_a_rule_is_told_with_its_field(void **state)
{
	static const struct refused cases[] = {
		{RULE("name: a"), BAD, "spec.rules[0].match: is missing"},
		{RULE("match: {}"), BAD, "spec.rules[0].match.path: is missing"},
		{RULE("match: {path: {}}"), BAD, "spec.rules[0].match.path.value: is missing"},
		{RULE("match: {path: {type: Regex, value: /a}}"), BAD,
		 "spec.rules[0].match.path.type: \"Regex\" is none of Exact, Prefix"},
		{RULE(PATH("a")), "InvalidPath",
		 "spec.rules[0].match.path.value: must begin with '/'"},
		{RULE(PATH("/a%41")), "InvalidPath", "spec.rules[0].match.path.value: must not"},
		{RULE(PATH("/../a")), "InvalidPath", "spec.rules[0].match.path.value: must not"},
		{RULE("match: {path: {value: /}, method: get}"), BAD,
		 "spec.rules[0].match.method: \"get\" is none of GET, HEAD"},
		{RULE("match: {path: {value: /}, method: CONNECT}"), BAD,
		 "spec.rules[0].match.method: \"CONNECT\""},
		{RULE(PATH("/a")), BAD, "spec.rules[0]: must have either backends or redirect"},
		{RULE(PATH("/a") ", redirect: {path: /b}, " TO_API), BAD,
		 "spec.rules[0]: must have either backends or redirect"},
		{RULE(PATH("/a") ", backends: []"), BAD,
		 "spec.rules[0].backends: must have an entry"},
		{RULE(PATH("/a") ", backends: [{service: {name: a, port: 1}, weight: 1000001}]"),
		 BAD, "spec.rules[0].backends[0].weight: 1000001 is not"},
		{RULE(PATH("/a") ", backends: [{service: {name: a, port: 1, namespace: b}}]"), BAD,
		 "spec.rules[0].backends[0].service.namespace: Services of other"},
		{RULE(PATH("/a") ", loadBalancing: {algorithm: Maglev}, " TO_API), BAD,
		 "spec.rules[0].loadBalancing.algorithm: \"Maglev\""},
		{RULE("name: Api, " PATH("/a")), BAD, "spec.rules[0].name: must be lower-case"},
		{HEAD LISTENERS "  rules:\n  - {name: a, " PATH(
			 "/a") ", " TO_API "}\n"
			       "  - {name: a, " PATH("/b") ", " TO_API "}\n",
		 BAD, "spec.rules[1].name: \"a\" is the name of another rule"},
	};

	(void)state;
	expect_refused(cases, COUNT(cases));
}

static void a_mistake_in_a_redirect_is_told_with_its_field(void **state)
{
	static const struct refused cases[] = {
		{REDIRECT(""), BAD, "spec.rules[0].redirect: leads to the same place"},
		{REDIRECT("scheme: http"), BAD, "spec.rules[0].redirect: leads to the same"},
		{REDIRECT("scheme: ftp"), BAD, "spec.rules[0].redirect.scheme: \"ftp\""},
		{REDIRECT("path: /b, statusCode: 304"), BAD, "spec.rules[0].redirect.statusCode"},
		{REDIRECT("hostname: '*.a'"), BAD, "spec.rules[0].redirect.hostname: must not"},
		{REDIRECT("port: 80"), BAD, "spec.rules[0].redirect.port: is possible only"},
		{REDIRECT("path: b"), "InvalidPath", "spec.rules[0].redirect.path: must begin"},
		{REDIRECT("path: \"/b\\r\\nX: y\""), "InvalidPath", "spec.rules[0].redirect.path"},
		{REDIRECT("path: /b, replacePrefix: /c"), BAD, "spec.rules[0].redirect: must not"},
		{RULE("match: {path: {type: Exact, value: /a}}, redirect: {replacePrefix: /c}"),
		 BAD, "spec.rules[0].redirect.replacePrefix: is possible only"},
	};

	(void)state;
	expect_refused(cases, COUNT(cases));
}

static void a_redirect_becomes_what_the_data_path_answers(void **state)
{
	static const struct {
		const char *text, *origin, *path;
		struct redirect expected;
	} cases[] = {
		{REDIRECT("path: /new"), "", "/new", {.status = 302, .flags = REDIRECT_HAS_PATH}},
		{REDIRECT("replacePrefix: /new/, statusCode: 301"),
		 "",
		 "/new",
		 {.status = 301, .flags = REDIRECT_REPLACE_PREFIX, .prefix_length = 2}},
		{REDIRECT("replacePrefix: /"),
		 "",
		 "",
		 {.status = 302, .flags = REDIRECT_REPLACE_PREFIX, .prefix_length = 2}},
		{REDIRECT("scheme: https, statusCode: 308"),
		 "",
		 "",
		 {.status = 308, .scheme_https = 1}},
		{REDIRECT("hostname: b.example"), "http://b.example", "", {.status = 302}},
		{REDIRECT("scheme: https, hostname: b.example, port: 8443, path: /"),
		 "https://b.example:8443",
		 "/",
		 {.status = 302, .flags = REDIRECT_HAS_PATH, .scheme_https = 1}},
	};
	const struct redirect *redirect;
	struct object *object;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		object = object_text_good(cases[i].text);
		redirect = &object->path_route.rules[0].redirect;
		assert_int_equal(redirect->status, cases[i].expected.status);
		assert_int_equal(redirect->flags, cases[i].expected.flags);
		assert_int_equal(redirect->scheme_https, cases[i].expected.scheme_https);
		assert_int_equal(redirect->prefix_length, cases[i].expected.prefix_length);
		assert_int_equal(redirect->origin_length, strlen(cases[i].origin));
		assert_memory_equal(redirect->origin, cases[i].origin, redirect->origin_length);
		assert_int_equal(redirect->path_length, strlen(cases[i].path));
		assert_memory_equal(redirect->path, cases[i].path, redirect->path_length);
		object_free(object);
	}
}

/* HEAD, then `count` times the entry in a list. */
static char *with_list(const char *head, const char *entry, size_t count)
{
	size_t size = strlen(head) + count * strlen(entry) + 1, length, i;
	char *text = malloc(size);

	assert_non_null(text);
	length = (size_t)snprintf(text, size, "%s", head);
	for (i = 0; i < count; i++)
		length += (size_t)snprintf(text + length, size - length, "%s", entry);
	return text;
}

static void lists_have_their_limits(void **state)
{
	static const struct {
		const char *head, *entry;
		size_t max;
	} cases[] = {
		{HEAD "  defaultBackend: {service: {name: a, port: 1}}\n  listeners:\n",
		 "  - node: {port: 80}\n", ROUTE_LISTENERS_MAX},
		{HEAD LISTENERS "  defaultBackend: {service: {name: a, port: 1}}\n  hostnames:\n",
		 "  - a\n", ROUTE_HOSTNAMES_MAX},
		{HEAD LISTENERS "  rules:\n", "  - {" PATH("/a") ", " TO_API "}\n",
		 ROUTE_RULES_MAX},
		{HEAD LISTENERS "  rules:\n  - " PATH("/a") "\n    backends:\n",
		 "    - service: {name: a, port: 1}\n", ROUTE_GROUPS_MAX},
	};
	struct rejection rejection = {0};
	struct object *object = NULL;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		text = with_list(cases[i].head, cases[i].entry, cases[i].max);
		object_free(object_text_good(text));
		free(text);
		text = with_list(cases[i].head, cases[i].entry, cases[i].max + 1);
		assert_int_equal(object_text_decode(text, &object, &rejection), -EINVAL);
		assert_non_null(strstr(rejection.message, "are possible"));
		free(text);
	}
}

static void a_mistake_knows_its_line(void **state)
{
	struct rejection rejection = {0};
	struct object *object = NULL;

	(void)state;
	assert_int_equal(object_text_decode(HEAD LISTENERS "  rules:\n  - name: a\n    match:\n"
							   "      path:\n        value: b\n",
					    &object, &rejection),
			 -EINVAL);
	assert_int_equal(rejection.line, 10);
}

static void a_message_is_fit_for_a_log_line(void **state)
{
	struct rejection rejection = {0};
	struct object *object = NULL;

	(void)state;
	assert_int_equal(object_text_decode(HEAD LISTENERS "  wildcard: \"a\\n\\e[2J\xc3\xa4\"\n",
					    &object, &rejection),
			 -EINVAL);
	assert_non_null(strstr(rejection.message, "\"a??[2J??\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_read),
		cmocka_unit_test(what_is_left_out_has_its_default),
		cmocka_unit_test(unknown_fields_are_ignored),
		cmocka_unit_test(a_mistake_in_the_frame_is_told_with_its_field),
		cmocka_unit_test(a_mistake_in_a_rule_is_told_with_its_field),
		cmocka_unit_test(a_mistake_in_a_redirect_is_told_with_its_field),
		cmocka_unit_test(a_redirect_becomes_what_the_data_path_answers),
		cmocka_unit_test(lists_have_their_limits),
		cmocka_unit_test(a_mistake_knows_its_line),
		cmocka_unit_test(a_message_is_fit_for_a_log_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
