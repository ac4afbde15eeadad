/* SPDX-License-Identifier: Apache-2.0 */
/* The segments that come before a flow exists: a cookie proves them, or they leave nothing. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <time.h>

#include "../../bpf/lib/cookie.h"
#include "harness.h"

static void expect_no_flow(const struct connection *c)
{
	expect_number(testbed_count_entries(c->testbed, "flows"), 0);
}

static uint32_t slot_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint32_t)(((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec) >>
			  COOKIE_SLOT_SHIFT);
}

/* The client behaves as if it had been given a cookie `age` slots ago. */
static void take_old_cookie(struct connection *c, uint32_t age)
{
	uint32_t slot = slot_now() - age, index = slot % COOKIE_KEYS;
	struct cookie_options options = {.wscale = c->client.wscale, .sack = 1, .mss = 3};
	struct flow_key key = {
		.source = c->client_address,
		.destination = c->listener,
		.source_port = htons(c->client_port),
		.destination_port = htons(c->listener_port),
	};
	struct cookie_key secret;
	struct cookie made;

	bpf_map_lookup_elem(testbed_map(c->testbed, "cookie_keys"), &index, &secret);
	made = cookie_make(&secret, &key, slot, &options, c->client.isn);
	c->router_isn = made.isn;
	c->router_tsval = made.tsval;
	c->client.next = c->client.isn + 1;
	c->client.ack = c->router_isn + 1;
	c->client.tsecr = c->router_tsval;
	c->client.timestamps = true;
}

/* RST as RFC 9293 3.10.7.1 wants it: its seq is what was acknowledged. */
static void expect_reset(struct connection *c, enum verdict verdict)
{
	struct tcp_segment want = answer_to_client(c, 0, NULL);

	expect_verdict(c, verdict);
	want.flags = TCP_RST;
	want.ack = 0;
	memset(&want.options, 0, sizeof(want.options));
	expect_only(c, &want, ANY_WINDOW);
	expect_no_flow(c);
}

/* A request with a cookie that is not good. One in 2,048 looks like a later segment of a first
 * flight, since 12 bits decide that; then another port is tried. */
static void say_unproven(struct connection *c)
{
	for (unsigned i = 0; i < 4; i++) {
		client_says(c, TCP_PSH, REQUEST_ROOT);
		if (c->testbed->verdict != VERDICT_COOKIE_LATER_SEGMENT)
			return;
		c->client.next -= (uint32_t)strlen(REQUEST_ROOT);
		c->client_port += 100;
	}
}

static void a_good_cookie_with_a_request_makes_a_flow(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	expect_no_flow(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_POD_SYN);
	expect_number(testbed_flows_in_state(c->testbed, FLOW_CONNECTING), 1);
}

static void a_cookie_of_the_slot_before_is_good(void **state)
{
	struct connection *c = *state;

	take_old_cookie(c, 1);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_POD_SYN);
}

static void an_expired_cookie_is_reset(void **state)
{
	struct connection *c = *state;

	take_old_cookie(c, 3);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_reset(c, VERDICT_COOKIE_EXPIRED);
}

static void an_expired_cookie_without_timestamps_is_reset(void **state)
{
	struct connection *c = *state;

	take_old_cookie(c, 3);
	c->client.timestamps = false;
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_reset(c, VERDICT_COOKIE_EXPIRED);
}

/* A slot's lowest bit alone does not make a cookie of the far past a good one. */
static void a_very_old_cookie_is_reset(void **state)
{
	struct connection *c = *state;

	take_old_cookie(c, 2 * COOKIE_KEYS);
	say_unproven(c);
	expect_reset(c, VERDICT_NO_FLOW);
}

static void no_bit_of_a_cookie_can_be_changed(void **state)
{
	struct connection *c = *state;

	for (unsigned bit = 0; bit < 32; bit++) {
		struct tcp_segment request;

		testbed_reset(c->testbed);
		routes_write(c->routes, c->testbed, c->ipv6);
		client_connects(c);
		request = client_segment(c, TCP_PSH, REQUEST_ROOT);
		request.ack ^= 1u << bit;
		client_sends(c, &request);
		if (c->testbed->verdict == VERDICT_POD_SYN)
			expect_fail(HERE, "bit %u of the cookie does not count", bit);
		expect_no_flow(c);
	}
}

static void a_forged_cookie_is_reset(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	c->client.ack ^= 0x00ffe000;
	say_unproven(c);
	expect_reset(c, VERDICT_NO_FLOW);
}

static void a_wrong_tsecr_proves_nothing(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	c->client.tsecr ^= 1;
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_number(c->testbed->action == TESTBED_REDIRECT &&
			      c->testbed->verdict == VERDICT_POD_SYN,
		      false);
	expect_no_flow(c);
}

static void a_cookie_is_good_for_its_tuple_only(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	c->client_port++;
	say_unproven(c);
	expect_reset(c, VERDICT_NO_FLOW);
	c->client_port--;
	c->client.next -= (uint32_t)strlen(REQUEST_ROOT);
	c->listener = c->other_listener;
	say_unproven(c);
	expect_reset(c, VERDICT_NO_FLOW);
}

static void a_later_segment_of_the_first_flight_is_dropped(void **state)
{
	static const uint32_t distances[] = {1, 536, 1448, 8000, 16000};
	static const uint32_t isns[] = {1000000, 0x3ffe, 0x3fff, 0x4000, 0xffffffff, 0xffffc000};
	struct connection *c = *state;

	for (unsigned i = 0; i < 30; i++) {
		struct tcp_segment later;

		c->client.isn = isns[i / 5];
		client_connects(c);
		later = client_segment(c, TCP_PSH, REQUEST_ROOT);
		later.seq = c->client.isn + 1 + distances[i % 5];
		client_sends(c, &later);
		expect_dropped(c, VERDICT_COOKIE_LATER_SEGMENT);
	}
	expect_no_flow(c);
}

static void a_later_segment_without_timestamps_is_dropped(void **state)
{
	struct connection *c = *state;
	struct tcp_segment later;

	c->client.syn_layout = "mnwnns";
	client_connects(c);
	later = client_segment(c, TCP_PSH, REQUEST_ROOT);
	later.seq += 1460;
	client_sends(c, &later);
	expect_dropped(c, VERDICT_COOKIE_LATER_SEGMENT);
}

static void a_segment_far_away_is_reset(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	c->client.next += 100000;
	say_unproven(c);
	expect_reset(c, VERDICT_NO_FLOW);
}

static void a_pure_ack_is_swallowed(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says(c, 0, NULL);
	expect_dropped(c, VERDICT_ACK_SWALLOWED);
	expect_no_flow(c);
}

/* RFC 9293 3.8.4: seq is one below the next byte; with or without a byte of garbage. */
static void a_keep_alive_probe_is_answered(void **state)
{
	static const char *const garbage[] = {NULL, "\0"};
	struct connection *c = *state;

	client_connects(c);
	for (unsigned i = 0; i < 2; i++) {
		struct tcp_segment probe = client_segment(c, 0, NULL), want;

		probe.seq--;
		probe.payload = garbage[i];
		probe.payload_length = i;
		client_sends(c, &probe);
		expect_verdict(c, VERDICT_PROBE_ANSWERED);
		want = answer_to_client(c, 0, NULL);
		want.window = HOLD_LARGE_SIZE >> ROUTER_WSCALE;
		expect_only(c, &want, 0);
	}
	expect_no_flow(c);
}

static void a_fin_without_data_is_answered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;

	client_connects(c);
	client_says(c, TCP_FIN, NULL);
	expect_verdict(c, VERDICT_FIN_ANSWERED);
	want = answer_to_client(c, TCP_FIN, NULL);
	expect_only(c, &want, ANY_WINDOW);
	expect_no_flow(c);
}

static void a_rst_gets_no_answer(void **state)
{
	struct connection *c = *state;
	struct tcp_segment reset;

	client_connects(c);
	reset = client_segment(c, TCP_RST, NULL);
	client_sends(c, &reset);
	expect_dropped(c, VERDICT_RST_SWALLOWED);
	reset.flags = TCP_RST;
	client_sends(c, &reset);
	expect_dropped(c, VERDICT_RST_SWALLOWED);
}

static void an_unknown_segment_is_reset(void **state)
{
	struct connection *c = *state;

	c->client.next = 123456;
	c->client.ack = 654321;
	say_unproven(c);
	expect_reset(c, VERDICT_NO_FLOW);
}

static void an_unknown_segment_without_ack_is_reset_with_its_end(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment = client_segment(c, 0, "abc"), want;

	segment.flags = TCP_PSH;
	segment.ack = 0;
	segment.seq = 5000;
	c->client.next = 5000;
	c->client.ack = 0;
	client_sends(c, &segment);
	if (c->testbed->action == TESTBED_DROP)
		return;
	want = answer_to_client(c, TCP_RST, NULL);
	memset(&want.options, 0, sizeof(want.options));
	expect_only(c, &want, ANY_WINDOW);
}

static void resets_are_limited_in_rate(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment = client_segment(c, TCP_PSH, REQUEST_ROOT);
	struct packet packet;
	unsigned sent = 0;

	segment_build(&segment, &packet);
	while (sent < 50000 &&
	       testbed_act(c->testbed, &packet, c->testbed->network.client.ifindex) != TESTBED_DROP)
		sent++;
	assert_in_range(sent, 1, 49999);
	expect_number(testbed_verdict_total(c->testbed, VERDICT_RESET_LIMITED), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_BOTH_HOOKS(a_good_cookie_with_a_request_makes_a_flow),
		ON_BOTH_HOOKS(a_cookie_of_the_slot_before_is_good),
		ON_BOTH_HOOKS(an_expired_cookie_is_reset),
		ON_BOTH_HOOKS(an_expired_cookie_without_timestamps_is_reset),
		ON_BOTH_HOOKS(a_very_old_cookie_is_reset),
		ON_BOTH_HOOKS(no_bit_of_a_cookie_can_be_changed),
		ON_BOTH_HOOKS(a_forged_cookie_is_reset),
		ON_BOTH_HOOKS(a_wrong_tsecr_proves_nothing),
		ON_BOTH_HOOKS(a_cookie_is_good_for_its_tuple_only),
		ON_BOTH_HOOKS(a_later_segment_of_the_first_flight_is_dropped),
		ON_BOTH_HOOKS(a_later_segment_without_timestamps_is_dropped),
		ON_BOTH_HOOKS(a_segment_far_away_is_reset),
		ON_BOTH_HOOKS(a_pure_ack_is_swallowed),
		ON_BOTH_HOOKS(a_keep_alive_probe_is_answered),
		ON_BOTH_HOOKS(a_fin_without_data_is_answered),
		ON_BOTH_HOOKS(a_rst_gets_no_answer),
		ON_BOTH_HOOKS(an_unknown_segment_is_reset),
		ON_BOTH_HOOKS(an_unknown_segment_without_ack_is_reset_with_its_end),
		ON_BOTH_HOOKS(resets_are_limited_in_rate),
	};

	return HARNESS_RUN(tests);
}
