/* SPDX-License-Identifier: Apache-2.0 */
/* pathroutectl over maps that a test has filled: no agent, no program, no packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

#include "../../agent/base/cleanup.h"
#include "../../agent/datapath/readings.h"
#include "ctl_json.h"
#include "ctl_maps.h"
#include "ctl_process.h"

static const cJSON *run_json(int expected_status, const char *const *words)
{
	return ctl_json_run(ctl_maps.bpffs, expected_status, words);
}

static char *run_text(int expected_status, const char *const *words)
{
	return ctl_json_run_text(ctl_maps.bpffs, expected_status, words);
}

static void status_counts_what_the_maps_hold(void **state)
{
	const cJSON *json = run_json(0, WORDS("status"));
	const cJSON *tables = ctl_json_at(json, "tables");

	(void)state;
	ctl_json_assert_number(json, "abi", DATAPATH_ABI_VERSION);
	ctl_json_assert_number(ctl_json_named(tables, "name", "rules"), "entries", 4);
	ctl_json_assert_number(ctl_json_named(tables, "name", "endpoints"), "entries", 3);
	ctl_json_assert_number(ctl_json_named(tables, "name", "listeners"), "entries", 2);
	ctl_json_assert_number(ctl_json_named(tables, "name", "flows"), "entries", 3);
	ctl_json_assert_number(ctl_json_named(tables, "name", "holds_small"), "entries", 2);
	ctl_json_assert_number(ctl_json_named(tables, "name", "legs"), "entries", 2);
	ctl_json_assert_number(ctl_json_named(tables, "name", "log_slots"), "entries", 1);
	ctl_json_assert_number(ctl_json_named(tables, "name", "holds_large"), "entries", 1);
	ctl_json_assert_number(ctl_json_named(tables, "name", "flows"), "capacity", CTL_MAPS_FLOWS);
	ctl_json_assert_number(json, "flows.spliced", 2);
}

static void status_sums_packets_over_the_cpus(void **state)
{
	const cJSON *packets = ctl_json_at(run_json(0, WORDS("status")), "packets");

	(void)state;
	assert_int_equal(cJSON_GetArraySize(packets), 1);
	ctl_json_assert_text(packets, "0.verdict", "no_route");
	ctl_json_assert_text(packets, "0.class", "reply");
	ctl_json_assert_number(packets, "0.packets", 3 * libbpf_num_possible_cpus());
}

static void status_tells_of_the_access_log(void **state)
{
	const cJSON *json = run_json(0, WORDS("status"));
	_cleanup_free_ char *text = run_text(0, WORDS("status"));

	(void)state;
	ctl_json_assert_number(json, "accessLog.every", 10);
	ctl_json_assert_number(json, "accessLog.written", 0);
	ctl_json_assert_number(json, "accessLog.dropped", 3 * libbpf_num_possible_cpus());
	assert_non_null(strstr(text, "requests is logged\n"));
}

static void status_with_all_shows_every_verdict(void **state)
{
	const cJSON *packets = ctl_json_at(run_json(0, WORDS("status", "--all")), "packets");

	(void)state;
	assert_int_equal(cJSON_GetArraySize(packets), VERDICT_COUNT - 1);
}

static void status_asks_the_kernel_what_is_attached(void **state)
{
	const cJSON *json = run_json(0, WORDS("status"));

	(void)state;
	ctl_json_assert_text(json, "devices.1.name", "lo");
	ctl_json_assert_text(json, "devices.1.hook", readings_attach_label(ctl_maps.attached));
	assert_true(cJSON_IsTrue(ctl_json_at(json, "devices.1.asRecorded")));
	ctl_json_assert_number(json, "devices.1.programId", ctl_maps.program_id);
}

static void status_tells_a_device_that_is_attached_otherwise(void **state)
{
	const cJSON *json;

	(void)state;
	assert_int_equal(ctl_maps_attach(ATTACH_WISH_CLSACT), 0);
	json = run_json(0, WORDS("status"));
	ctl_json_assert_text(json, "devices.1.hook", "clsact");
	ctl_json_assert_number(json, "devices.1.programId", ctl_maps.program_id);
	assert_int_equal(ctl_maps_attach(ATTACH_WISH_AUTO), 0);
}

static void status_tells_when_a_device_has_lost_its_program(void **state)
{
	const cJSON *json = run_json(0, WORDS("status"));
	_cleanup_free_ char *text = run_text(0, WORDS("status"));

	(void)state;
	ctl_json_assert_text(json, "devices.0.name", "gone0");
	ctl_json_assert_text(json, "devices.0.hook", "none");
	assert_true(cJSON_IsFalse(ctl_json_at(json, "devices.0.asRecorded")));
	assert_non_null(strstr(text, "none, not tcx"));
}

static void routes_are_listed_by_listener_host_and_path(void **state)
{
	const cJSON *table = ctl_json_at(run_json(0, WORDS("routes")), "tables.0");

	(void)state;
	ctl_json_assert_text(table, "listeners.0", "10.96.0.1:80");
	ctl_json_assert_text(table, "listeners.1", "[fd00::96]:80");
	assert_int_equal(cJSON_GetArraySize(ctl_json_at(table, "routes")), 6);
	ctl_json_assert_text(table, "routes.0.host", "*.example.com");
	ctl_json_assert_text(table, "routes.0.path", "/");
	ctl_json_assert_text(table, "routes.1.host", "shop.example.com");
	ctl_json_assert_text(table, "routes.1.path", "/api");
	ctl_json_assert_text(table, "routes.1.type", "Prefix");
	ctl_json_assert_text(table, "routes.1.rule", "shop/web/api");
	ctl_json_assert_number(table, "routes.1.backends", 2);
	ctl_json_assert_number(table, "routes.1.endpoints", 3);
	ctl_json_assert_text(table, "routes.2.method", "POST");
	ctl_json_assert_text(table, "routes.2.rule", "shop/web/post");
	ctl_json_assert_text(table, "routes.3.type", "Exact");
	ctl_json_assert_text(table, "routes.3.redirect", "301 (host)/new");
	ctl_json_assert_text(table, "routes.4.type", "Default");
	ctl_json_assert_text(table, "routes.5.host", "");
}

static void routes_for_people_are_aligned(void **state)
{
	_cleanup_free_ char *text = run_text(0, WORDS("routes"));

	(void)state;
	assert_non_null(strstr(text,
			       "Listener 10.96.0.1:80, [fd00::96]:80\n"
			       "HOST              PATH       METHOD  RULE              LEADS TO\n"
			       "*.example.com     /          any     shop/web/default  "
			       "1 backend, 0 endpoints\n"
			       "shop.example.com  /api/      any     shop/web/api      "
			       "2 backends, 3 endpoints\n"));
}

static void backends_show_weights_and_counters(void **state)
{
	const cJSON *rule = ctl_json_named(ctl_json_at(run_json(0, WORDS("backends")), "rules"),
					   "rule", "shop/web/api");

	(void)state;
	ctl_json_assert_text(rule, "algorithm", "LeastRequests");
	ctl_json_assert_number(rule, "requests", 5 * libbpf_num_possible_cpus());
	ctl_json_assert_number(rule, "groups.0.weight", 90);
	ctl_json_assert_number(rule, "groups.1.weight", 10);
	assert_int_equal(cJSON_GetArraySize(ctl_json_at(rule, "groups.0.endpoints")), 2);
	ctl_json_assert_text(rule, "groups.0.endpoints.0.address", "10.0.1.2");
	ctl_json_assert_text(rule, "groups.0.endpoints.1.address", "fd00:1::2");
	ctl_json_assert_text(rule, "groups.1.endpoints.0.service", "shop/canary:80");
	ctl_json_assert_number(rule, "groups.1.endpoints.0.active", 7);
	ctl_json_assert_number(rule, "groups.1.endpoints.0.connections", 70);
	ctl_json_assert_number(rule, "groups.1.endpoints.0.failures", 3);
	assert_true(cJSON_IsTrue(ctl_json_at(rule, "groups.1.endpoints.0.ejected")));
}

static void backends_tell_missing_from_empty(void **state)
{
	_cleanup_free_ char *text = run_text(0, WORDS("backends"));

	(void)state;
	assert_non_null(strstr(text, "missing (500)"));
	assert_non_null(strstr(text, "none (503)"));
}

static void flows_are_listed_by_client(void **state)
{
	const cJSON *json = run_json(0, WORDS("flows"));

	(void)state;
	ctl_json_assert_number(json, "total", 3);
	ctl_json_assert_text(json, "flows.0.client", "192.0.2.1:40001");
	ctl_json_assert_text(json, "flows.0.state", "spliced");
	ctl_json_assert_text(json, "flows.0.rule", "shop/web/api");
	ctl_json_assert_text(json, "flows.0.pod", "10.0.1.2:8080");
	ctl_json_assert_number(json, "flows.0.outstandingRequests", 3);
	ctl_json_assert_number(json, "flows.0.parkedConnections", 2);
	ctl_json_assert_text(json, "flows.1.client", "192.0.2.2:40002");
	ctl_json_assert_text(json, "flows.1.state", "gathering");
	ctl_json_assert_text(json, "flows.1.pod", "");
	ctl_json_assert_text(json, "flows.2.client", "[fd00:9::1]:40000");
}

static void flows_are_filtered_by_client_and_state(void **state)
{
	const cJSON *json = run_json(0, WORDS("flows", "--client", "192.0.2.2"));

	(void)state;
	ctl_json_assert_number(json, "total", 1);
	ctl_json_assert_text(json, "flows.0.client", "192.0.2.2:40002");
	json = run_json(0, WORDS("flows", "--state=spliced"));
	ctl_json_assert_number(json, "total", 1);
	json = run_json(0, WORDS("flows", "--state=waiting"));
	ctl_json_assert_number(json, "total", 1);
	ctl_json_assert_text(json, "flows.0.client", "[fd00:9::1]:40000");
	json = run_json(1, WORDS("flows", "--state=tail"));
	ctl_json_assert_number(json, "total", 0);
}

static void flows_end_at_the_limit_and_say_so(void **state)
{
	_cleanup_free_ char *text = run_text(0, WORDS("flows", "--limit", "1"));
	const cJSON *json = run_json(0, WORDS("flows", "--limit", "1"));

	(void)state;
	assert_non_null(strstr(text, "... and 2 more"));
	ctl_json_assert_number(json, "total", 3);
	assert_int_equal(cJSON_GetArraySize(ctl_json_at(json, "flows")), 1);
}

static void two_runs_print_the_same(void **state)
{
	_cleanup_free_ char *first = run_text(0, WORDS("backends"));
	_cleanup_free_ char *second = run_text(0, WORDS("backends"));

	(void)state;
	assert_string_equal(first, second);
}

static void wrong_usage_ends_with_2(void **state)
{
	const char *const *const lines[] = {
		WORDS("flows", "--client", "nobody"), WORDS("flows", "--state", "happy"),
		WORDS("flows", "--limit", "0"),       WORDS("routes", "more"),
		WORDS("routes", "--limit", "1"),      WORDS("trace", "only-a-host"),
		WORDS("status", "-o", "xml"),         WORDS("nothing")};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		_cleanup_free_ char *text = run_text(2, lines[i]);

		assert_string_equal(text, "");
	}
}

static void without_pins_it_ends_with_1(void **state)
{
	const char *const words[] = {"status", NULL};
	_cleanup_free_ char *output = NULL;

	(void)state;
	assert_int_equal(ctl_process_run("/nonexistent", words, false, &output), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_counts_what_the_maps_hold),
		cmocka_unit_test(status_sums_packets_over_the_cpus),
		cmocka_unit_test(status_tells_of_the_access_log),
		cmocka_unit_test(status_with_all_shows_every_verdict),
		cmocka_unit_test(status_asks_the_kernel_what_is_attached),
		cmocka_unit_test(status_tells_a_device_that_is_attached_otherwise),
		cmocka_unit_test(status_tells_when_a_device_has_lost_its_program),
		cmocka_unit_test(routes_are_listed_by_listener_host_and_path),
		cmocka_unit_test(routes_for_people_are_aligned),
		cmocka_unit_test(backends_show_weights_and_counters),
		cmocka_unit_test(backends_tell_missing_from_empty),
		cmocka_unit_test(flows_are_listed_by_client),
		cmocka_unit_test(flows_are_filtered_by_client_and_state),
		cmocka_unit_test(flows_end_at_the_limit_and_say_so),
		cmocka_unit_test(two_runs_print_the_same),
		cmocka_unit_test(wrong_usage_ends_with_2),
		cmocka_unit_test(without_pins_it_ends_with_1),
	};

	return cmocka_run_group_tests(tests, ctl_maps_begin, ctl_maps_end);
}
