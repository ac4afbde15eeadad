/* SPDX-License-Identifier: Apache-2.0 */
/* `pathroutectl trace` over maps that a test has filled, see ctl_maps.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/base/cleanup.h"
#include "ctl_json.h"
#include "ctl_maps.h"

/* The trace of a GET in the only table. */
static const cJSON *trace(int expected_status, const char *host, const char *path)
{
	const cJSON *json =
		ctl_json_run(ctl_maps.bpffs, expected_status, WORDS("trace", host, path));

	return ctl_json_at(json, "results.0");
}

static void assert_rule(const char *host, const char *path, const char *found, const char *rule)
{
	const cJSON *result = trace(0, host, path);

	ctl_json_assert_text(result, "found", found);
	ctl_json_assert_text(result, "rule", rule);
}

static void the_longest_prefix_leads_to_its_rule(void **state)
{
	(void)state;
	assert_rule("shop.example.com", "/api", "Prefix", "shop/web/api");
	assert_rule("shop.example.com", "/api/", "Prefix", "shop/web/api");
	assert_rule("shop.example.com", "/api/v1/x?y", "Prefix", "shop/web/api");
	assert_rule("SHOP.example.com.:80", "/api", "Prefix", "shop/web/api");
}

static void a_prefix_ends_with_an_element(void **state)
{
	(void)state;
	assert_rule("shop.example.com", "/apix", "Default", "shop/web/default");
}

static void an_exact_path_leads_to_its_redirect(void **state)
{
	const cJSON *result = trace(0, "shop.example.com", "/old");

	(void)state;
	ctl_json_assert_text(result, "found", "Exact");
	ctl_json_assert_text(result, "target.redirect", "301 (host)/new");
}

static void a_method_of_its_own_comes_first(void **state)
{
	const cJSON *json = ctl_json_run(
		ctl_maps.bpffs, 0, WORDS("trace", "shop.example.com", "/api", "--method", "POST"));

	(void)state;
	ctl_json_assert_text(json, "results.0.rule", "shop/web/post");
}

static void each_wildcard_that_was_tried_is_told(void **state)
{
	const cJSON *result = trace(0, "x.example.com", "/");

	(void)state;
	ctl_json_assert_text(result, "rule", "shop/web/default");
	ctl_json_assert_text(result, "steps.0.lookedUp", "host");
	ctl_json_assert_text(result, "steps.0.key", "x.example.com");
	assert_true(cJSON_IsFalse(ctl_json_at(result, "steps.0.found")));
	ctl_json_assert_text(result, "steps.1.key", "*.example.com");
	assert_true(cJSON_IsTrue(ctl_json_at(result, "steps.1.found")));
	ctl_json_assert_text(result, "steps.2.key", "/");
	ctl_json_assert_text(result, "steps.2.rule", "shop/web/default");
}

static void a_wildcard_of_one_label_does_not_fit_two(void **state)
{
	const cJSON *result = trace(1, "a.b.example.com", "/");

	(void)state;
	ctl_json_assert_text(result, "verdict", "no_route");
	ctl_json_assert_number(result, "status", 404);
	ctl_json_assert_text(result, "found", "None");
}

static void any_host_is_the_last_resort(void **state)
{
	(void)state;
	assert_rule("nobody", "/any/z", "Prefix", "shop/web/api");
}

static void a_path_of_two_readings_must_lead_to_one_rule(void **state)
{
	const cJSON *result = trace(1, "shop.example.com", "/%61pi");

	(void)state;
	ctl_json_assert_text(result, "verdict", "path_ambiguous");
	ctl_json_assert_number(result, "status", 400);
	ctl_json_assert_text(ctl_json_named(ctl_json_at(result, "steps"), "rule", "shop/web/api"),
			     "key", "/api");
	assert_rule("shop.example.com", "/api/%61", "Prefix", "shop/web/api");
}

static void a_refused_head_is_told_as_the_data_path_says_it(void **state)
{
	static const struct {
		const char *host, *path, *verdict;
	} heads[] = {
		{"shop.example.com", "/a/../b", "path_dot_segment"},
		{"shop.example.com", "/%zz", "path_percent"},
		{"shop.example.com", "/a#b", "path_byte"},
		{"shop.example.com", "nothing", "target_malformed"},
		{"two hosts", "/", "host_malformed"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		const cJSON *json = ctl_json_run(ctl_maps.bpffs, 1,
						 WORDS("trace", heads[i].host, heads[i].path));

		ctl_json_assert_text(json, "verdict", heads[i].verdict);
		ctl_json_assert_number(json, "status", 400);
		assert_int_equal(cJSON_GetArraySize(ctl_json_at(json, "results")), 0);
	}
}

static void a_head_longer_than_the_hold_is_refused(void **state)
{
	static char path[20000];
	const cJSON *json;

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	json = ctl_json_run(ctl_maps.bpffs, 1, WORDS("trace", "shop.example.com", path));
	ctl_json_assert_text(json, "verdict", "target_too_long");
}

static void one_listener_can_be_asked_for(void **state)
{
	const char *const words[] = {"trace",      "shop.example.com", "/api",
				     "--listener", "[fd00::96]:80",    NULL};
	const cJSON *json = ctl_json_run(ctl_maps.bpffs, 0, words);
	const cJSON *results = ctl_json_at(json, "results");

	(void)state;
	assert_int_equal(cJSON_GetArraySize(results), 1);
	assert_int_equal(cJSON_GetArraySize(ctl_json_at(results, "0.listeners")), 1);
	ctl_json_assert_text(results, "0.listeners.0", "[fd00::96]:80");
}

static void a_listener_that_is_not_there_ends_with_1(void **state)
{
	_cleanup_free_ char *text = ctl_json_run_text(
		ctl_maps.bpffs, 1,
		WORDS("trace", "shop.example.com", "/", "--listener", "10.96.0.1:81"));

	(void)state;
	assert_null(strstr(text, "Listener"));
}

static void malformed_listeners_end_with_2(void **state)
{
	static const char *const listeners[] = {"10.96.0.1",   "10.96.0.1:",   "10.96.0.1:0",
						"fd00::96:80", "[fd00::96]80", "x:80",
						":80"};

	(void)state;
	for (size_t i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++)
		free(ctl_json_run_text(ctl_maps.bpffs, 2,
				       WORDS("trace", "a", "/", "--listener", listeners[i])));
}

static void the_text_for_people_says_why(void **state)
{
	_cleanup_free_ char *text =
		ctl_json_run_text(ctl_maps.bpffs, 0, WORDS("trace", "shop.example.com", "/api/x"));

	(void)state;
	assert_non_null(strstr(text, "Read as   host \"shop.example.com\", path \"/api/x\"\n"));
	assert_non_null(strstr(text, "path prefix  /api              rule shop/web/api\n"));
	assert_non_null(
		strstr(text, "Rule      shop/web/api: it has the longest prefix of the path\n"));
	assert_non_null(strstr(text, "shop/canary:80  10.0.2.2:8080"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_leads_to_its_rule),
		cmocka_unit_test(a_prefix_ends_with_an_element),
		cmocka_unit_test(an_exact_path_leads_to_its_redirect),
		cmocka_unit_test(a_method_of_its_own_comes_first),
		cmocka_unit_test(each_wildcard_that_was_tried_is_told),
		cmocka_unit_test(a_wildcard_of_one_label_does_not_fit_two),
		cmocka_unit_test(any_host_is_the_last_resort),
		cmocka_unit_test(a_path_of_two_readings_must_lead_to_one_rule),
		cmocka_unit_test(a_refused_head_is_told_as_the_data_path_says_it),
		cmocka_unit_test(a_head_longer_than_the_hold_is_refused),
		cmocka_unit_test(one_listener_can_be_asked_for),
		cmocka_unit_test(a_listener_that_is_not_there_ends_with_1),
		cmocka_unit_test(malformed_listeners_end_with_2),
		cmocka_unit_test(the_text_for_people_says_why),
	};

	return cmocka_run_group_tests(tests, ctl_maps_begin, ctl_maps_end);
}
