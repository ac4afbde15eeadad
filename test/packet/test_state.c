/* SPDX-License-Identifier: Apache-2.0 */
/* The flow table: limits, slots and generations, ports that collide, and gauges that add up. */
#include <bpf/bpf.h>

#include "harness.h"
#include "harness_legs.h"

static unsigned in_use(const struct connection *c)
{
	return c->testbed->settings.flows - testbed_flows_in_state(c->testbed, FLOW_FREE);
}

/* Slots are the truth; the gauges must say the same, and each flow has its index entries. */
static void expect_gauges_right(const struct connection *c)
{
	for (unsigned i = FLOW_GATHERING; i < FLOW_STATE_COUNT; i++) {
		enum flow_state number = (enum flow_state)i;

		expect_number(testbed_gauge(c->testbed, number),
			      testbed_flows_in_state(c->testbed, number));
	}
}

static void say_half_a_head(struct connection *c)
{
	client_connects(c);
	client_says_part(c, TCP_PSH, REQUEST_ROOT, 10);
}

static void gauges_follow_a_flow_through_its_states(void **state)
{
	struct connection *c = *state;

	say_half_a_head(c);
	expect_gauges_right(c);
	expect_number(testbed_gauge(c->testbed, FLOW_GATHERING), 1);
	client_says(c, TCP_PSH, &REQUEST_ROOT[10]);
	expect_gauges_right(c);
	expect_number(testbed_gauge(c->testbed, FLOW_CONNECTING), 1);
	take_pod_syn(c);
	pod_accepts(c);
	expect_gauges_right(c);
	expect_number(testbed_gauge(c->testbed, FLOW_SPLICED), 1);
	pod_says(c, 0, NULL);
	client_says(c, TCP_RST, NULL);
	expect_gauges_right(c);
	expect_number(testbed_gauge(c->testbed, FLOW_TAIL), 1);
}

static void a_flow_has_two_index_entries(void **state)
{
	struct connection *c = *state;

	say_half_a_head(c);
	expect_number(testbed_count_entries(c->testbed, "flows"), 1);
	client_says(c, TCP_PSH, &REQUEST_ROOT[10]);
	expect_number(testbed_count_entries(c->testbed, "flows"), 2);
}

/* The first of the connections is handed out. */
static void fill_table(struct connection *c, struct connection *ret_first)
{
	struct datapath_settings settings = testbed_default_settings();

	settings.flows = 4;
	harness_use_settings(c, &settings);
	for (unsigned i = 0; i < 4; i++) {
		connection_splice(c, REQUEST_ROOT);
		if (!i)
			*ret_first = *c;
		harness_next_client(c);
	}
}

static void a_full_table_refuses_new_connections(void **state)
{
	struct connection *c = *state, first;
	struct tcp_segment got;

	fill_table(c, &first);
	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_TABLE_FULL);
	got = take_segment(c);
	expect_number(got.flags & TCP_RST, TCP_RST);
	expect_number(got.seq, c->client.ack);
	expect_nothing_more(c);
}

static void a_full_table_keeps_its_flows(void **state)
{
	struct connection *c = *state, established;

	fill_table(c, &established);
	for (unsigned i = 0; i < 10; i++) {
		harness_next_client(c);
		client_connects(c);
		client_says(c, TCP_PSH, REQUEST_ROOT);
	}
	expect_verdict(c, VERDICT_TABLE_FULL);
	pod_passes(&established, TCP_PSH, REPLY_OK);
	client_passes(&established, TCP_PSH, REQUEST_ROOT);
}

static void one_source_may_hold_only_some_incomplete_heads(void **state)
{
	struct connection *c = *state;
	struct tcp_segment got;

	for (unsigned i = 0; i < TESTBED_SOURCE_CAP; i++) {
		say_half_a_head(c);
		expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
		harness_next_client(c);
	}
	say_half_a_head(c);
	expect_verdict(c, VERDICT_SOURCE_CAP);
	got = take_segment(c);
	expect_number(got.flags & TCP_RST, TCP_RST);
	harness_next_client(c);
	connection_splice(c, REQUEST_ROOT);
}

/* The cap is for /32 and /64. */
static void another_source_is_not_held_up(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < TESTBED_SOURCE_CAP; i++) {
		say_half_a_head(c);
		harness_next_client(c);
	}
	c->client_address = segment_address(c->ipv6 ? "fd00:c:0:1::10" : "192.0.2.11");
	say_half_a_head(c);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
}

static void addresses_of_one_ipv6_network_share_the_cap(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < TESTBED_SOURCE_CAP; i++) {
		c->client_address.word[3] ^= (uint32_t)(i + 1) << 24;
		say_half_a_head(c);
		harness_next_client(c);
	}
	c->client_address = segment_address("fd00:c::29");
	say_half_a_head(c);
	expect_verdict(c, VERDICT_SOURCE_CAP);
}

static void a_completed_head_counts_no_more(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < 3 * TESTBED_SOURCE_CAP; i++) {
		say_half_a_head(c);
		expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
		client_says(c, TCP_PSH, &REQUEST_ROOT[10]);
		expect_verdict(c, VERDICT_POD_SYN);
		take_pod_syn(c);
		pod_accepts(c);
		pod_says(c, 0, NULL);
		harness_next_client(c);
	}
}

/* Room for sixteen: each newcomer takes the place of the oldest of the source that holds most. */
static void full_hold_pools_refuse_those_who_hold_most(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < TESTBED_HOLDS_LARGE + 4; i++) {
		c->client_address = segment_address(c->ipv6 ? "fd00:c:0:1::10" : "192.0.2.10");
		c->client_address.word[c->ipv6 ? 1 : 3] += i << 24;
		say_half_a_head(c);
		expect_number(c->testbed->action, TESTBED_REDIRECT);
		expect_number(take_segment(c).ack, c->client.next);
		harness_next_client(c);
	}
	expect_number(testbed_flows_in_state(c->testbed, FLOW_GATHERING), TESTBED_HOLDS_LARGE);
	expect_number(testbed_verdict_total(c->testbed, VERDICT_HOLD_EVICTED), 4);
	expect_gauges_right(c);
	connection_splice(c, REQUEST_ROOT);
}

static void a_slot_that_is_used_again_has_another_generation(void **state)
{
	struct connection *c = *state;
	uint32_t generation[3], slot = 0;
	struct flow flow;

	for (unsigned i = 0; i < 3; i++) {
		connection_splice(c, REQUEST_ROOT);
		expect_number(in_use(c), 1);
		slot = 0;
		while (!bpf_map_lookup_elem(testbed_map(c->testbed, "flow_slots"), &slot, &flow) &&
		       flow.state == FLOW_FREE)
			slot++;
		generation[i] = flow.generation;
		c->client.isn += 5000000;
		c->client.tsval += 5000;
		c->client.timestamps = false;
		c->stream_length = 0;
	}
	assert_int_not_equal(generation[0], generation[1]);
	assert_int_not_equal(generation[1], generation[2]);
}

/* The client uses one port for two listeners with one pod behind both. */
static void one_port_to_two_listeners_of_one_pod_gives_two_connections(void **state)
{
	struct connection *c = *state, first;

	connection_splice(c, REQUEST_ROOT);
	first = *c;
	c->listener = c->other_listener;
	c->client.timestamps = false;
	c->client.isn += 77777;
	c->pod.isn += 88888;
	c->stream_length = 0;
	connection_splice(c, "POST /only HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
	expect_number(c->pod_number, first.pod_number);
	assert_int_not_equal(c->pod_source_port, first.pod_source_port);
	client_passes(c, TCP_PSH, "odd");
	pod_passes(c, TCP_PSH, REPLY_OK);
	pod_passes(&first, TCP_PSH, REPLY_OK);
}

static uint32_t high_water(const struct connection *c, uint32_t pool)
{
	struct alloc_mark mark = {};

	bpf_map_lookup_elem(testbed_map(c->testbed, "alloc"), &pool, &mark);
	return mark.high_water;
}

static void short_requests_take_small_holds(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < 5; i++) {
		connection_splice(c, REQUEST_ROOT);
		pod_passes(c, TCP_PSH, REPLY_OK);
		harness_next_client(c);
	}
	expect_number(high_water(c, ALLOC_HOLDS_SMALL), 1);
	expect_number(high_water(c, ALLOC_HOLDS_LARGE), 0);
	say_half_a_head(c);
	expect_number(high_water(c, ALLOC_HOLDS_LARGE), 1);
}

static struct rule_stats rule_stats_of(const struct connection *c, uint32_t rule)
{
	struct rule_stats stats[256] = {}, sum = {};

	bpf_map_lookup_elem(testbed_map(c->testbed, "rule_stats"), &rule, stats);
	for (unsigned cpu = 0; cpu < 256; cpu++) {
		sum.connections += stats[cpu].connections;
		sum.requests += stats[cpu].requests;
		sum.bytes_to_pod += stats[cpu].bytes_to_pod;
		sum.bytes_to_client += stats[cpu].bytes_to_client;
		sum.aborted += stats[cpu].aborted;
	}
	return sum;
}

static void rules_count_connections_requests_and_bytes(void **state)
{
	struct connection *c = *state;
	struct rule_stats stats;

	connection_splice(c, REQUEST_API);
	pod_passes(c, TCP_PSH, REPLY_OK);
	client_passes(c, TCP_PSH, REQUEST_API);
	stats = rule_stats_of(c, RULE_API);
	expect_number(stats.connections, 1);
	expect_number(stats.requests, 2);
	expect_number(stats.bytes_to_pod, 2 * strlen(REQUEST_API));
	expect_number(stats.bytes_to_client, strlen(REPLY_OK));
	expect_number(rule_stats_of(c, RULE_ROOT).connections, 0);
}

/* Whoever ends the connection, before the reply's head or inside of its body. */
static void rules_count_requests_without_a_whole_reply(void **state)
{
	static const char *const begun[] = {NULL, "HTTP/1.1 200 OK\r\nContent-Len",
					    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1",
					    "HTTP/1.1 200 OK\r\n\r\nok"};
	struct connection *c = *state;

	for (unsigned i = 0; i < 8; i++) {
		connection_splice(c, REQUEST_API);
		if (begun[i / 2])
			reply_is_taken(c, begun[i / 2]);
		if (i % 2 && begun[i / 2])
			pod_says(c, TCP_RST, NULL);
		else
			client_says(c, TCP_RST, NULL);
		expect_number(flow_of(c).state, FLOW_TAIL);
		expect_number(rule_stats_of(c, RULE_API).aborted, i + 1);
		harness_next_client(c);
	}
	connection_splice(c, REQUEST_API);
	reply_is_taken(c, REPLY_OK);
	client_says(c, TCP_RST, NULL);
	expect_number(rule_stats_of(c, RULE_API).aborted, 8);
}

static struct endpoint_stats stats_of(const struct connection *c, unsigned pod)
{
	uint32_t endpoint = routes_endpoint(c->routes, pod);
	struct endpoint_stats stats = {};

	bpf_map_lookup_elem(testbed_map(c->testbed, "endpoint_stats"), &endpoint, &stats);
	return stats;
}

static void endpoints_count_their_connections_and_failures(void **state)
{
	struct connection *c = *state;
	struct tcp_segment refusal;

	connection_splice(c, REQUEST_ROOT);
	expect_number(stats_of(c, 0).active, 1);
	expect_number(stats_of(c, 0).connections, 1);
	client_says(c, TCP_RST, NULL);
	expect_number(stats_of(c, 0).active, 0);
	harness_next_client(c);
	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	for (unsigned i = 0; i < 2; i++) { /* the last endpoint is tried once more */
		take_pod_syn(c);
		refusal = pod_segment(c, TCP_RST, NULL);
		refusal.seq = 0;
		pod_sends(c, &refusal);
	}
	expect_number(stats_of(c, 0).active, 0);
	expect_number(stats_of(c, 0).failures, 1); /* as a request, it failed once */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(gauges_follow_a_flow_through_its_states),
		BOTH(a_flow_has_two_index_entries),
		BOTH(a_full_table_refuses_new_connections),
		BOTH(a_full_table_keeps_its_flows),
		BOTH(one_source_may_hold_only_some_incomplete_heads),
		BOTH(another_source_is_not_held_up),
		IPV6_ONLY(addresses_of_one_ipv6_network_share_the_cap),
		BOTH(a_completed_head_counts_no_more),
		BOTH(full_hold_pools_refuse_those_who_hold_most),
		BOTH(a_slot_that_is_used_again_has_another_generation),
		BOTH(one_port_to_two_listeners_of_one_pod_gives_two_connections),
		BOTH(short_requests_take_small_holds),
		BOTH(rules_count_connections_requests_and_bytes),
		BOTH(rules_count_requests_without_a_whole_reply),
		BOTH(endpoints_count_their_connections_and_failures),
	};

	return HARNESS_RUN(tests);
}
