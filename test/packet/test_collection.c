/* SPDX-License-Identifier: Apache-2.0 */
/* Dead flows are collected by the kernel alone: a timer that goes through the slots. */
#include <bpf/bpf.h>
#include <time.h>

#include "harness.h"
#include "harness_sweep.h"

static void expect_collected(const struct connection *c)
{
	if (!sweep_wait(c, FLOW_FREE, c->testbed->settings.flows))
		expect_fail(HERE, "flows are left after %d ms", SWEEP_WAIT_MS);
	expect_number(testbed_count_entries(c->testbed, "flows"), 0);
	expect_number(testbed_heads_held(c->testbed), 0);
	for (unsigned state = FLOW_GATHERING; state < FLOW_STATE_COUNT; state++)
		expect_number(testbed_gauge(c->testbed, (enum flow_state)state), 0);
}

static uint32_t active_of_pod(const struct connection *c)
{
	uint32_t endpoint = routes_endpoint(c->routes, 0);
	struct endpoint_stats stats = {};

	bpf_map_lookup_elem(testbed_map(c->testbed, "endpoint_stats"), &endpoint, &stats);
	return stats.active;
}

static void an_idle_flow_is_collected(void **state)
{
	struct connection *c = *state;

	sweep_use_short_timeouts(c);
	connection_splice(c, REQUEST_ROOT);
	expect_collected(c);
	expect_number(active_of_pod(c), 0);
}

static void a_half_closed_flow_is_collected(void **state)
{
	struct datapath_settings settings = sweep_short_timeouts();
	struct connection *c = *state;

	settings.idle_timeout = 1000 * SWEEP_SHORT_TICKS;
	sweep_use(c, &settings);
	connection_splice(c, REQUEST_ROOT);
	client_says(c, TCP_FIN, NULL);
	expect_collected(c);
}

static void a_flow_in_the_tail_is_collected(void **state)
{
	struct connection *c = *state;

	sweep_use_short_timeouts(c);
	connection_splice(c, REQUEST_ROOT);
	client_says(c, TCP_RST, NULL);
	expect_collected(c);
}

static void a_flow_that_no_pod_answers_is_collected(void **state)
{
	struct connection *c = *state;

	sweep_use_short_timeouts(c);
	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_POD_SYN);
	expect_collected(c);
	expect_number(active_of_pod(c), 0);
}

static void a_flow_after_an_own_reply_is_collected(void **state)
{
	struct connection *c = *state;

	sweep_use_short_timeouts(c);
	c->listener = c->other_listener;
	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_NO_ROUTE);
	expect_collected(c);
}

/* The deadline first makes it overdue, so that the next packet gets its 408; then it goes. */
static void a_half_head_is_collected_with_its_hold(void **state)
{
	struct connection *c = *state;

	sweep_use_short_timeouts(c);
	client_connects(c);
	client_says_part(c, TCP_PSH, REQUEST_ROOT, 10);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	expect_collected(c);
	for (unsigned i = 0; i < 2 * TESTBED_HOLDS_LARGE; i++) {
		harness_next_client(c);
		client_connects(c);
		client_says_part(c, TCP_PSH, REQUEST_ROOT, 10);
		expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
		client_says(c, TCP_RST, NULL);
	}
}

/* Without an agent, what the timer found overdue is answered when the next packet comes. */
static void a_head_that_takes_too_long_gets_408(void **state)
{
	struct datapath_settings settings = sweep_short_timeouts();
	struct connection *c = *state;
	struct tcp_segment got;

	settings.closing_timeout = 100 * SWEEP_SHORT_TICKS;
	sweep_use(c, &settings);
	client_connects(c);
	client_says_part(c, TCP_PSH, REQUEST_ROOT, 10);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	assert_true(sweep_wait(c, FLOW_OVERDUE, 1));
	client_says(c, TCP_PSH, &REQUEST_ROOT[10]);
	expect_verdict(c, VERDICT_HEAD_TIMEOUT);
	got = take_segment(c);
	assert_memory_equal(got.payload, "HTTP/1.1 408 ", 13);
	expect_number(got.flags & TCP_FIN, TCP_FIN);
}

/* A RST in the window that is not exact may have ended the connection or not: silence tells. */
static void a_flow_whose_rst_nobody_challenged_is_collected(void **state)
{
	struct datapath_settings settings = sweep_short_timeouts();
	struct connection *c = *state;
	struct tcp_segment reset;

	settings.idle_timeout = 1000 * SWEEP_SHORT_TICKS;
	settings.half_timeout = 1000 * SWEEP_SHORT_TICKS;
	sweep_use(c, &settings);
	connection_open_bulk(c);
	client_says(c, TCP_PSH, "not acknowledged by the pod");
	reset = client_segment(c, TCP_RST, NULL);
	reset.seq -= 5;
	client_sends(c, &reset);
	expect_verdict(c, VERDICT_TO_POD);
	expect_number(testbed_flows_in_state(c->testbed, FLOW_SPLICED), 1);
	expect_collected(c);
}

static void a_flow_in_use_is_not_collected(void **state)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	struct connection *c = *state;

	sweep_use_short_timeouts(c);
	connection_open_bulk(c);
	for (unsigned i = 0; i < 50; i++) {
		client_says(c, TCP_PSH, "x");
		expect_verdict(c, VERDICT_TO_POD);
		nanosleep(&pause, NULL);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(an_idle_flow_is_collected),
		BOTH(a_half_closed_flow_is_collected),
		BOTH(a_flow_in_the_tail_is_collected),
		BOTH(a_flow_that_no_pod_answers_is_collected),
		BOTH(a_flow_after_an_own_reply_is_collected),
		BOTH(a_half_head_is_collected_with_its_hold),
		BOTH(a_head_that_takes_too_long_gets_408),
		BOTH(a_flow_whose_rst_nobody_challenged_is_collected),
		BOTH(a_flow_in_use_is_not_collected),
	};

	return HARNESS_RUN(tests);
}
