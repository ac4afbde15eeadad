/* SPDX-License-Identifier: Apache-2.0 */
/* Which pod takes a request that another one has failed, or could not be given. */
#include <bpf/bpf.h>

#include "harness.h"
#include "harness_legs.h"

#define REPEATED 8 /* requests: chance alone would choose the same pod for one of them */

static const unsigned all_pods[] = {0, 1, 2};
static const enum load_balancing algorithms[] = {
	BALANCE_LEAST_REQUESTS,
	BALANCE_ROUND_ROBIN,
	BALANCE_RANDOM,
	BALANCE_CLIENT_IP,
};

#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

static void set_pair(struct connection *c, enum load_balancing algorithm)
{
	struct rule_set set = {
		.group_count = 1,
		.group[0] = {1, routes_add_members(c->routes, all_pods, 2), 2, 0},
	};

	routes_set_rule(c->routes, RULE_PAIR, &set, algorithm);
}

/* A new client's request, taken by a pod, which says nothing yet. */
static void ask(struct connection *c, const char *request)
{
	harness_next_client(c);
	client_connects(c);
	client_says(c, TCP_PSH, request);
	expect_verdict(c, VERDICT_POD_SYN);
	take_pod_syn(c);
	pod_accepts(c);
}

/* The pod ends the connection so; the request goes to another pod, which serves it. */
static void expect_repeated(struct connection *c, uint16_t how, const char *request)
{
	uint64_t before = testbed_verdict_total(c->testbed, VERDICT_POD_REPLACED);
	unsigned failed = c->pod_number;

	pod_says(c, how, NULL);
	c->stream_length = 0;
	expect_number(testbed_verdict_total(c->testbed, VERDICT_POD_REPLACED), before + 1);
	if (how & TCP_FIN)
		take_segment(c); /* the first pod's own end */
	take_pod_syn(c);
	assert_int_not_equal(c->pod_number, failed);
	pod_accepts(c);
	expect_stream(c, request, strlen(request));
	client_says(c, TCP_RST, NULL);
}

static void a_request_does_not_return_to_the_pod_that_reset_it(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < ALGORITHMS * REPEATED; i++) {
		set_pair(c, algorithms[i % ALGORITHMS]);
		ask(c, REQUEST_PAIR);
		expect_repeated(c, TCP_RST, REQUEST_PAIR);
	}
}

static void a_safe_request_does_not_return_to_the_pod_that_closed(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < ALGORITHMS * REPEATED; i++) {
		set_pair(c, algorithms[i % ALGORITHMS]);
		ask(c, REQUEST_PAIR);
		pod_passes(c, 0, NULL);
		expect_repeated(c, TCP_FIN, REQUEST_PAIR);
	}
}

static void a_request_leaves_a_group_whose_only_pod_reset_it(void **state)
{
	struct connection *c = *state;
	struct rule_set set = {
		.group_count = 2,
		.group[0] = {1000000, routes_add_members(c->routes, all_pods, 1), 1, 0},
		.group[1] = {1000001, routes_add_members(c->routes, all_pods + 1, 1), 1, 0},
	};

	routes_set_rule(c->routes, RULE_PAIR, &set, BALANCE_ROUND_ROBIN);
	for (unsigned i = 0; i < REPEATED; i++) {
		ask(c, REQUEST_PAIR);
		expect_number(c->pod_number, 0);
		expect_repeated(c, TCP_RST, REQUEST_PAIR);
	}
}

/* Positions in the former set say nothing of the new one. */
static void a_changed_set_does_not_lead_back_either(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < ALGORITHMS * 3; i++) {
		unsigned changed[] = {2, 0};

		set_pair(c, algorithms[i % ALGORITHMS]);
		ask(c, REQUEST_PAIR);
		changed[1] = c->pod_number;
		routes_set_pods(c->routes, RULE_PAIR, changed, 2);
		expect_repeated(c, TCP_RST, REQUEST_PAIR);
		expect_number(c->pod_number, 2);
	}
}

static void the_only_pod_gets_a_request_again(void **state)
{
	struct connection *c = *state;

	ask(c, REQUEST_ROOT);
	pod_says(c, TCP_RST, NULL);
	c->stream_length = 0;
	take_pod_syn(c);
	expect_number(c->pod_number, 0);
	pod_accepts(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
}

static void take_out_of_use(const struct connection *c, unsigned pod)
{
	uint32_t id = routes_endpoint(c->routes, pod);
	int fd = testbed_map(c->testbed, "endpoints");
	struct endpoint endpoint;

	bpf_map_lookup_elem(fd, &id, &endpoint);
	endpoint.in_use = 0;
	bpf_map_update_elem(fd, &id, &endpoint, BPF_ANY);
}

/* The agent has taken it from the rule between two looks of the program. */
static void an_endpoint_that_went_out_of_use_is_passed_over(void **state)
{
	struct connection *c = *state;

	take_out_of_use(c, 0);
	for (unsigned i = 0; i < ALGORITHMS * REPEATED; i++) {
		set_pair(c, algorithms[i % ALGORITHMS]);
		ask(c, REQUEST_PAIR);
		expect_number(c->pod_number, 1);
		client_says(c, TCP_RST, NULL);
	}
}

static void with_all_endpoints_out_of_use_the_client_gets_503(void **state)
{
	struct connection *c = *state;

	take_out_of_use(c, 0);
	take_out_of_use(c, 1);
	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_PAIR);
	expect_verdict(c, VERDICT_ENDPOINTS_FAILED);
	assert_memory_equal(take_segment(c).payload, "HTTP/1.1 503 ", 13);
	expect_number(active_on(c, 0), 0);
	expect_number(active_on(c, 1), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_request_does_not_return_to_the_pod_that_reset_it),
		BOTH(a_safe_request_does_not_return_to_the_pod_that_closed),
		BOTH(a_request_leaves_a_group_whose_only_pod_reset_it),
		BOTH(a_changed_set_does_not_lead_back_either),
		BOTH(the_only_pod_gets_a_request_again),
		BOTH(an_endpoint_that_went_out_of_use_is_passed_over),
		BOTH(with_all_endpoints_out_of_use_the_client_gets_503),
	};

	return HARNESS_RUN(tests);
}
