/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../agent/base/cleanup.h"
#include "../../ctl/request_line.h"
#include "sample_request.h"

static struct log_entry entry;
static struct access_log_request request;

static int setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	sample_request(&entry, &request);
	request.started_us = 1795514401234567ULL;
	return 0;
}

static char *print(void)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	request_line_print(out, &request);
	fclose(out);
	return text;
}

static void a_request_is_one_line(void **state)
{
	_cleanup_free_ char *text = print();

	(void)state;
	assert_string_equal(text, "10:00:01.234     200     1.5ms     4.6kB  192.0.2.1        "
				  "GET shop.example.com/api/x  shop/web/api -> 10.0.1.2:8080\n");
}

static void titles_stand_above_their_columns(void **state)
{
	_cleanup_free_ char *text = print(), *titles = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&titles, &length);

	(void)state;
	assert_non_null(out);
	request_line_print_titles(out);
	fclose(out);
	assert_int_equal(strstr(titles, "CLIENT") - titles, strstr(text, "192.0.2.1") - text);
	assert_int_equal(strstr(titles, "REQUEST") - titles, strstr(text, "GET") - text);
}

static void control_bytes_do_not_reach_the_terminal(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	memcpy(entry.path, "/\x1b[2J\x9b\n", 7);
	entry.path_length = 7;
	text = print();
	assert_non_null(strstr(text, "/\\x1b[2J\\x9b\\x0a  shop"));
}

static void what_is_odd_about_a_request_is_said(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	entry.status = 0;
	entry.flags = LOG_ABORTED | LOG_OWN_REPLY | LOG_HOST_CUT | LOG_PATH_CUT;
	request.rule = request.endpoint = "";
	text = print();
	assert_non_null(strstr(text, "       -  "));
	assert_non_null(strstr(text, "GET shop.example.com.../api/x...  (router's reply)  "
				     "(aborted)\n"));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_one_line),
		TEST(titles_stand_above_their_columns),
		TEST(control_bytes_do_not_reach_the_terminal),
		TEST(what_is_odd_about_a_request_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
