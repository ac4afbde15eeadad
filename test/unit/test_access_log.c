/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

#include "sample_request.h"

static struct log_entry entry;
static struct access_log_request request;
static char line[ACCESS_LOG_LINE_MAX + 1];

static int setup(void **state)
{
	(void)state;
	sample_request(&entry, &request);
	return 0;
}

static const char *write_line(enum access_log_format format)
{
	size_t length = access_log_write(format, &request, line);

	assert_in_range(length, 1, ACCESS_LOG_LINE_MAX);
	line[length] = '\0';
	return line;
}

static void set_path(const char *bytes, size_t length)
{
	memcpy(entry.path, bytes, length);
	entry.path_length = (uint8_t)length;
}

/* One line, printable ASCII but for the newline at its end. */
static void assert_plain(const char *text)
{
	const char *end = strchr(text, '\n');

	assert_non_null(end);
	assert_string_equal(end, "\n");
	for (; text < end; text++)
		assert_in_range((unsigned char)*text, 0x20, 0x7e);
}

static void json_tells_all_of_a_request(void **state)
{
	(void)state;
	assert_string_equal(
		write_line(ACCESS_LOG_JSON),
		"{\"time\":\"2026-11-24T10:00:01.000042Z\",\"client\":\"192.0.2.1\","
		"\"client_port\":40001,\"method\":\"GET\",\"host\":\"shop.example.com\","
		"\"path\":\"/api/x\",\"protocol\":\"HTTP/1.1\",\"status\":200,"
		"\"request_bytes\":120,\"reply_bytes\":4567,\"first_byte_us\":800,"
		"\"duration_us\":1500,\"rule\":\"shop/web/api\",\"service\":\"shop/api:http\","
		"\"endpoint\":\"10.0.1.2:8080\",\"flags\":[]}\n");
}

static void combined_is_what_other_tools_read(void **state)
{
	(void)state;
	assert_string_equal(write_line(ACCESS_LOG_COMBINED),
			    "192.0.2.1 - - [24/Nov/2026:10:00:01 +0000] \"GET /api/x HTTP/1.1\" "
			    "200 4567 \"-\" \"-\"\n");
}

static void flags_are_named(void **state)
{
	(void)state;
	entry.flags = LOG_ABORTED | LOG_OWN_REPLY | LOG_HTTP_1_0 | LOG_HOST_CUT | LOG_PATH_CUT;
	write_line(ACCESS_LOG_JSON);
	assert_non_null(strstr(line, "\"flags\":[\"aborted\",\"own_reply\",\"host_cut\","
				     "\"path_cut\"]}\n"));
	assert_non_null(strstr(line, "\"protocol\":\"HTTP/1.0\""));
}

static void a_request_without_a_reply_has_no_status(void **state)
{
	(void)state;
	entry.status = 0;
	request.rule = request.service = request.endpoint = "";
	assert_non_null(strstr(write_line(ACCESS_LOG_JSON), "\"status\":0,"));
	assert_non_null(strstr(line, "\"rule\":\"\",\"service\":\"\",\"endpoint\":\"\""));
	assert_non_null(strstr(write_line(ACCESS_LOG_COMBINED), "HTTP/1.1\" - 4567"));
}

static void an_ipv6_client_is_written_as_such(void **state)
{
	(void)state;
	inet_pton(AF_INET6, "fd00:9::1", &entry.client);
	assert_non_null(strstr(write_line(ACCESS_LOG_JSON), "\"client\":\"fd00:9::1\""));
	assert_int_equal(strncmp(write_line(ACCESS_LOG_COMBINED), "fd00:9::1 - - [", 15), 0);
}

static void quotes_cannot_end_a_text(void **state)
{
	(void)state;
	set_path("/\"\\", 3);
	assert_non_null(strstr(write_line(ACCESS_LOG_JSON), "\"path\":\"/\\\"\\\\\","));
	assert_non_null(strstr(write_line(ACCESS_LOG_COMBINED), "\"GET /\\\"\\\\ HTTP/1.1\""));
}

static void odd_bytes_are_escaped(void **state)
{
	(void)state;
	set_path("/\0\n\t\x1b\x7f\xc3\xa9\xff", 9);
	assert_non_null(strstr(write_line(ACCESS_LOG_JSON),
			       "\"path\":\"/\\u0000\\u000a\\u0009\\u001b\\u007f\\u00c3\\u00a9"
			       "\\u00ff\""));
	assert_non_null(strstr(write_line(ACCESS_LOG_COMBINED),
			       "\"GET /\\x00\\n\\t\\x1b\\x7f\\xc3\\xa9\\xff HTTP/1.1\""));
}

static void every_byte_makes_one_line_of_json(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char text[2] = {'/', (char)byte};
		cJSON *json;

		set_path(text, 2);
		assert_plain(write_line(ACCESS_LOG_COMBINED));
		assert_plain(write_line(ACCESS_LOG_JSON));
		json = cJSON_Parse(line);
		assert_non_null(json);
		cJSON_Delete(json);
	}
}

static void the_longest_line_fits(void **state)
{
	char name[ROUTE_NAME_MAX] = {0};
	cJSON *json;

	(void)state;
	memset(name, 1, sizeof(name) - 1);
	memset(&entry, 0xff, sizeof(entry));
	request = (struct access_log_request){&entry, SAMPLE_REQUEST_STARTED_US, name, name, name};
	assert_plain(write_line(ACCESS_LOG_COMBINED));
	assert_plain(write_line(ACCESS_LOG_JSON));
	json = cJSON_Parse(line);
	assert_non_null(json);
	cJSON_Delete(json);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(json_tells_all_of_a_request),
		TEST(combined_is_what_other_tools_read),
		TEST(flags_are_named),
		TEST(a_request_without_a_reply_has_no_status),
		TEST(an_ipv6_client_is_written_as_such),
		TEST(quotes_cannot_end_a_text),
		TEST(odd_bytes_are_escaped),
		TEST(every_byte_makes_one_line_of_json),
		TEST(the_longest_line_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
