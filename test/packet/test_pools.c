/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a connection was about when it ended: all that it took is given back. */
#include <bpf/bpf.h>

#include "harness.h"
#include "harness_legs.h"

#define CHUNKED "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

static unsigned used_of(const struct connection *c, uint32_t pool)
{
	struct alloc_mark mark = {};

	bpf_map_lookup_elem(testbed_map(c->testbed, "alloc"), &pool, &mark);
	return mark.high_water;
}

/* Empties the queue. */
static unsigned count_free(const struct connection *c, const char *queue)
{
	unsigned count = 0;
	uint32_t value;

	while (!bpf_map_lookup_and_delete_elem(testbed_map(c->testbed, queue), NULL, &value))
		count++;
	return count;
}

static void expect_all_given_back(struct connection *c)
{
	expect_number(testbed_count_entries(c->testbed, "flows"), 0);
	expect_number(testbed_flows_in_state(c->testbed, FLOW_FREE), c->testbed->settings.flows);
	expect_number(count_free(c, "flow_free"), used_of(c, ALLOC_FLOWS));
	expect_number(count_free(c, "legs_free"), used_of(c, ALLOC_LEGS));
	expect_number(count_free(c, "holds_small_free"), used_of(c, ALLOC_HOLDS_SMALL));
	expect_number(count_free(c, "holds_large_free"), used_of(c, ALLOC_HOLDS_LARGE));
	for (unsigned pod = 0; pod < NETWORK_PODS; pod++)
		expect_number(active_on(c, pod), 0);
	for (unsigned state = FLOW_GATHERING; state < FLOW_STATE_COUNT; state++)
		expect_number(testbed_gauge(c->testbed, (enum flow_state)state), 0);
	expect_number(testbed_heads_held(c->testbed), 0);
}

/* The client proves by a cookie that it has forgotten the connection. */
static void start_anew(struct connection *c)
{
	c->client.isn = c->client.next + 5000000;
	c->client.tsval += 5000;
	c->client.timestamps = false;
	client_connects(c);
}

static void parked_pods_are_given_back(void **state)
{
	struct connection *c = *state;
	struct leg left;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	reroute(c, REQUEST_API, &left);
	reply_is_taken(c, REPLY_OK);
	reroute(c, "GET /more/0 HTTP/1.1\r\nHost: a\r\n\r\n", &left);
	expect_number(parked_of(c), 2);
	start_anew(c);
	expect_all_given_back(c);
}

static void marks_of_a_chunked_body_are_given_back(void **state)
{
	struct connection *c = *state;

	connection_splice(c, CHUNKED);
	client_passes(c, TCP_PSH, "3\r\nabc\r\n");
	expect_number(flow_of(c).progress & FLOW_MARKED, FLOW_MARKED);
	start_anew(c);
	expect_all_given_back(c);
}

static void the_begun_line_of_a_reply_is_given_back(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, "HTTP/1.1 200 OK\r\nContent-Len");
	expect_number(flow_of(c).progress & FLOW_CARRY, FLOW_CARRY);
	start_anew(c);
	expect_all_given_back(c);
}

static void a_request_that_waits_is_given_back(void **state)
{
	struct connection *c = *state;

	connection_splice_waiting(c);
	expect_number(flow_of(c).progress & FLOW_PENDING, FLOW_PENDING);
	start_anew(c);
	expect_all_given_back(c);
}

/* It has become a request of a pod meanwhile. */
static void a_request_that_has_waited_is_given_back(void **state)
{
	struct connection *c = *state;
	struct leg left;

	connection_splice_waiting(c);
	pod_passes(c, TCP_PSH, REPLY_OK);
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_POD_SYN);
	take_segment(c);
	leg_leave(c, &left);
	take_pod_syn(c);
	pod_accepts(c);
	pod_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
	expect_number(flow_of(c).progress & (FLOW_PENDING | FLOW_HELD), 0);
	start_anew(c);
	expect_all_given_back(c);
}

static void held_requests_are_given_back(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	for (unsigned i = 0; i < 5; i++)
		client_passes(c, TCP_PSH, REQUEST_ROOT);
	start_anew(c);
	expect_all_given_back(c);
}

static void a_later_head_in_parts_is_given_back(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	client_says_part(c, TCP_PSH, REQUEST_API, 10);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	expect_number(testbed_heads_held(c->testbed), 1);
	client_says(c, TCP_RST, NULL);
	expect_number(flow_of(c).state, FLOW_FREE);
	expect_all_given_back(c);
}

static void a_flow_between_two_requests_is_given_back(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	pod_says(c, TCP_FIN, NULL);
	expect_verdict(c, VERDICT_POD_END_SWALLOWED);
	client_says(c, TCP_RST, NULL);
	expect_all_given_back(c);
}

static void a_flow_that_is_reset_for_its_chunks_is_given_back(void **state)
{
	struct connection *c = *state;
	struct leg left;

	connection_splice(c, REQUEST_API);
	reply_is_taken(c, REPLY_OK);
	reroute(c, CHUNKED, &left);
	client_says(c, TCP_PSH, "3\r\nabc\r\nxyz");
	expect_verdict(c, VERDICT_CHUNK_MALFORMED);
	expect_all_given_back(c);
}

static bool first_keeps_spare(const struct connection *c)
{
	struct flow flow = {};
	uint32_t slot = 0;

	bpf_map_lookup_elem(testbed_map(c->testbed, "flow_slots"), &slot, &flow);
	return flow.hold_kind == HOLD_SPARE;
}

/* After a later request a connection keeps a hold for the next one. When all holds are taken,
 * another connection gets it: those that are looked at are drawn by chance, so it takes a few. */
static void a_hold_kept_for_the_next_request_goes_to_who_needs_it(void **state)
{
	struct connection *c = *state;
	struct alloc_mark none_fresh = {.high_water = c->testbed->settings.holds_small};
	uint32_t pool = ALLOC_HOLDS_SMALL;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	assert_true(first_keeps_spare(c));
	bpf_map_update_elem(testbed_map(c->testbed, "alloc"), &pool, &none_fresh, BPF_ANY);
	count_free(c, "holds_small_free");
	for (unsigned i = 0; i < 300 && first_keeps_spare(c); i++) {
		connection_init(c, c->testbed, c->routes, c->ipv6);
		c->client_port += 1 + i;
		client_connects(c);
		client_says(c, TCP_PSH, REQUEST_ROOT);
		client_says(c, TCP_RST, NULL);
	}
	assert_false(first_keeps_spare(c));
}

/* Thousands of requests over two pods take no more than the first ones. */
static void alternating_takes_nothing_more(void **state)
{
	struct connection *c = *state;
	struct leg legs[2];

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	reroute(c, REQUEST_API, &legs[0]);
	reply_is_taken(c, REPLY_OK);
	for (unsigned i = 0; i < 300; i++) {
		const char *request = i % 2 ? REQUEST_API : REQUEST_ROOT;

		legs[!(i % 2)] = leg_of(c);
		leg_return(c, &legs[i % 2]);
		client_says(c, TCP_PSH, request);
		expect_verdict(c, VERDICT_LEG_RESUMED);
		pod_receives(c);
		reply_is_taken(c, REPLY_OK);
	}
	assert_in_range(used_of(c, ALLOC_LEGS), 1, 2);
	assert_in_range(used_of(c, ALLOC_HOLDS_SMALL), 1, 3);
	start_anew(c);
	expect_all_given_back(c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(parked_pods_are_given_back),
		BOTH(marks_of_a_chunked_body_are_given_back),
		BOTH(the_begun_line_of_a_reply_is_given_back),
		BOTH(a_request_that_waits_is_given_back),
		BOTH(a_request_that_has_waited_is_given_back),
		BOTH(held_requests_are_given_back),
		BOTH(a_later_head_in_parts_is_given_back),
		BOTH(a_flow_between_two_requests_is_given_back),
		BOTH(a_flow_that_is_reset_for_its_chunks_is_given_back),
		BOTH(a_hold_kept_for_the_next_request_goes_to_who_needs_it),
		BOTH(alternating_takes_nothing_more),
	};

	return HARNESS_RUN(tests);
}
