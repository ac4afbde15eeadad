/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/status/cluster_size.h"
#include "agent/status/status_pace.h"

#define NOW 10000000

static const struct status_pace_wish other = {.difference = STATUS_OTHER};
static const struct status_pace_wish spreading = {.difference = STATUS_OTHER, .spreads = true};
static const struct status_pace_wish counts = {.difference = STATUS_COUNTS, .spreads = true};

/* Milliseconds until the route may be written; it is written then. */
static uint64_t wait_and_write(struct status_pace *pace, struct status_route *route,
			       const struct status_pace_wish *wish, uint64_t now_ms)
{
	uint64_t at_ms = now_ms;

	for (;;) {
		uint64_t next_ms = status_pace_route(pace, route, wish, at_ms);

		if (next_ms <= at_ms)
			break;
		at_ms = next_ms;
	}
	status_pace_wrote(pace, route, at_ms);
	return at_ms - now_ms;
}

static void what_concerns_all_nodes_is_written_at_once(void **state)
{
	struct status_pace pace = {.nodes = 3};
	struct status_route route = {.changed_ms = NOW};

	(void)state;
	assert_int_equal(wait_and_write(&pace, &route, &other, NOW), 0);
}

static void a_new_generation_is_given_a_moment_to_get_around(void **state)
{
	struct status_pace pace = {.nodes = 3};
	struct status_route route = {.changed_ms = NOW};

	(void)state;
	assert_int_equal(wait_and_write(&pace, &route, &spreading, NOW), 530);
	pace.nodes = 5000;
	route = (struct status_route){.changed_ms = NOW};
	assert_int_equal(wait_and_write(&pace, &route, &spreading, NOW), 2000);
}

/* A change that reaches 5,000 nodes within a minute. */
static void a_rollout_over_many_nodes_is_a_few_writes(void **state)
{
	struct status_pace pace = {.nodes = 5000};
	struct status_route route = {.changed_ms = NOW};
	uint64_t now_ms = NOW;
	unsigned writes = 0;

	(void)state;
	for (; now_ms < NOW + 60000; writes++)
		now_ms += wait_and_write(&pace, &route, writes ? &counts : &spreading, now_ms);
	assert_in_range(writes, 5, 8);
}

static void a_route_that_flaps_is_written_now_and_then(void **state)
{
	struct status_pace pace = {.nodes = 3};
	struct status_route route = {.changed_ms = NOW - 1000000};
	uint64_t now_ms = NOW;
	unsigned writes = 0;

	(void)state;
	for (; now_ms < NOW + 60000; writes++)
		now_ms += wait_and_write(&pace, &route, &other, now_ms);
	assert_in_range(writes, 30, 34);
}

/* A node joins a cluster of 5,000 nodes with 1,000 routes, each of which has a new number now. */
static void a_node_that_joins_does_not_hurry_the_writes_of_all_routes(void **state)
{
	struct status_pace pace = {.nodes = 5000};
	unsigned now = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct status_route route = {.changed_ms = NOW - 10000000};

		now += status_pace_route(&pace, &route, &counts, NOW) <= NOW;
	}
	assert_in_range(now, 1, 10);
}

static void all_routes_together_are_written_at_a_bounded_rate(void **state)
{
	struct status_pace pace = {.nodes = 5000};
	uint64_t now_ms = NOW;
	unsigned writes = 0;

	(void)state;
	while (now_ms < NOW + 60000) {
		struct status_route route = {.changed_ms = NOW - 10000000};
		uint64_t at_ms = status_pace_any(&pace, now_ms);

		if (at_ms > now_ms) {
			now_ms = at_ms;
			continue;
		}
		wait_and_write(&pace, &route, &other, now_ms);
		writes++;
	}
	assert_in_range(writes, 4 * 60, 4 * 60 + 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_concerns_all_nodes_is_written_at_once),
		cmocka_unit_test(a_new_generation_is_given_a_moment_to_get_around),
		cmocka_unit_test(a_rollout_over_many_nodes_is_a_few_writes),
		cmocka_unit_test(a_route_that_flaps_is_written_now_and_then),
		cmocka_unit_test(a_node_that_joins_does_not_hurry_the_writes_of_all_routes),
		cmocka_unit_test(all_routes_together_are_written_at_a_bounded_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
