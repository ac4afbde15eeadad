/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "head_routes.h"
#include "head_trial.h"
#include "reference_route.h"

static struct hold_large hold;
static struct route_match match;

static int request(const char *method, const char *host, const char *target)
{
	static uint8_t bytes[HTTP_HEAD_MAX];
	int length = snprintf((char *)bytes, sizeof(bytes), "%s %s HTTP/1.1\r\nHost: %s\r\n\r\n",
			      method, target, host);
	struct reference_head head;
	enum verdict expected;
	uint32_t rule = 0;
	int verdict;

	assert_in_range(length, 1, sizeof(bytes) - 1);
	assert_int_equal(head_trial_parse(&hold, bytes, (size_t)length, (struct head_cut){1, 1}, 0),
			 0);
	assert_int_not_equal(hold.head.end, 0);
	verdict = head_routes_find(&hold, &match);
	reference_head_parse(bytes, (size_t)length, &head);
	expected = reference_route_find(&head_routes, bytes, &head, &rule);
	assert_int_equal(verdict, expected);
	if (!verdict)
		assert_int_equal(match.rule, rule);
	return verdict;
}

#define assert_rule(method, host, target, expected)                 \
	do {                                                        \
		assert_int_equal(request(method, host, target), 0); \
		assert_int_equal(match.rule, expected);             \
	} while (0)

#define assert_get(host, target, expected) assert_rule("GET", host, target, expected)

#define assert_refused(host, target, expected) \
	assert_int_equal(request("GET", host, target), expected)

static int routes_empty(void **state)
{
	(void)state;
	head_routes_init(0x1234567890abcdefULL);
	return 0;
}

static struct head_routes_host *host(enum host_kind kind, const char *name, uint32_t default_rule)
{
	struct head_routes_host *added = head_routes_host(kind, name, default_rule);

	assert_non_null(added);
	return added;
}

static void prefix(struct head_routes_host *of, const char *path, uint32_t rule)
{
	head_routes_path(of, PATH_PREFIX, path, HTTP_METHOD_OTHER, rule);
}

static void exact(struct head_routes_host *of, const char *path, uint32_t rule)
{
	head_routes_path(of, PATH_EXACT, path, HTTP_METHOD_OTHER, rule);
}

static void the_most_specific_host_wins(void **state)
{
	(void)state;
	host(HOST_ANY, "", 1);
	host(HOST_SUFFIX, ".example.com", 2);
	host(HOST_SINGLE_LABEL, ".example.com", 3);
	host(HOST_SUFFIX, ".b.example.com", 4);
	host(HOST_EXACT, "www.example.com", 5);
	assert_get("www.example.com", "/", 5);
	assert_get("WWW.EXAMPLE.Com:8080", "/", 5);
	assert_get("www.example.com.", "/", 5);
	assert_get("x.example.com", "/", 3);
	assert_get("a.x.example.com", "/", 2);
	assert_get("a.b.example.com", "/", 4);
	assert_get("b.example.com", "/", 3);
	assert_get("example.com", "/", 1);
	assert_get("", "/", 1);
	assert_get("[::1]", "/", 1);
}

static void a_wildcard_needs_a_label_in_front(void **state)
{
	(void)state;
	host(HOST_SUFFIX, ".example.com", 2);
	host(HOST_SINGLE_LABEL, ".example.org", 3);
	assert_refused(".example.com", "/", VERDICT_NO_ROUTE);
	assert_refused("example.com", "/", VERDICT_NO_ROUTE);
	assert_refused("xexample.com", "/", VERDICT_NO_ROUTE);
	assert_refused("a.b.example.org", "/", VERDICT_NO_ROUTE);
	assert_refused(".example.org", "/", VERDICT_NO_ROUTE);
	assert_get("a.example.org", "/", 3);
}

static void a_single_label_wildcard_that_does_not_fit_is_skipped(void **state)
{
	(void)state;
	host(HOST_SINGLE_LABEL, ".b.example.com", 1);
	host(HOST_SUFFIX, ".example.com", 2);
	assert_get("a.b.example.com", "/", 1);
	assert_get("x.a.b.example.com", "/", 2);
}

static void a_host_of_many_labels_still_finds_its_suffix(void **state)
{
	char name[254];

	(void)state;
	host(HOST_SUFFIX, ".y", 2);
	for (int i = 0; i < 250; i++)
		name[i] = i % 2 ? '.' : 'x';
	memcpy(name + 250, ".y", 3);
	assert_get(name, "/", 2);
	memset(name, '.', 250);
	assert_get(name, "/", 2);
}

static void there_is_no_fall_through_to_another_host(void **state)
{
	(void)state;
	prefix(host(HOST_ANY, "", 9), "", 1);
	prefix(host(HOST_SUFFIX, ".com", 9), "", 2);
	prefix(host(HOST_EXACT, "www.example.com", 0), "/api", 3);
	assert_get("www.example.com", "/api", 3);
	assert_refused("www.example.com", "/", VERDICT_NO_ROUTE);
}

static void a_table_sees_only_its_own_hosts(void **state)
{
	(void)state;
	host(HOST_ANY, "", 1);
	head_routes.hosts[0].key.table++;
	assert_refused("a", "/", VERDICT_NO_ROUTE);
}

static void exact_goes_before_the_longest_prefix(void **state)
{
	struct head_routes_host *h = host(HOST_ANY, "", 0);

	(void)state;
	prefix(h, "/api", 1);
	prefix(h, "/api/v1", 2);
	exact(h, "/api", 3);
	exact(h, "/api/", 4);
	assert_get("h", "/api", 3);
	assert_get("h", "/api/", 4);
	assert_get("h", "/api/x", 1);
	assert_get("h", "/api/v1", 2);
	assert_get("h", "/api/v1/", 2);
	assert_get("h", "/api/v12", 1);
	assert_get("h", "/api/v1?/x", 2);
	assert_refused("h", "/apix", VERDICT_NO_ROUTE);
	assert_refused("h", "/API", VERDICT_NO_ROUTE);
	assert_refused("h", "/", VERDICT_NO_ROUTE);
}

static void the_root_prefix_matches_everything(void **state)
{
	(void)state;
	prefix(host(HOST_ANY, "", 0), "", 1);
	assert_get("h", "/", 1);
	assert_get("h", "/a/b/c", 1);
	assert_get("h", "http://h", 1);
	assert_get("h", "http://h?q", 1);
}

static void an_empty_path_is_the_root(void **state)
{
	(void)state;
	exact(host(HOST_ANY, "", 0), "/", 1);
	assert_get("h", "/", 1);
	assert_get("h", "http://h", 1);
	assert_refused("h", "/a", VERDICT_NO_ROUTE);
}

static void a_rule_of_another_method_is_absent(void **state)
{
	struct head_routes_host *h = host(HOST_ANY, "", 9);

	(void)state;
	head_routes_path(h, PATH_EXACT, "/a/b", HTTP_METHOD_PUT, 1);
	head_routes_path(h, PATH_PREFIX, "/a/b", HTTP_METHOD_POST, 2);
	head_routes_path(h, PATH_PREFIX, "/a", HTTP_METHOD_GET, 3);
	prefix(h, "/a", 4);
	assert_rule("PUT", "h", "/a/b", 1);
	assert_rule("POST", "h", "/a/b", 2);
	assert_rule("GET", "h", "/a/b", 3);
	assert_rule("M-SEARCH", "h", "/a/b", 4);
	assert_rule("POST", "h", "/x", 9);
}

static void asterisk_goes_to_the_default_backend(void **state)
{
	struct head_routes_host *h = host(HOST_ANY, "", 9);

	(void)state;
	prefix(h, "", 1);
	assert_rule("OPTIONS", "h", "*", 9);
	assert_rule("OPTIONS", "h", "/", 1);
	h->value.default_rule = 0;
	assert_int_equal(request("OPTIONS", "h", "*"), VERDICT_NO_ROUTE);
}

static void the_deepest_and_the_longest_path_are_found(void **state)
{
	struct head_routes_host *h = host(HOST_ANY, "", 0);
	char deep[2 * ROUTE_DEPTH_MAX + 1];
	char path[600];

	(void)state;
	for (int i = 0; i < ROUTE_DEPTH_MAX; i++)
		memcpy(deep + 2 * i, "/d", 3);
	prefix(h, deep, 1);
	memset(path, 'p', sizeof(path));
	path[0] = '/';
	path[ROUTE_PATH_MAX] = 0;
	prefix(h, path, 2);
	exact(h, path, 3);
	assert_get("h", path, 3);
	memcpy(path + ROUTE_PATH_MAX, "/x", 3);
	assert_get("h", path, 2);
	memcpy(path + ROUTE_PATH_MAX, "x", 2);
	assert_refused("h", path, VERDICT_NO_ROUTE);
	assert_get("h", deep, 1);
	snprintf(path, sizeof(path), "%s/d/d/d", deep);
	assert_get("h", path, 1);
}

static void a_path_of_many_slashes_still_finds_its_prefix(void **state)
{
	struct head_routes_host *h = host(HOST_ANY, "", 0);
	char path[600] = "/api";

	(void)state;
	prefix(h, "/api", 1);
	prefix(h, "", 2);
	for (int i = 4; i < 500; i++)
		path[i] = i % 2 ? 'x' : '/';
	path[500] = 0;
	assert_get("h", path, 1);
	memset(path + 4, '/', 400);
	assert_get("h", path, 1);
	memset(path, '/', 4);
	head_routes.rules[2].ambiguous = AMBIGUOUS_RAW;
	assert_get("h", path, 2);
}

static void two_readings_must_agree(void **state)
{
	struct head_routes_host *h = host(HOST_ANY, "", 0);

	(void)state;
	prefix(h, "", 1);
	prefix(h, "/admin", 2);
	prefix(h, "/@scope", 3);
	assert_get("h", "/%61", 1);
	assert_get("h", "/admin/%41", 2);
	assert_get("h", "/@scope/a%2Fb", 3);
	assert_get("h", "/x//y", 1);
}

static void readings_that_differ_are_refused(void **state)
{
	static const char *const paths[] = {
		"/%61dmin",   "/%61dmin/x", "//admin",    "/\\admin",  "/;/admin",
		"/admin%2fx", "/admin;x",   "/admin%3bx", "/%2fadmin", "/;x=1/admin",
	};
	struct head_routes_host *h = host(HOST_ANY, "", 0);

	(void)state;
	prefix(h, "", 1);
	prefix(h, "/admin", 2);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_refused("h", paths[i], VERDICT_PATH_AMBIGUOUS);
}

static void a_path_without_rule_in_either_reading_is_not_found(void **state)
{
	struct head_routes_host *h = host(HOST_ANY, "", 0);

	(void)state;
	prefix(h, "/admin", 1);
	assert_refused("h", "/x%20y", VERDICT_NO_ROUTE);
	assert_refused("h", "/%61dmin", VERDICT_PATH_AMBIGUOUS);
	assert_refused("other", "/\xc3\xa4", VERDICT_PATH_BYTE);
}

static void the_rule_says_what_becomes_of_an_ambiguous_path(void **state)
{
	struct head_routes_host *h = host(HOST_ANY, "", 0);

	(void)state;
	prefix(h, "", 1);
	prefix(h, "/raw", 2);
	prefix(h, "/strict", 3);
	head_routes.rules[2].ambiguous = AMBIGUOUS_RAW;
	head_routes.rules[3].ambiguous = AMBIGUOUS_REJECT;
	assert_get("h", "/raw/%2fx//\\;", 2);
	assert_get("h", "/raw/\xc3\xa4", 2);
	assert_refused("h", "/\xc3\xa4", VERDICT_PATH_BYTE);
	assert_refused("h", "/strict/\xc3\xa4", VERDICT_PATH_BYTE);
	assert_get("h", "/strict/x", 3);
	assert_refused("h", "/strict/%20", VERDICT_PATH_AMBIGUOUS);
	assert_refused("h", "/strict//x", VERDICT_PATH_AMBIGUOUS);
	assert_refused("h", "/%72aw", VERDICT_PATH_AMBIGUOUS);
}

static void junk_in_front_does_not_hide_the_canonical_path(void **state)
{
	struct head_routes_host *h = host(HOST_ANY, "", 0);
	char path[4000];

	(void)state;
	prefix(h, "", 1);
	prefix(h, "/admin", 2);
	memset(path, '/', sizeof(path));
	memcpy(path + 3000, "admin", 6);
	assert_refused("h", path, VERDICT_PATH_AMBIGUOUS);
	memset(path + 1, ';', sizeof(path) - 1);
	memcpy(path + 3000, "/admin", 7);
	assert_refused("h", path, VERDICT_PATH_AMBIGUOUS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup(name, routes_empty)
		CASE(the_most_specific_host_wins),
		CASE(a_wildcard_needs_a_label_in_front),
		CASE(a_single_label_wildcard_that_does_not_fit_is_skipped),
		CASE(a_host_of_many_labels_still_finds_its_suffix),
		CASE(there_is_no_fall_through_to_another_host),
		CASE(a_table_sees_only_its_own_hosts),
		CASE(exact_goes_before_the_longest_prefix),
		CASE(the_root_prefix_matches_everything),
		CASE(an_empty_path_is_the_root),
		CASE(a_rule_of_another_method_is_absent),
		CASE(asterisk_goes_to_the_default_backend),
		CASE(the_deepest_and_the_longest_path_are_found),
		CASE(a_path_of_many_slashes_still_finds_its_prefix),
		CASE(two_readings_must_agree),
		CASE(readings_that_differ_are_refused),
		CASE(a_path_without_rule_in_either_reading_is_not_found),
		CASE(the_rule_says_what_becomes_of_an_ambiguous_path),
		CASE(junk_in_front_does_not_hide_the_canonical_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
