/* SPDX-License-Identifier: Apache-2.0 */
/* pathroutectl top and tail over maps and rings that another process changes meanwhile. */
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
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../agent/base/cleanup.h"
#include "../../agent/datapath/pins.h"
#include "../../agent/datapath/request_log.h"
#include "ctl_json.h"
#include "ctl_maps.h"
#include "pathroute_tc.skel.h"
#include "request_writer.h"

#define RULE 1 /* shop/web/api */
#define PAUSE_US 5000

static int map_fd(const char *name)
{
	return bpf_object__find_map_fd_by_name(ctl_maps.skeleton->obj, name);
}

static struct log_control control_read(void)
{
	struct log_control control = {0};
	uint32_t zero = 0;

	bpf_map_lookup_elem(map_fd("log_control"), &zero, &control);
	return control;
}

/* A process that does something again and again until it is killed. */
static pid_t repeat(void (*act)(void))
{
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;; usleep(PAUSE_US))
		act();
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void count_requests(void)
{
	static struct rule_stats stats;
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct rule_stats *values = calloc((size_t)cpus, sizeof(*values));
	uint32_t rule = RULE;

	stats.requests += 10;
	stats.status[2] += 5;
	stats.status[5] += 5;
	stats.aborted += 2;
	stats.bytes_to_client += 1000;
	stats.total_us[2] += 10;
	for (int cpu = 0; values && cpu < cpus; cpu++)
		values[cpu] = stats;
	if (values)
		bpf_map_update_elem(map_fd("rule_stats"), &rule, values, BPF_ANY);
}

/* As soon as somebody asks for it. */
static void put_request(void)
{
	struct log_entry entry = request_writer_entry();

	if (control_read().tail_until)
		request_writer_put(map_fd(REQUEST_LOG_TAIL), &entry, 1);
}

static char *run_beside(void (*act)(void), const char *const *words)
{
	pid_t child = repeat(act);
	char *text;

	assert_true(child > 0);
	text = ctl_json_run_text(ctl_maps.bpffs, 0, words);
	end(child);
	return text;
}

/* The next line as JSON; the caller frees it. */
static cJSON *next_json(char **text)
{
	const char *line = strsep(text, "\n");
	cJSON *json = line ? cJSON_Parse(line) : NULL;

	if (!json)
		fail_msg("no line of JSON");
	return json;
}

static void top_shows_rates_and_times_once_a_second(void **state)
{
	_cleanup_free_ char *text =
		run_beside(count_requests, WORDS("top", "-n", "2", "-o", "json"));
	char *rest = text;

	(void)state;
	for (int i = 0; i < 2; i++) {
		cJSON *json = next_json(&rest);
		const cJSON *rule = ctl_json_at(json, "rules.0");

		ctl_json_assert_text(rule, "rule", "shop/web/api");
		assert_true(ctl_json_at(rule, "requestsPerSecond")->valuedouble > 0);
		assert_true(ctl_json_at(rule, "abortedPerSecond")->valuedouble > 0);
		assert_true(ctl_json_at(rule, "bytesToClientPerSecond")->valuedouble > 0);
		ctl_json_assert_number(rule, "p50Us", 96);
		ctl_json_assert_number(rule, "connections", 1);
		assert_true(ctl_json_at(json, "seconds")->valuedouble >= 1);
		cJSON_Delete(json);
	}
	assert_string_equal(rest, "");
}

static void top_for_people_is_a_table(void **state)
{
	_cleanup_free_ char *text =
		run_beside(count_requests, WORDS("top", "-n", "1", "--limit", "1"));

	(void)state;
	assert_non_null(strstr(text, "  4 rules, "));
	assert_non_null(strstr(text, "\nRULE "));
	assert_non_null(strstr(text, "\nshop/web/api "));
	assert_non_null(strstr(text, "  50.0 %  96us  127us  "));
	assert_null(strstr(text, "shop/web/post"));
	assert_null(strchr(text, '\033'));
}

static void tail_shows_requests_as_they_end(void **state)
{
	_cleanup_free_ char *text = run_beside(put_request, WORDS("tail", "-n", "3", "-o", "json"));
	char *rest = text;

	(void)state;
	for (int i = 0; i < 3; i++) {
		cJSON *json = next_json(&rest);

		ctl_json_assert_text(json, "path", "/api/x");
		ctl_json_assert_text(json, "rule", "shop/web/api");
		ctl_json_assert_text(json, "service", "shop/api:http");
		ctl_json_assert_text(json, "endpoint", "10.0.1.2:8080");
		ctl_json_assert_number(json, "status", 200);
		cJSON_Delete(json);
	}
	assert_string_equal(rest, "");
}

static void tail_asks_only_while_it_runs(void **state)
{
	_cleanup_free_ char *text = run_beside(put_request, WORDS("tail", "-n", "1"));

	(void)state;
	assert_non_null(strstr(text, "GET shop.example.com/api/x  shop/web/api -> 10.0.1.2:8080"));
	assert_int_equal(control_read().tail_until, 0);
	assert_int_equal(control_read().every, 10);
}

static void tail_shows_nothing_of_before(void **state)
{
	struct log_entry old = request_writer_entry();
	_cleanup_free_ char *text = NULL;

	(void)state;
	memcpy(old.path, "/old", 4);
	assert_int_equal(request_writer_put(map_fd(REQUEST_LOG_TAIL), &old, 300), 300);
	text = run_beside(put_request, WORDS("tail", "-n", "2"));
	assert_null(strstr(text, "/old"));
}

static void one_tail_at_a_time(void **state)
{
	char directory[PINS_PATH_MAX];
	_cleanup_close_ int lock = -1;
	_cleanup_free_ char *text = NULL;

	(void)state;
	assert_int_equal(pins_format_directory(ctl_maps.bpffs, directory, sizeof(directory)), 0);
	assert_int_equal(pins_lock(directory, &lock), 0);
	text = ctl_json_run_text(ctl_maps.bpffs, 1, WORDS("tail"));
	assert_string_equal(text, "");
}

static void a_count_is_a_positive_number(void **state)
{
	const char *const *const lines[] = {WORDS("tail", "-n", "0"), WORDS("top", "-n", "x"),
					    WORDS("top", "--limit", "-1"),
					    WORDS("flows", "-n", "1")};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		_cleanup_free_ char *text = ctl_json_run_text(ctl_maps.bpffs, 2, lines[i]);

		assert_string_equal(text, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(top_shows_rates_and_times_once_a_second),
		cmocka_unit_test(top_for_people_is_a_table),
		cmocka_unit_test(tail_shows_requests_as_they_end),
		cmocka_unit_test(tail_asks_only_while_it_runs),
		cmocka_unit_test(tail_shows_nothing_of_before),
		cmocka_unit_test(one_tail_at_a_time),
		cmocka_unit_test(a_count_is_a_positive_number),
	};

	return cmocka_run_group_tests(tests, ctl_maps_begin, ctl_maps_end);
}
