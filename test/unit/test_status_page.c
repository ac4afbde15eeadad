/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "../../agent/base/cleanup.h"
#include "../../agent/observe/status_page.h"

static char *write_page(struct readings *readings, const struct http_check *checks, size_t count)
{
	struct agent_reading agent = {.version = "<1.0>", .sync_age = 2, .routes = 3};
	struct status_page page = {readings, &agent, checks, count};
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	assert_int_equal(status_page_write(out, &page), 0);
	fclose(out);
	return text;
}

static void page_shows_what_there_is(void **state)
{
	struct rule_reading rule = {.name = "shop/web/api", .stats = {.requests = 12345}};
	struct endpoint_reading endpoint = {
		.service = "shop/api:http", .port = 8080, .ejected = true};
	struct device_reading device = {.ifindex = 3,
					.device = {.name = "veth7", .attach = 1, .xdp = 2}};
	struct readings readings = {.rules = &rule,
				    .rule_count = 1,
				    .endpoints = &endpoint,
				    .endpoint_count = 1,
				    .devices = &device,
				    .device_count = 1};
	_cleanup_free_ char *text = NULL;

	(void)state;
	inet_pton(AF_INET6, "fd00::7", &endpoint.address);
	readings.verdicts[VERDICT_NO_ROUTE] = 9;
	text = write_page(&readings, NULL, 0);
	assert_non_null(strstr(text, "<td>shop/web/api</td>"));
	assert_non_null(strstr(text, ">12345</td>"));
	assert_non_null(strstr(text, "<td>[fd00::7]:8080</td>"));
	assert_non_null(strstr(text, "taken out"));
	assert_non_null(strstr(text, "<td>veth7</td>"));
	assert_non_null(strstr(text, "<td>foreign</td>"));
	assert_non_null(strstr(text, "<td>no_route</td>"));
	assert_null(strstr(text, "<td>bare_lf</td>"));
}

static void text_from_outside_is_escaped(void **state)
{
	struct rule_reading rule = {.name = "<script>\"&'"};
	struct readings readings = {.rules = &rule, .rule_count = 1};
	_cleanup_free_ char *text = write_page(&readings, NULL, 0);

	(void)state;
	assert_null(strstr(text, "<script>"));
	assert_non_null(strstr(text, "<td>&lt;script&gt;&quot;&amp;&#39;</td>"));
	assert_non_null(strstr(text, "Version &lt;1.0&gt;,"));
}

static void failed_checks_stand_out(void **state)
{
	const struct http_check checks[] = {
		{.name = "programs", .passed = true},
		{.name = "sync", .passed = false, .text = "never"},
	};
	struct readings readings = {0};
	_cleanup_free_ char *text = write_page(&readings, checks, 2);

	(void)state;
	assert_non_null(strstr(text, "<td>programs</td><td>ok</td>"));
	assert_non_null(strstr(text, "<td>sync</td><td class=\"bad\">failed</td><td>never</td>"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_shows_what_there_is),
		cmocka_unit_test(text_from_outside_is_escaped),
		cmocka_unit_test(failed_checks_stand_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
