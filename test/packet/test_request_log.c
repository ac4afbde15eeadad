/* SPDX-License-Identifier: Apache-2.0 */
/* The rings of finished requests, what controls them, and the names for their numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/base/cleanup.h"
#include "../../agent/datapath/log_control.h"
#include "../../agent/datapath/readings.h"
#include "../../agent/datapath/request_log.h"
#include "../../agent/datapath/request_names.h"
#include "request_writer.h"
#include "routes_scene.h"

struct taken {
	unsigned count;
	struct log_entry last;
};

static void take(void *context, const struct log_entry *entry)
{
	struct taken *taken = context;

	taken->count++;
	taken->last = *entry;
}

static void request_log_closep(struct request_log **log)
{
	request_log_close(*log);
}

static void request_names_closep(struct request_names **names)
{
	request_names_close(*names);
}

static bool is_readable(const struct request_log *log)
{
	struct pollfd ready = {.fd = request_log_fd(log), .events = POLLIN};

	return poll(&ready, 1, 0) == 1;
}

static struct log_control control_read(void)
{
	struct log_control control;
	uint32_t zero = 0;

	routes_read("log_control", &zero, &control);
	return control;
}

static struct request_log *opened(const char *ring, struct taken *taken)
{
	struct request_log *log = NULL;

	assert_int_equal(request_log_open(routes.directory, ring, take, taken, &log), 0);
	return log;
}

static void an_entry_arrives_as_it_was_put(void **state)
{
	struct taken taken = {0};
	struct log_entry entry = request_writer_entry();
	_cleanup_(request_log_closep) struct request_log *log = NULL;

	(void)state;
	log = opened(REQUEST_LOG_AGENT, &taken);
	assert_false(is_readable(log));
	assert_int_equal(request_log_consume(log, 10), 0);
	assert_int_equal(request_writer_put(routes_map(REQUEST_LOG_AGENT), &entry, 1), 1);
	assert_true(is_readable(log));
	assert_int_equal(request_log_consume(log, 10), 1);
	assert_false(is_readable(log));
	assert_memory_equal(&taken.last, &entry, sizeof(entry));
}

static void a_turn_takes_a_limited_number(void **state)
{
	struct taken taken = {0};
	struct log_entry entry = request_writer_entry();
	_cleanup_(request_log_closep) struct request_log *log = NULL;

	(void)state;
	log = opened(REQUEST_LOG_AGENT, &taken);
	assert_int_equal(request_writer_put(routes_map(REQUEST_LOG_AGENT), &entry, 7), 7);
	assert_int_equal(request_log_consume(log, 3), 3);
	assert_int_equal(taken.count, 3);
	assert_true(is_readable(log));
	assert_int_equal(request_log_consume(log, 100), 4);
	assert_false(is_readable(log));
}

static void entries_wait_for_the_next_reader(void **state)
{
	struct taken taken = {0};
	struct log_entry entry = request_writer_entry();
	_cleanup_(request_log_closep) struct request_log *log = NULL;

	(void)state;
	assert_int_equal(request_writer_put(routes_map(REQUEST_LOG_TAIL), &entry, 5), 5);
	log = opened(REQUEST_LOG_TAIL, &taken);
	assert_int_equal(request_log_consume(log, 2), 2);
	request_log_close(STEAL(log));
	log = opened(REQUEST_LOG_TAIL, &taken);
	assert_int_equal(request_log_consume(log, 10), 3);
}

static void a_full_ring_takes_no_more(void **state)
{
	struct log_entry entry = request_writer_entry();
	int taken = request_writer_put(routes_map(REQUEST_LOG_AGENT), &entry, 1000);

	(void)state;
	assert_in_range(taken, 1, 999);
}

static void a_ring_that_is_not_there_is_told(void **state)
{
	struct request_log *log;

	(void)state;
	assert_int_equal(request_log_open("/nonexistent", REQUEST_LOG_AGENT, take, NULL, &log),
			 -ENOENT);
}

static void agent_and_pathroutectl_control_a_field_each(void **state)
{
	uint32_t now = readings_ticks_now();

	(void)state;
	assert_int_equal(log_control_set_every(routes.directory, 10), 0);
	assert_int_equal(log_control_set_tail(routes.directory, 5000), 0);
	assert_int_equal(control_read().every, 10);
	assert_in_range((uint32_t)(control_read().tail_until - now), 4000, 6000);
	assert_int_equal(log_control_set_tail(routes.directory, 0), 0);
	assert_int_equal(control_read().tail_until, 0);
	assert_int_equal(log_control_set_every(routes.directory, 0), 0);
	assert_int_equal(control_read().every, 0);
}

static void unwritten_entries_add_up_beside_the_kernels_counts(void **state)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ uint64_t *counts = calloc((size_t)cpus, sizeof(*counts));
	uint32_t dropped = LOG_COUNT_DROPPED, unwritten = LOG_COUNT_UNWRITTEN;
	uint64_t sum = 0;

	(void)state;
	assert_non_null(counts);
	counts[cpus - 1] = 7;
	assert_int_equal(bpf_map_update_elem(routes_map("log_counts"), &dropped, counts, BPF_ANY),
			 0);
	assert_int_equal(log_control_count_unwritten(routes.directory, 3), 0);
	assert_int_equal(log_control_count_unwritten(routes.directory, 4), 0);
	routes_read("log_counts", &unwritten, counts);
	for (int cpu = 0; cpu < cpus; cpu++)
		sum += counts[cpu];
	assert_int_equal(sum, 7);
	routes_read("log_counts", &dropped, counts);
	assert_int_equal(counts[cpus - 1], 7);
}

static void numbers_get_their_names(void **state)
{
	_cleanup_(request_names_closep) struct request_names *names = NULL;
	struct rule_set set;
	uint32_t rule, endpoint;

	(void)state;
	small_route(&routes.small, routes.host, "/a", "shop/web/a", "10.0.0.1");
	routes_apply();
	rule = routes_rule_id("/a");
	set = routes_set("/a");
	endpoint = routes_member(&set, 0, 0);
	assert_int_equal(request_names_open(routes.directory, &names), 0);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(request_names_rule(names, rule), "shop/web/a");
		assert_string_equal(request_names_endpoint(names, endpoint), "10.0.0.1:8080");
		assert_true(strlen(request_names_service(names, endpoint)) > 0);
	}
}

static void what_has_no_name_is_empty(void **state)
{
	_cleanup_(request_names_closep) struct request_names *names = NULL;

	(void)state;
	assert_int_equal(request_names_open(routes.directory, &names), 0);
	assert_string_equal(request_names_rule(names, 0), "");
	assert_string_equal(request_names_service(names, 0), "");
	assert_string_equal(request_names_endpoint(names, 0), "");
	assert_string_equal(request_names_rule(names, 9), "");
	assert_string_equal(request_names_endpoint(names, 9), "");
	assert_string_equal(request_names_rule(names, UINT32_MAX), "");
	assert_string_equal(request_names_service(names, UINT32_MAX), "");
}

static void a_forgotten_name_is_read_again(void **state)
{
	_cleanup_(request_names_closep) struct request_names *names = NULL;
	struct object_name name = {.text = "first"};
	uint32_t rule = 5;

	(void)state;
	assert_int_equal(request_names_open(routes.directory, &names), 0);
	bpf_map_update_elem(routes_map("rule_names"), &rule, &name, BPF_ANY);
	assert_string_equal(request_names_rule(names, rule), "first");
	name = (struct object_name){.text = "other"};
	bpf_map_update_elem(routes_map("rule_names"), &rule, &name, BPF_ANY);
	assert_string_equal(request_names_rule(names, rule), "first");
	request_names_forget(names);
	assert_string_equal(request_names_rule(names, rule), "other");
}

static const struct CMUnitTest tests[] = {
	TEST(an_entry_arrives_as_it_was_put),
	TEST(a_turn_takes_a_limited_number),
	TEST(entries_wait_for_the_next_reader),
	TEST(a_full_ring_takes_no_more),
	TEST(a_ring_that_is_not_there_is_told),
	TEST(agent_and_pathroutectl_control_a_field_each),
	TEST(unwritten_entries_add_up_beside_the_kernels_counts),
	TEST(numbers_get_their_names),
	TEST(what_has_no_name_is_empty),
	TEST(a_forgotten_name_is_read_again),
};

int main(void)
{
	return routes_run_tests("test_request_log", tests, sizeof(tests) / sizeof(tests[0]));
}
