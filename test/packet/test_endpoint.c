/* SPDX-License-Identifier: Apache-2.0 */
/* Which endpoint a request goes to: weights, the algorithms, ejection, and sets that change. */
#include <bpf/bpf.h>

#include "harness.h"
#include "harness_legs.h"

#define REQUESTS 300

static const unsigned all_pods[] = {0, 1, 2};

/* One request of a new client; the pod that is called, NETWORK_PODS for an own reply. */
static unsigned ask(struct connection *c)
{
	unsigned pod = NETWORK_PODS;

	harness_next_client(c);
	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_PAIR);
	if (c->testbed->verdict == VERDICT_POD_SYN) {
		take_pod_syn(c);
		pod = c->pod_number;
	}
	client_says(c, TCP_RST, NULL);
	return pod;
}

static void ask_often(struct connection *c, unsigned *ret_counts)
{
	memset(ret_counts, 0, (NETWORK_PODS + 1) * sizeof(*ret_counts));
	for (unsigned i = 0; i < REQUESTS; i++)
		ret_counts[ask(c)]++;
}

static void set_algorithm(struct connection *c, enum load_balancing algorithm)
{
	struct rule_set set = {
		.group_count = 1,
		.group[0] = {1, routes_add_members(c->routes, all_pods, 3), 3, 0},
	};

	routes_set_rule(c->routes, RULE_PAIR, &set, algorithm);
}

static void round_robin_goes_in_turn(void **state)
{
	struct connection *c = *state;
	unsigned first, counts[NETWORK_PODS + 1];

	set_algorithm(c, BALANCE_ROUND_ROBIN);
	first = ask(c);
	for (unsigned i = 1; i < 9; i++)
		expect_number(ask(c), (first + i) % NETWORK_PODS);
	ask_often(c, counts);
	for (unsigned pod = 0; pod < NETWORK_PODS; pod++)
		expect_number(counts[pod], REQUESTS / NETWORK_PODS);
}

static void random_reaches_all(void **state)
{
	struct connection *c = *state;
	unsigned counts[NETWORK_PODS + 1];

	set_algorithm(c, BALANCE_RANDOM);
	ask_often(c, counts);
	for (unsigned pod = 0; pod < NETWORK_PODS; pod++)
		assert_in_range(counts[pod], 50, 150);
}

static void set_active(const struct connection *c, unsigned pod, uint32_t active)
{
	uint32_t endpoint = routes_endpoint(c->routes, pod);
	struct endpoint_stats stats = {.active = active};

	bpf_map_update_elem(testbed_map(c->testbed, "endpoint_stats"), &endpoint, &stats, BPF_ANY);
}

/* The busiest of three is taken only when both draws name it: once in nine. */
static void least_requests_avoids_the_busiest(void **state)
{
	struct connection *c = *state;
	unsigned counts[NETWORK_PODS + 1];

	set_algorithm(c, BALANCE_LEAST_REQUESTS);
	set_active(c, 1, 1000);
	ask_often(c, counts);
	assert_in_range(counts[1], 5, 75);
	assert_in_range(counts[0], 75, 200);
	assert_in_range(counts[2], 75, 200);
}

static void one_client_address_stays_with_its_endpoint(void **state)
{
	struct connection *c = *state;
	unsigned first, seen = 0;

	set_algorithm(c, BALANCE_CLIENT_IP);
	first = ask(c);
	for (unsigned i = 0; i < 20; i++)
		expect_number(ask(c), first);
	for (unsigned i = 0; i < 20; i++) {
		harness_next_client(c);
		c->client_address.word[3] += i << 24;
		client_connects(c);
		client_says(c, TCP_PSH, REQUEST_PAIR);
		take_pod_syn(c);
		seen |= 1u << c->pod_number;
		client_says(c, TCP_RST, NULL);
	}
	assert_int_not_equal(seen & (seen - 1), 0);
}

static void weights_share_the_requests(void **state)
{
	struct connection *c = *state;
	unsigned counts[NETWORK_PODS + 1];
	struct rule_set set = {.group_count = 3};

	set.group[0] = (struct rule_group){1, routes_add_members(c->routes, all_pods, 1), 1, 0};
	set.group[1] = (struct rule_group){4, routes_add_members(c->routes, all_pods + 1, 1), 1, 0};
	set.group[2] = (struct rule_group){5, 0, 0, GROUP_MISSING};
	routes_set_rule(c->routes, RULE_PAIR, &set, BALANCE_LEAST_REQUESTS);
	ask_often(c, counts);
	assert_in_range(counts[0], 25, 105);
	assert_in_range(counts[1], 130, 230);
	expect_number(counts[2], 0);
	assert_in_range(counts[NETWORK_PODS], 25, 105);
}

static void refuse(struct connection *c)
{
	struct tcp_segment refusal = pod_segment(c, TCP_RST, NULL);

	refusal.seq = 0;
	pod_sends(c, &refusal);
}

/* Pod 0 refuses each call until it is left out; the others serve all that time. */
static void an_endpoint_that_fails_in_a_row_is_left_out(void **state)
{
	struct connection *c = *state;
	unsigned counts[NETWORK_PODS + 1], refused = 0;

	set_algorithm(c, BALANCE_ROUND_ROBIN);
	for (unsigned i = 0; i < 30 && refused < 3; i++) {
		harness_next_client(c);
		client_connects(c);
		client_says(c, TCP_PSH, REQUEST_PAIR);
		take_pod_syn(c);
		if (c->pod_number == 0) {
			refuse(c);
			expect_verdict(c, VERDICT_POD_SYN_ELSEWHERE);
			take_pod_syn(c);
			assert_int_not_equal(c->pod_number, 0);
			refused++;
		}
		pod_accepts(c);
		pod_says(c, 0, NULL);
		client_says(c, TCP_RST, NULL);
	}
	expect_number(refused, 3);
	memset(counts, 0, sizeof(counts));
	for (unsigned i = 0; i < 6; i++)
		counts[ask(c)]++;
	expect_number(counts[0], 0);
}

static void the_only_endpoint_is_called_although_it_failed(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < 6; i++) {
		harness_next_client(c);
		client_connects(c);
		client_says(c, TCP_PSH, REQUEST_ROOT);
		expect_verdict(c, VERDICT_POD_SYN);
		take_pod_syn(c);
		refuse(c);
		expect_verdict(c, VERDICT_POD_PORT_CHANGED);
		take_pod_syn(c);
		refuse(c);
		expect_verdict(c, VERDICT_ENDPOINTS_FAILED);
	}
}

/* Another CPU has read the clock later, and has had the flow earlier. */
static void a_request_that_is_older_than_its_syn_is_a_copy(void **state)
{
	struct connection *c = *state;
	struct flow flow;

	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_POD_SYN);
	flow = flow_of(c);
	flow.born += 100;
	flow.leg.pod_next += 100;
	flow_set(c, &flow);
	c->client.next -= (uint32_t)strlen(REQUEST_ROOT);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_dropped(c, VERDICT_HOLD_PENDING);
}

/* The set is exchanged between two requests; one that is under way goes on. */
static void a_new_set_counts_from_the_next_request_on(void **state)
{
	struct connection *c = *state, old;
	struct tcp_segment segment;

	routes_set_pods(c->routes, RULE_PAIR, all_pods, 1);
	connection_splice(c, "POST /pair HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
	expect_number(c->pod_number, 0);
	old = *c;
	routes_set_pods(c->routes, RULE_PAIR, all_pods + 2, 1);
	expect_number(ask(c), 2);
	segment = client_segment(&old, TCP_PSH, "goes on");
	pass_to_pod(&old, &segment);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(round_robin_goes_in_turn),
		BOTH(random_reaches_all),
		BOTH(least_requests_avoids_the_busiest),
		BOTH(one_client_address_stays_with_its_endpoint),
		BOTH(weights_share_the_requests),
		BOTH(an_endpoint_that_fails_in_a_row_is_left_out),
		BOTH(the_only_endpoint_is_called_although_it_failed),
		BOTH(a_request_that_is_older_than_its_syn_is_a_copy),
		BOTH(a_new_set_counts_from_the_next_request_on),
	};

	return HARNESS_RUN(tests);
}
