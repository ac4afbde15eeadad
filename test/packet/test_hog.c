/* SPDX-License-Identifier: Apache-2.0 */
/* A client address that fills the holds: others are served all the same. */
#include <stdio.h>

#include "harness.h"
#include "harness_legs.h"

#define POST_ROOT "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok"

#define HOLDS (TESTBED_HOLDS_SMALL + TESTBED_HOLDS_LARGE)

/* A new client of another IPv4 address or /64, by its number. */
static void next_client_of(struct connection *c, unsigned source)
{
	harness_next_client(c);
	c->client_address.word[c->ipv6 ? 1 : 3] += source << 24;
}

static enum verdict ask_root(struct connection *c, unsigned source)
{
	next_client_of(c, source);
	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	return c->testbed->verdict;
}

/* Requests to pods that do not answer, until all holds are taken. */
static void fill_with_unanswered(struct connection *c)
{
	for (unsigned i = 0; i < HOLDS; i++)
		expect_number(ask_root(c, 0), VERDICT_POD_SYN);
	expect_number(ask_root(c, 0), VERDICT_HOLD_FULL);
}

static void expect_evicted(const struct connection *c, unsigned count)
{
	expect_number(testbed_verdict_total(c->testbed, VERDICT_HOLD_EVICTED), count);
}

static void expect_other_source_served(struct connection *c)
{
	ask_root(c, 1);
	take_pod_syn(c);
	pod_accepts(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
}

static void a_source_with_most_holds_gives_one_up(void **state)
{
	struct connection *c = *state;

	fill_with_unanswered(c);
	expect_other_source_served(c);
	expect_evicted(c, 1);
	expect_number(testbed_flows_in_state(c->testbed, FLOW_OVERDUE), 1);
	expect_number(active_on(c, 0), HOLDS);
}

static void one_that_was_given_up_is_answered_408(void **state)
{
	struct connection *c = *state;
	struct tcp_segment again;
	unsigned port;

	fill_with_unanswered(c);
	port = c->client_port;
	expect_other_source_served(c);
	next_client_of(c, 0);
	for (c->client_port = port; flow_of(c).state != FLOW_OVERDUE; c->client_port--)
		if (port - c->client_port > TESTBED_FLOWS)
			expect_fail(HERE, "no connection is overdue");
	again = client_segment(c, TCP_PSH, "\n");
	again.seq = flow_of(c).client_next - 1;
	again.ack = flow_of(c).isn + 1;
	client_sends(c, &again);
	expect_verdict(c, VERDICT_HEAD_TIMEOUT);
	assert_memory_equal(take_segment(c).payload, "HTTP/1.1 408 ", 13);
}

static void a_request_that_waits_is_given_up_and_sent_again(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < TESTBED_HOLDS_SMALL; i++) {
		harness_next_client(c);
		connection_splice(c, POST_ROOT);
		client_says(c, TCP_PSH, REQUEST_API);
		expect_dropped(c, VERDICT_REQUEST_WAITS);
		expect_number(flow_of(c).progress & FLOW_PENDING, FLOW_PENDING);
	}
	expect_other_source_served(c);
	expect_evicted(c, 1);
	expect_number(testbed_flows_in_state(c->testbed, FLOW_SPLICED), TESTBED_HOLDS_SMALL + 1);
}

static void a_source_takes_nothing_from_itself(void **state)
{
	struct connection *c = *state;

	fill_with_unanswered(c);
	for (unsigned i = 0; i < 5; i++)
		expect_number(ask_root(c, 0), VERDICT_HOLD_FULL);
	expect_evicted(c, 0);
}

/* In one half of all numbers a pod that has said nothing seems to have acknowledged everything. */
static void a_called_pod_has_acknowledged_nothing(void **state)
{
	static const uint32_t numbers[] = {0x10000000, 0x90000000};
	struct connection *c = *state;

	for (unsigned i = 0; i < 2; i++) {
		testbed_reset(c->testbed);
		routes_write(c->routes, c->testbed, c->ipv6);
		routes_write_cookie_keys(c->testbed, 1);
		c->client.isn = numbers[i];
		fill_with_unanswered(c);
	}
}

static void many_sources_take_nothing_from_each_other(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < HOLDS; i++)
		expect_number(ask_root(c, i), VERDICT_POD_SYN);
	for (unsigned i = 0; i < 5; i++)
		expect_number(ask_root(c, HOLDS + i), VERDICT_HOLD_FULL);
	expect_evicted(c, 0);
}

/* A long head, and a pod that thinks about it. */
static void ask_at_length(struct connection *c, unsigned source)
{
	static char request[2600];

	snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: a\r\nA: %02500d\r\n\r\n", 0);
	next_client_of(c, source);
	client_connects(c);
	client_says_part(c, TCP_PSH, request, 1300);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	client_says(c, TCP_PSH, &request[1300]);
	expect_verdict(c, VERDICT_POD_SYN);
	take_pod_syn(c);
	c->stream_length = 0;
	pod_accepts(c);
	pod_says(c, 0, NULL);
	expect_verdict(c, VERDICT_TO_CLIENT);
	take_segment(c);
}

/* Its pod has the request; that it could be repeated is worth less than another's. */
static void a_large_hold_of_an_acknowledged_request_is_given_up(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < TESTBED_HOLDS_LARGE; i++)
		ask_at_length(c, i);
	next_client_of(c, TESTBED_HOLDS_LARGE);
	client_connects(c);
	client_says_part(c, TCP_PSH, REQUEST_ROOT, 10);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	expect_evicted(c, 0);
	expect_number(testbed_flows_in_state(c->testbed, FLOW_SPLICED), TESTBED_HOLDS_LARGE);
}

/* No incomplete head is refused while there is another way. */
static void an_acknowledged_request_gives_its_hold_up_before_a_head_is_refused(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < TESTBED_HOLDS_LARGE; i++) {
		if (i < TESTBED_HOLDS_LARGE - 2) {
			ask_at_length(c, i);
			continue;
		}
		next_client_of(c, i);
		client_connects(c);
		client_says_part(c, TCP_PSH, REQUEST_ROOT, 10);
		expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	}
	next_client_of(c, TESTBED_HOLDS_LARGE);
	client_connects(c);
	client_says_part(c, TCP_PSH, REQUEST_ROOT, 10);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	expect_evicted(c, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_source_with_most_holds_gives_one_up),
		BOTH(one_that_was_given_up_is_answered_408),
		BOTH(a_request_that_waits_is_given_up_and_sent_again),
		BOTH(a_source_takes_nothing_from_itself),
		BOTH(a_called_pod_has_acknowledged_nothing),
		BOTH(many_sources_take_nothing_from_each_other),
		BOTH(a_large_hold_of_an_acknowledged_request_is_given_up),
		BOTH(an_acknowledged_request_gives_its_hold_up_before_a_head_is_refused),
	};

	return HARNESS_RUN(tests);
}
