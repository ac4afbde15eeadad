/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the pod in use may take a later request: its rule's endpoints change, weights draw. */
#include "harness.h"
#include "harness_legs.h"

#define REQUESTS 80

static void splice_and_reply(struct connection *c, const char *request)
{
	connection_splice(c, request);
	reply_is_taken(c, REPLY_OK);
}

static void a_request_leaves_an_endpoint_that_left_the_rule(void **state)
{
	static const unsigned others[] = {1};
	struct connection *c = *state;
	struct leg left;

	splice_and_reply(c, REQUEST_ROOT);
	routes_set_pods(c->routes, RULE_ROOT, others, 1);
	reroute(c, REQUEST_ROOT, &left);
	expect_number(c->pod_number, 1);
	expect_number(parked_of(c), 1);
	reply_is_taken(c, REPLY_OK);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
}

static void a_request_stays_with_an_endpoint_that_is_still_in_the_rule(void **state)
{
	static const unsigned others[] = {2, 1, 0};
	struct connection *c = *state;

	splice_and_reply(c, REQUEST_ROOT);
	routes_set_pods(c->routes, RULE_ROOT, others, 3);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	expect_number(parked_of(c), 0);
}

/* The endpoint may come back, and its connection is still there. */
static void a_parked_pod_is_used_only_while_it_is_in_the_rule(void **state)
{
	static const unsigned pods[] = {0, 1};
	struct connection *c = *state;
	struct leg first, second;

	splice_and_reply(c, REQUEST_ROOT);
	routes_set_pods(c->routes, RULE_ROOT, pods + 1, 1);
	reroute(c, REQUEST_ROOT, &first);
	reply_is_taken(c, REPLY_OK);
	second = leg_of(c);
	routes_set_pods(c->routes, RULE_ROOT, pods, 1);
	leg_return(c, &first);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_LEG_RESUMED);
	pod_receives(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
	expect_number(c->pod_number, 0);
	reply_is_taken(c, REPLY_OK);
	routes_set_pods(c->routes, RULE_ROOT, pods + 1, 1);
	leg_return(c, &second);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_LEG_RESUMED);
	pod_receives(c);
	expect_number(c->pod_number, 1);
}

static void a_later_request_to_a_rule_without_endpoint_is_refused(void **state)
{
	struct connection *c = *state;

	splice_and_reply(c, REQUEST_ROOT);
	routes_set_pods(c->routes, RULE_ROOT, NULL, 0);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_NO_ENDPOINT);
	expect_number(take_segment(c).flags, TCP_FIN | TCP_ACK);
	assert_memory_equal(take_segment(c).payload, "HTTP/1.1 503 ", 13);
	expect_nothing_more(c);
}

/* Two groups of one pod each, drawn with these weights. */
static void set_weights(struct connection *c, uint32_t one, uint32_t other,
			enum load_balancing algorithm)
{
	static const unsigned pods[] = {0, 1};
	struct rule_set set = {.group_count = 2};
	uint32_t first = routes_add_members(c->routes, pods, 1);
	uint32_t second = routes_add_members(c->routes, pods + 1, 1);

	set.group[0] = (struct rule_group){one, first, 1, 0};
	set.group[1] = (struct rule_group){one + other, second, 1, 0};
	routes_set_rule(c->routes, RULE_PAIR, &set, algorithm);
}

/* One more request; either pod may get it, on the leg that it has or on a new one. */
static void ask_either(struct connection *c, struct leg *legs)
{
	unsigned was = c->pod_number;

	client_says(c, TCP_PSH, REQUEST_PAIR);
	if (c->testbed->verdict == VERDICT_POD_SYN) {
		leg_leave(c, &legs[was]);
		take_pod_syn(c);
		pod_accepts(c);
	} else if (c->testbed->verdict == VERDICT_LEG_RESUMED) {
		legs[was] = leg_of(c);
		c->client.next -= (uint32_t)strlen(REQUEST_PAIR);
		leg_return(c, &legs[!was]);
		c->client.next += (uint32_t)strlen(REQUEST_PAIR);
		pod_receives(c);
	} else {
		expect_verdict(c, VERDICT_TO_POD);
		pod_receives(c);
	}
	reply_is_taken(c, REPLY_OK);
}

static unsigned count_second(struct connection *c)
{
	unsigned count = 0;
	struct leg legs[2];

	splice_and_reply(c, REQUEST_PAIR);
	for (unsigned i = 0; i < REQUESTS; i++) {
		ask_either(c, legs);
		count += c->pod_number;
	}
	assert_in_range(parked_of(c), 0, 1);
	return count;
}

static void weights_draw_again_at_each_request(void **state)
{
	struct connection *c = *state;

	set_weights(c, 3, 1, BALANCE_LEAST_REQUESTS);
	assert_in_range(count_second(c), 5, 40);
}

static void weights_count_for_parked_pods_too(void **state)
{
	struct connection *c = *state;

	set_weights(c, 1, 3, BALANCE_ROUND_ROBIN);
	assert_in_range(count_second(c), 40, 75);
}

static void a_client_with_affinity_does_not_draw_again(void **state)
{
	struct connection *c = *state;

	set_weights(c, 1, 1, BALANCE_CLIENT_IP);
	splice_and_reply(c, REQUEST_PAIR);
	for (unsigned i = 0; i < 20; i++) {
		client_passes(c, TCP_PSH, REQUEST_PAIR);
		reply_is_taken(c, REPLY_OK);
	}
}

/* A group that stands for a backend that does not exist is drawn like any other. */
static void a_missing_backend_gets_its_share_of_later_requests(void **state)
{
	static const unsigned pods[] = {0};
	struct connection *c = *state;
	struct rule_set set = {.group_count = 2};
	unsigned served = 0;

	set.group[0] = (struct rule_group){1, routes_add_members(c->routes, pods, 1), 1, 0};
	set.group[1] = (struct rule_group){2, 0, 0, GROUP_MISSING};
	routes_set_pods(c->routes, RULE_PAIR, pods, 1);
	splice_and_reply(c, REQUEST_PAIR);
	routes_set_rule(c->routes, RULE_PAIR, &set, BALANCE_RANDOM);
	for (;; served++) {
		client_says(c, TCP_PSH, REQUEST_PAIR);
		if (c->testbed->verdict != VERDICT_TO_POD)
			break;
		pod_receives(c);
		reply_is_taken(c, REPLY_OK);
	}
	expect_verdict(c, VERDICT_BACKEND_MISSING);
	assert_in_range(served, 0, 40);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_request_leaves_an_endpoint_that_left_the_rule),
		BOTH(a_request_stays_with_an_endpoint_that_is_still_in_the_rule),
		BOTH(a_parked_pod_is_used_only_while_it_is_in_the_rule),
		BOTH(a_later_request_to_a_rule_without_endpoint_is_refused),
		BOTH(weights_draw_again_at_each_request),
		BOTH(weights_count_for_parked_pods_too),
		BOTH(a_client_with_affinity_does_not_draw_again),
		BOTH(a_missing_backend_gets_its_share_of_later_requests),
	};

	return HARNESS_RUN(tests);
}
