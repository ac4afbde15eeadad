/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/address_text.h"
#include "agent/route/route_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void paths_that_read_in_one_way_are_accepted(void **state)
{
	static const char *const good[] = {
		"/",     "/a",   "/api/",    "/api/v1",          "/.well-known", "/a.b",
		"/a..b", "/...", "/~user/x", "/a:b@c!$&'()*+,=", "/A_b-c",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		if (route_text_check_path(good[i]))
			fail_msg("%s: %s", good[i], route_text_check_path(good[i]));
	}
}

static void paths_that_read_in_two_ways_are_refused(void **state)
{
	static const char *const bad[] = {
		"",      "a",    "api/",  "/a%20b", "/a;b",   "/a\\b",      "//",     "/a//b",
		"/a?b",  "/a#b", "/.",    "/..",    "/a/.",   "/a/..",      "/a/./b", "/a/../b",
		"/../a", "/a b", "/a\tb", "/a\nb",  "/a\x7f", "/a\xc3\xa4", " /a",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		if (!route_text_check_path(bad[i]))
			fail_msg("%s passed", bad[i]);
	}
}

static void a_path_has_at_most_256_bytes_and_31_elements(void **state)
{
	char path[ROUTE_PATH_MAX + 2];
	size_t i;

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[ROUTE_PATH_MAX + 1] = '\0';
	assert_non_null(route_text_check_path(path));
	path[ROUTE_PATH_MAX] = '\0';
	assert_null(route_text_check_path(path));
	for (i = 0; i < ROUTE_DEPTH_MAX + 1; i++)
		memcpy(path + 2 * i, "/a", 3);
	assert_non_null(route_text_check_path(path));
	path[2 * ROUTE_DEPTH_MAX] = '\0';
	assert_null(route_text_check_path(path));
	path[2 * ROUTE_DEPTH_MAX] = '/';
	path[2 * ROUTE_DEPTH_MAX + 1] = '\0';
	assert_null(route_text_check_path(path));
}

static void the_depth_of_a_path_is_the_number_of_its_elements(void **state)
{
	(void)state;
	assert_int_equal(route_text_path_depth(""), 0);
	assert_int_equal(route_text_path_depth("/"), 0);
	assert_int_equal(route_text_path_depth("/a"), 1);
	assert_int_equal(route_text_path_depth("/a/"), 1);
	assert_int_equal(route_text_path_depth("/a/bc"), 2);
}

static void a_redirect_path_may_be_encoded(void **state)
{
	(void)state;
	assert_null(route_text_check_redirect_path("/a%20b;c"));
	assert_non_null(route_text_check_redirect_path("/a%2"));
	assert_non_null(route_text_check_redirect_path("/a%zz"));
	assert_non_null(route_text_check_redirect_path("/a\"b"));
	assert_non_null(route_text_check_redirect_path("//evil.example.com"));
	assert_non_null(route_text_check_redirect_path("/a\r\nSet-Cookie: b"));
}

static void host_names_are_dns_names(void **state)
{
	static const char *const good[] = {
		"a",     "shop.example.com",      "Shop.Example.COM", "*.example.com",
		"*.com", "xn--bcher-kva.example", "10.0.0.1",         "a-b.c"};
	static const char *const bad[] = {
		"",         "*",   "*.",   ".a",    "a.",    "a..b", "-a",  "a-",
		"a_b",      "a b", "*a.b", "a.*.b", "*.*.b", "a:80", "a/b", "b\xc3\xbc.example",
		"[fd00::1]"};
	char label[70];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		assert_null(route_text_check_host(good[i]));
	for (i = 0; i < COUNT(bad); i++) {
		if (!route_text_check_host(bad[i]))
			fail_msg("%s passed", bad[i]);
	}
	memset(label, 'a', sizeof(label));
	label[64] = '\0';
	assert_non_null(route_text_check_host(label));
	label[63] = '\0';
	assert_null(route_text_check_host(label));
}

static void a_host_name_has_at_most_253_bytes(void **state)
{
	char name[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '.' : 'a';
	name[253] = '\0';
	assert_null(route_text_check_host(name));
	name[253] = '.';
	name[255] = '\0';
	assert_non_null(route_text_check_host(name));
}

static void addresses_of_both_families_have_one_form(void **state)
{
	struct ip_address address;
	char text[ADDRESS_TEXT_MAX];

	(void)state;
	assert_true(route_text_read_address("10.1.2.3", &address));
	assert_true(route_text_is_ipv4(&address));
	assert_string_equal(address_text(&address, text), "10.1.2.3");
	assert_true(route_text_read_address("fd00::1", &address));
	assert_false(route_text_is_ipv4(&address));
	assert_string_equal(address_text(&address, text), "fd00::1");
	assert_false(route_text_read_address("10.1.2", &address));
	assert_false(route_text_read_address("fe80::1%eth0", &address));
	assert_false(route_text_read_address("", &address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_that_read_in_one_way_are_accepted),
		cmocka_unit_test(paths_that_read_in_two_ways_are_refused),
		cmocka_unit_test(a_path_has_at_most_256_bytes_and_31_elements),
		cmocka_unit_test(the_depth_of_a_path_is_the_number_of_its_elements),
		cmocka_unit_test(a_redirect_path_may_be_encoded),
		cmocka_unit_test(host_names_are_dns_names),
		cmocka_unit_test(a_host_name_has_at_most_253_bytes),
		cmocka_unit_test(addresses_of_both_families_have_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
