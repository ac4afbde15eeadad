/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/base/cleanup.h"
#include "../../agent/observe/metrics.h"
#include "prometheus_check.h"

static struct rule_reading rules[] = {
	{.id = 1,
	 .name = "shop/web/api",
	 .stats = {.connections = 3,
		   .requests = 4,
		   .bytes_to_pod = 5,
		   .bytes_to_client = 6,
		   .status = {[0] = 1, [2] = 2, [5] = 1},
		   .aborted = 7,
		   .total_us_sum = 2500000,
		   .total_us = {[0] = 1, [2] = 2, [STATS_TIME_BUCKETS - 1] = 1}}},
	{.id = 2, .name = "shop/web/shop"},
};

static struct endpoint_reading endpoints[] = {
	{.id = 1,
	 .service = "shop/api:http",
	 .address = {{0, 0, 0, 0}},
	 .port = 8080,
	 .ejected = true,
	 .stats = {.active = 2, .connections = 7, .failures = 1, .ejections = 1}},
};

static struct device_reading devices[] = {
	{.ifindex = 3,
	 .device = {.mtu = 1500,
		    .name = "veth0",
		    .attach = 1,
		    .xdp = 1,
		    .others = {{.before = 2}, {.behind = 3}}}},
	{.ifindex = 4, .device = {.mtu = 1500, .name = "veth1", .attach = 0}},
};

static struct readings full_readings(void)
{
	struct readings readings = {
		.rules = rules,
		.rule_count = 2,
		.endpoints = endpoints,
		.endpoint_count = 1,
		.devices = devices,
		.device_count = 2,
		.fills = {{.name = "flows", .entries = 5, .capacity = 131072}},
		.fill_count = 1,
	};

	inet_pton(AF_INET6, "::ffff:10.0.0.7", &endpoints[0].address);
	readings.verdicts[VERDICT_NO_ROUTE] = 11;
	readings.verdicts[VERDICT_SYN_ANSWERED] = 9;
	readings.verdicts_xdp[VERDICT_SYN_ANSWERED] = 8;
	readings.verdicts[VERDICT_TO_POD] = UINT64_MAX;
	readings.flows[FLOW_SPLICED] = 5;
	readings.flows[FLOW_WAITING] = 6;
	readings.log_counts[LOG_COUNT_WRITTEN] = 7;
	readings.log_counts[LOG_COUNT_DROPPED] = 8;
	readings.log_counts[LOG_COUNT_UNWRITTEN] = 9;
	return readings;
}

static char *write_text(const struct readings *readings, const struct agent_reading *agent)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	assert_int_equal(metrics_write(out, readings, agent), 0);
	fclose(out);
	return text;
}

static void assert_line(const char *text, const char *line)
{
	_cleanup_free_ char *whole = NULL;

	assert_true(asprintf(&whole, "\n%s\n", line) > 0);
	if (!strstr(text, whole))
		fail_msg("no line \"%s\"", line);
}

static void output_is_well_formed(void **state)
{
	struct readings readings = full_readings();
	struct agent_reading agent = {.version = "1.0", .sync_age = 0.5};
	_cleanup_free_ char *text = write_text(&readings, &agent);
	const char *wrong = prometheus_check(text);

	(void)state;
	if (wrong)
		fail_msg("%s", wrong);
}

static void output_without_any_object_is_well_formed(void **state)
{
	struct readings readings = {0};
	struct agent_reading agent = {.sync_age = -1};
	_cleanup_free_ char *text = write_text(&readings, &agent);
	const char *wrong;

	(void)state;
	assert_line(text, "pathroute_sync_age_seconds +Inf");
	wrong = prometheus_check(text);
	if (wrong)
		fail_msg("%s", wrong);
}

static void an_api_server_has_series_of_each_kind(void **state)
{
	struct readings readings = {0};
	struct agent_reading agent = {
		.kube = {.kinds = {{.name = "services", .objects = 7, .age = 1.5, .ends = {3}}},
			 .kind_count = 1,
			 .end_words = {"ended", "expired", "silent", "broken", "refused"},
			 .requests = {{"GET", 200, 9}},
			 .request_count = 1},
	};
	_cleanup_free_ char *text = write_text(&readings, &agent);
	const char *wrong;

	(void)state;
	assert_line(text, "pathroute_kube_objects{kind=\"services\"} 7");
	assert_line(text, "pathroute_kube_last_event_age_seconds{kind=\"services\"} 1.5");
	assert_line(text,
		    "pathroute_kube_watch_restarts_total{kind=\"services\",reason=\"ended\"} 3");
	assert_line(text, "pathroute_kube_requests_total{method=\"GET\",code=\"200\"} 9");
	wrong = prometheus_check(text);
	if (wrong)
		fail_msg("%s", wrong);
}

static void an_api_server_has_series_of_what_was_told_to_it(void **state)
{
	struct readings readings = {0};
	struct agent_reading agent = {
		.status = {.known = true, .leads = true, .written = 5, .conflicts = 2, .nodes = 40},
	};
	_cleanup_free_ char *text = write_text(&readings, &agent);
	const char *wrong;

	(void)state;
	assert_line(text, "pathroute_leader 1");
	assert_line(text, "pathroute_nodes 40");
	assert_line(text, "pathroute_status_writes_total{result=\"written\"} 5");
	assert_line(text, "pathroute_status_writes_total{result=\"conflict\"} 2");
	wrong = prometheus_check(text);
	if (wrong)
		fail_msg("%s", wrong);
}

static void another_source_has_none_of_them(void **state)
{
	struct readings readings = {0};
	struct agent_reading agent = {0};
	_cleanup_free_ char *text = write_text(&readings, &agent);

	(void)state;
	assert_null(strstr(text, "pathroute_kube_"));
	assert_null(strstr(text, "pathroute_leader"));
}

static void times_from_event_to_maps_are_a_histogram(void **state)
{
	struct readings readings = {0};
	struct agent_reading agent = {0};
	_cleanup_free_ char *text = NULL;

	(void)state;
	latency_add(&agent.event_to_maps, 0.001);
	latency_add(&agent.event_to_maps, 0.018);
	latency_add(&agent.event_to_maps, 5);
	text = write_text(&readings, &agent);
	assert_line(text, "pathroute_event_to_maps_seconds_bucket{le=\"0.0005\"} 0");
	assert_line(text, "pathroute_event_to_maps_seconds_bucket{le=\"0.001\"} 1");
	assert_line(text, "pathroute_event_to_maps_seconds_bucket{le=\"0.02\"} 2");
	assert_line(text, "pathroute_event_to_maps_seconds_bucket{le=\"+Inf\"} 3");
	assert_line(text, "pathroute_event_to_maps_seconds_count 3");
}

static void every_verdict_has_a_series(void **state)
{
	struct readings readings = full_readings();
	struct agent_reading agent = {.version = "1.0"};
	_cleanup_free_ char *text = write_text(&readings, &agent);

	(void)state;
#define X(symbol, label, class, status, help) \
	assert_non_null(strstr(text, "pathroute_packets_total{verdict=\"" #label "\",class="));
	VERDICTS(X)
#undef X
	assert_line(text, "pathroute_packets_total{verdict=\"no_route\",class=\"reply\"} 11");
}

static void counters_keep_all_64_bits(void **state)
{
	struct readings readings = full_readings();
	struct agent_reading agent = {.version = "1.0"};
	_cleanup_free_ char *text = write_text(&readings, &agent);

	(void)state;
	assert_line(text, "pathroute_packets_total{verdict=\"to_pod\",class=\"forward\"} "
			  "18446744073709551615");
}

static void rules_and_endpoints_have_their_labels(void **state)
{
	struct readings readings = full_readings();
	struct agent_reading agent = {.version = "1.0"};
	_cleanup_free_ char *text = write_text(&readings, &agent);

	(void)state;
	assert_line(text, "pathroute_rule_requests_total{namespace=\"shop\",route=\"web\","
			  "rule=\"api\"} 4");
	assert_line(text, "pathroute_rule_bytes_total{namespace=\"shop\",route=\"web\","
			  "rule=\"api\",direction=\"to_client\"} 6");
	assert_line(text, "pathroute_endpoint_active{service=\"shop/api:http\","
			  "address=\"10.0.0.7\",port=\"8080\"} 2");
	assert_line(text, "pathroute_rule_responses_total{namespace=\"shop\",route=\"web\","
			  "rule=\"api\",code=\"2xx\"} 2");
	assert_line(text, "pathroute_rule_responses_total{namespace=\"shop\",route=\"web\","
			  "rule=\"api\",code=\"unknown\"} 1");
	assert_line(text, "pathroute_rule_aborted_total{namespace=\"shop\",route=\"web\","
			  "rule=\"api\"} 7");
	assert_line(text, "pathroute_flows{state=\"spliced\"} 5");
	assert_line(text, "pathroute_flows{state=\"waiting\"} 6");
	assert_line(text, "pathroute_map_capacity{map=\"flows\"} 131072");
	assert_line(text, "pathroute_device_attached{device=\"veth1\",mode=\"none\"} 0");
	assert_line(text, "pathroute_device_foreign_programs{device=\"veth0\",hook=\"ingress\","
			  "position=\"before\"} 2");
	assert_line(text, "pathroute_device_foreign_programs{device=\"veth0\",hook=\"egress\","
			  "position=\"behind\"} 3");
	assert_line(text, "pathroute_device_xdp{device=\"veth0\",state=\"native\"} 1");
	assert_line(text, "pathroute_device_xdp{device=\"veth1\",state=\"off\"} 0");
	assert_line(text, "pathroute_xdp_packets_total{verdict=\"syn_answered\"} 8");
}

#define API "{namespace=\"shop\",route=\"web\",rule=\"api\""

static void times_are_cumulative_buckets_in_seconds(void **state)
{
	struct readings readings = full_readings();
	struct agent_reading agent = {.version = "1.0"};
	_cleanup_free_ char *text = write_text(&readings, &agent);

	(void)state;
	assert_line(text, "pathroute_rule_duration_seconds_bucket" API ",le=\"3.2e-05\"} 1");
	assert_line(text, "pathroute_rule_duration_seconds_bucket" API ",le=\"6.4e-05\"} 1");
	assert_line(text, "pathroute_rule_duration_seconds_bucket" API ",le=\"0.000128\"} 3");
	assert_line(text, "pathroute_rule_duration_seconds_bucket" API ",le=\"16.777216\"} 3");
	assert_line(text, "pathroute_rule_duration_seconds_bucket" API ",le=\"+Inf\"} 4");
	assert_line(text, "pathroute_rule_duration_seconds_sum" API "} 2.5");
	assert_line(text, "pathroute_rule_duration_seconds_count" API "} 4");
}

static void a_rule_without_requests_has_no_histogram(void **state)
{
	struct readings readings = full_readings();
	struct agent_reading agent = {.version = "1.0"};
	_cleanup_free_ char *text = write_text(&readings, &agent);

	(void)state;
	assert_non_null(strstr(text, "rule_requests_total{namespace=\"shop\",route=\"web\","
				     "rule=\"shop\"} 0\n"));
	assert_null(strstr(text, "rule_duration_seconds_count{namespace=\"shop\",route=\"web\","
				 "rule=\"shop\"}"));
}

static void what_the_access_log_lacks_is_counted(void **state)
{
	struct readings readings = full_readings();
	struct agent_reading agent = {.version = "1.0"};
	_cleanup_free_ char *text = write_text(&readings, &agent);

	(void)state;
	assert_line(text, "pathroute_access_log_entries_total 7");
	assert_line(text, "pathroute_access_log_dropped_total{by=\"kernel\"} 8");
	assert_line(text, "pathroute_access_log_dropped_total{by=\"agent\"} 9");
}

static void label_values_are_escaped(void **state)
{
	struct rule_reading odd = {.id = 1, .name = "a\"b\\c\nd/e"};
	struct readings readings = {.rules = &odd, .rule_count = 1};
	struct agent_reading agent = {.version = "\"1\\"};
	_cleanup_free_ char *text = write_text(&readings, &agent);
	const char *wrong;

	(void)state;
	assert_line(text, "pathroute_rule_requests_total{namespace=\"a\\\"b\\\\c\\nd\",route=\"e\","
			  "rule=\"\"} 0");
	wrong = prometheus_check(text);
	if (wrong)
		fail_msg("%s", wrong);
}

static void rules_with_one_name_are_one_series(void **state)
{
	struct rule_reading twins[] = {
		{.id = 1, .name = "a/b/c", .stats = {.requests = 2}},
		{.id = 9, .name = "a/b/c", .stats = {.requests = 3}},
	};
	struct readings readings = {.rules = twins, .rule_count = 2};
	struct agent_reading agent = {.version = "1"};
	_cleanup_free_ char *text = write_text(&readings, &agent);

	(void)state;
	assert_line(text,
		    "pathroute_rule_requests_total{namespace=\"a\",route=\"b\",rule=\"c\"} 5");
	assert_null(prometheus_check(text));
}

static void the_checker_itself_finds_faults(void **state)
{
	char no_type[] = "a_total 1\n";
	char twice[] = "# HELP a x\n# TYPE a gauge\na 1\na 2\n";
	char no_end[] = "# HELP a x\n# TYPE a gauge\na 1";
	char gauge_total[] = "# HELP a_total x\n# TYPE a_total gauge\n";
	char shrinks[] = "# HELP a x\n# TYPE a histogram\n"
			 "a_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n";
	char miscounts[] = "# HELP a x\n# TYPE a histogram\n"
			   "a_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n";
	char endless[] = "# HELP a x\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\n";
	char bad_escape[] = "# HELP a x\n# TYPE a gauge\na{b=\"\\t\"} 1\n";

	(void)state;
	assert_non_null(prometheus_check(no_type));
	assert_non_null(prometheus_check(twice));
	assert_non_null(prometheus_check(no_end));
	assert_non_null(prometheus_check(gauge_total));
	assert_non_null(prometheus_check(bad_escape));
	assert_non_null(prometheus_check(shrinks));
	assert_non_null(prometheus_check(miscounts));
	assert_non_null(prometheus_check(endless));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_well_formed),
		cmocka_unit_test(output_without_any_object_is_well_formed),
		cmocka_unit_test(an_api_server_has_series_of_each_kind),
		cmocka_unit_test(an_api_server_has_series_of_what_was_told_to_it),
		cmocka_unit_test(another_source_has_none_of_them),
		cmocka_unit_test(times_from_event_to_maps_are_a_histogram),
		cmocka_unit_test(every_verdict_has_a_series),
		cmocka_unit_test(counters_keep_all_64_bits),
		cmocka_unit_test(rules_and_endpoints_have_their_labels),
		cmocka_unit_test(times_are_cumulative_buckets_in_seconds),
		cmocka_unit_test(a_rule_without_requests_has_no_histogram),
		cmocka_unit_test(what_the_access_log_lacks_is_counted),
		cmocka_unit_test(label_values_are_escaped),
		cmocka_unit_test(rules_with_one_name_are_one_series),
		cmocka_unit_test(the_checker_itself_finds_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
