/* SPDX-License-Identifier: Apache-2.0 */
/* Dead flows are collected by the kernel alone: a timer that goes through the slots. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <time.h>

#include "harness.h"
#include "pathroute_tc.skel.h"

#define SHORT_TICKS 100
#define WAIT_MS 15000

static void start_sweep(const struct connection *c)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	int fd = bpf_program__fd(c->testbed->skeleton->progs.pathroute_sweep_start);

	expect_number(bpf_prog_test_run_opts(fd, &options), 0);
	expect_number(options.retval, 0);
}

/* Everything times out in a tenth of a second. */
static struct datapath_settings short_timeouts(void)
{
	struct datapath_settings settings = testbed_default_settings();

	settings.flows = 64;
	settings.head_timeout = SHORT_TICKS;
	settings.idle_timeout = SHORT_TICKS;
	settings.half_timeout = SHORT_TICKS;
	settings.connect_timeout = SHORT_TICKS;
	settings.closing_timeout = SHORT_TICKS;
	settings.tail_timeout = SHORT_TICKS;
	return settings;
}

static void use_timeouts(struct connection *c, const struct datapath_settings *settings)
{
	harness_use_settings(c, settings);
	start_sweep(c);
}

static void use_short_timeouts(struct connection *c)
{
	struct datapath_settings settings = short_timeouts();

	use_timeouts(c, &settings);
}

static bool wait_until(const struct connection *c, enum flow_state state, unsigned count)
{
	const struct timespec pause = {.tv_nsec = 20000000};

	for (unsigned waited = 0; waited < WAIT_MS; waited += 20) {
		if (testbed_flows_in_state(c->testbed, state) == count)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static void expect_collected(const struct connection *c)
{
	if (!wait_until(c, FLOW_FREE, c->testbed->settings.flows))
		expect_fail(HERE, "flows are left after %d ms", WAIT_MS);
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

	use_short_timeouts(c);
	connection_splice(c, REQUEST_ROOT);
	expect_collected(c);
	expect_number(active_of_pod(c), 0);
}

static void a_half_closed_flow_is_collected(void **state)
{
	struct datapath_settings settings = short_timeouts();
	struct connection *c = *state;

	settings.idle_timeout = 1000 * SHORT_TICKS;
	use_timeouts(c, &settings);
	connection_splice(c, REQUEST_ROOT);
	client_says(c, TCP_FIN, NULL);
	expect_collected(c);
}

static void a_flow_in_the_tail_is_collected(void **state)
{
	struct connection *c = *state;

	use_short_timeouts(c);
	connection_splice(c, REQUEST_ROOT);
	client_says(c, TCP_RST, NULL);
	expect_collected(c);
}

static void a_flow_that_no_pod_answers_is_collected(void **state)
{
	struct connection *c = *state;

	use_short_timeouts(c);
	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_POD_SYN);
	expect_collected(c);
	expect_number(active_of_pod(c), 0);
}

static void a_flow_after_an_own_reply_is_collected(void **state)
{
	struct connection *c = *state;

	use_short_timeouts(c);
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

	use_short_timeouts(c);
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

/* A timer cannot send: what it found overdue is answered when the next packet comes. */
static void a_head_that_takes_too_long_gets_408(void **state)
{
	struct datapath_settings settings = short_timeouts();
	struct connection *c = *state;
	struct tcp_segment got;

	settings.closing_timeout = 100 * SHORT_TICKS;
	use_timeouts(c, &settings);
	client_connects(c);
	client_says_part(c, TCP_PSH, REQUEST_ROOT, 10);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	assert_true(wait_until(c, FLOW_OVERDUE, 1));
	client_says(c, TCP_PSH, &REQUEST_ROOT[10]);
	expect_verdict(c, VERDICT_HEAD_TIMEOUT);
	got = take_segment(c);
	assert_memory_equal(got.payload, "HTTP/1.1 408 ", 13);
	expect_number(got.flags & TCP_FIN, TCP_FIN);
}

/* A RST in the window that is not exact may have ended the connection or not: silence tells. */
static void a_flow_whose_rst_nobody_challenged_is_collected(void **state)
{
	struct datapath_settings settings = short_timeouts();
	struct connection *c = *state;
	struct tcp_segment reset;

	settings.idle_timeout = 1000 * SHORT_TICKS;
	settings.half_timeout = 1000 * SHORT_TICKS;
	use_timeouts(c, &settings);
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

	use_short_timeouts(c);
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
