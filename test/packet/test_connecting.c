/* SPDX-License-Identifier: Apache-2.0 */
/* The pod's handshake: a SYN that may be repeated, and other endpoints when one does not answer. */
#include <arpa/inet.h>
#include <bpf/bpf.h>

#include "harness.h"
#include "harness_legs.h"

static void repeat_request(struct connection *c, const char *request)
{
	struct tcp_segment again = client_segment(c, TCP_PSH, request);

	again.seq = c->client.isn + 1;
	/* Copies within a burst are no retransmissions: they wait. */
	for (unsigned i = 0; i < 100000; i++) {
		client_sends(c, &again);
		if (c->testbed->verdict != VERDICT_HOLD_PENDING)
			break;
	}
}

/* RST as a closed port answers a SYN. */
static void pod_refuses(struct connection *c)
{
	struct tcp_segment refusal = pod_segment(c, TCP_RST, NULL);

	refusal.seq = 0;
	memset(&refusal.options, 0, sizeof(refusal.options));
	pod_sends(c, &refusal);
}

static void expect_reply_503(struct connection *c, enum verdict verdict)
{
	expect_verdict(c, verdict);
	assert_memory_equal(take_segment(c).payload, "HTTP/1.1 503 ", 13);
	expect_nothing_more(c);
}

static void the_syn_carries_the_clients_numbers_and_options(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = call_pod(c, REQUEST_ROOT), want;

	c->testbed->output_taken = 0;
	want = answer_to_pod(c, 0, NULL);
	want.flags = TCP_SYN;
	want.seq = c->client.isn;
	want.ack = 0;
	want.window = 502 << 7;
	assert_string_equal(syn.options.layout, "mstnw");
	expect_number(syn.options.wscale, c->client.wscale);
	expect_number(syn.options.tsval, c->client.tsval);
	expect_number(syn.options.tsecr, 0);
	assert_in_range(syn.options.mss, 1300, c->client.mss);
	expect_only(c, &want, ANY_MAC | ANY_OPTIONS);
}

static void the_syns_window_is_the_clients_unscaled(void **state)
{
	static const struct {
		uint16_t window, want;
	} cases[] = {{1, 128}, {100, 12800}, {511, 65408}, {512, 65535}, {65535, 65535}};
	struct connection *c = *state;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c->client.window = cases[i].window;
		expect_number(call_pod(c, REQUEST_ROOT).window, cases[i].want);
		harness_next_client(c);
	}
}

static void a_client_without_options_calls_the_pod_without(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn;

	c->client.syn_layout = "m";
	c->client.mss = c->ipv6 ? 1220 : 536;
	syn = call_pod(c, REQUEST_ROOT);
	assert_string_equal(syn.options.layout, "m");
	expect_number(syn.options.mss, c->client.mss);
	expect_number(syn.window, 502);
}

static void a_client_without_timestamps_keeps_window_scale_and_sack(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn;

	for (uint8_t wscale = 0; wscale <= 14; wscale++) {
		c->client.syn_layout = "mnwnns";
		c->client.wscale = wscale;
		syn = call_pod(c, REQUEST_ROOT);
		expect_number(syn.options.wscale, wscale);
		expect_number(segment_has(&syn, 's'), true);
		expect_number(segment_has(&syn, 't'), false);
		harness_next_client(c);
	}
}

/* A cookie has room for four sizes: the pod must never be told more than the client takes. */
static void the_syns_mss_is_not_above_the_clients(void **state)
{
	static const uint16_t sizes[] = {65495, 8960, 1460, 1459, 1440, 1410,
					 1400,  1380, 1300, 1280, 1240, 1220};
	struct connection *c = *state;

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		c->client.mss = sizes[i];
		assert_in_range(call_pod(c, REQUEST_ROOT).options.mss, 500, sizes[i]);
		harness_next_client(c);
	}
}

static void ecn_is_not_negotiated_with_the_pod(void **state)
{
	struct connection *c = *state;
	struct tcp_segment request, syn;

	client_connects(c);
	request = client_segment(c, TCP_PSH | TCP_ECE | TCP_CWR | TCP_AE, REQUEST_ROOT);
	request.tos = 3;
	client_sends(c, &request);
	expect_verdict(c, VERDICT_POD_SYN);
	syn = take_pod_syn(c);
	expect_number(syn.flags, TCP_SYN);
	expect_number(syn.tos, 0);
}

static void the_path_decides_the_pod(void **state)
{
	struct connection *c = *state;

	call_pod(c, REQUEST_ROOT);
	expect_number(c->pod_number, 0);
	harness_next_client(c);
	call_pod(c, REQUEST_API);
	expect_number(c->pod_number, 1);
}

static void the_syn_is_repeated_when_the_client_repeats(void **state)
{
	struct connection *c = *state;
	struct tcp_segment first = call_pod(c, REQUEST_ROOT), second;

	repeat_request(c, REQUEST_ROOT);
	expect_verdict(c, VERDICT_POD_SYN_REPEATED);
	second = take_pod_syn(c);
	expect_nothing_more(c);
	expect_number(second.seq, first.seq);
	expect_number(second.source_port, first.source_port);
	assert_memory_equal(&second.destination, &first.destination, 16);
}

/* What was not acknowledged is often sent again as one segment. */
static void the_syn_is_repeated_when_the_next_request_comes_with_the_first(void **state)
{
	struct connection *c = *state;
	struct tcp_segment first = call_pod(c, REQUEST_ROOT);

	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_dropped(c, VERDICT_HOLD_PENDING);
	repeat_request(c, REQUEST_ROOT REQUEST_ROOT);
	expect_verdict(c, VERDICT_POD_SYN_REPEATED);
	expect_number(take_pod_syn(c).seq, first.seq);
}

static void after_two_tries_another_endpoint_is_called(void **state)
{
	struct connection *c = *state;
	unsigned first;

	call_pod(c, REQUEST_PAIR);
	first = c->pod_number;
	repeat_request(c, REQUEST_PAIR);
	expect_verdict(c, VERDICT_POD_SYN_REPEATED);
	repeat_request(c, REQUEST_PAIR);
	expect_verdict(c, VERDICT_POD_SYN_ELSEWHERE);
	expect_number(take_pod_syn(c).seq, c->client.isn);
	assert_int_not_equal(c->pod_number, first);
	pod_accepts(c);
	expect_stream(c, REQUEST_PAIR, strlen(REQUEST_PAIR));
}

static void a_refusal_calls_another_endpoint_at_once(void **state)
{
	struct connection *c = *state;
	unsigned first;

	call_pod(c, REQUEST_PAIR);
	first = c->pod_number;
	pod_refuses(c);
	expect_verdict(c, VERDICT_POD_SYN_ELSEWHERE);
	take_pod_syn(c);
	expect_nothing_more(c);
	assert_int_not_equal(c->pod_number, first);
	pod_accepts(c);
	expect_stream(c, REQUEST_PAIR, strlen(REQUEST_PAIR));
}

static void with_no_endpoint_left_the_client_gets_503(void **state)
{
	struct connection *c = *state;

	call_pod(c, REQUEST_PAIR);
	pod_refuses(c);
	expect_verdict(c, VERDICT_POD_SYN_ELSEWHERE);
	take_pod_syn(c);
	pod_refuses(c);
	expect_verdict(c, VERDICT_POD_PORT_CHANGED);
	take_pod_syn(c);
	pod_refuses(c);
	expect_reply_503(c, VERDICT_ENDPOINTS_FAILED);
}

/* The pod closed an old connection of the client's port, and the client has not: Linux refuses a
 * SYN there as a closed port would. */
static void a_refusal_of_the_only_endpoint_leads_to_another_source_port(void **state)
{
	struct connection *c = *state;

	call_pod(c, REQUEST_ROOT);
	pod_refuses(c);
	expect_verdict(c, VERDICT_POD_PORT_CHANGED);
	take_pod_syn(c);
	expect_nothing_more(c);
	expect_number(c->pod_number, 0);
	assert_int_not_equal(c->pod_source_port, c->client_port);
	expect_number(active_on(c, 0), 1);
	pod_accepts(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
}

static void silence_of_the_only_endpoint_ends_in_503(void **state)
{
	struct connection *c = *state;

	call_pod(c, REQUEST_ROOT);
	for (unsigned i = 0; i < 8 && c->testbed->verdict != VERDICT_ENDPOINTS_FAILED; i++)
		repeat_request(c, REQUEST_ROOT);
	expect_reply_503(c, VERDICT_ENDPOINTS_FAILED);
}

static void a_refusal_with_a_wrong_number_does_not_count(void **state)
{
	struct connection *c = *state;
	struct tcp_segment refusal;

	call_pod(c, REQUEST_PAIR);
	refusal = pod_segment(c, TCP_RST, NULL);
	refusal.seq = 0;
	refusal.ack += 77;
	pod_sends(c, &refusal);
	expect_number(c->testbed->action, TESTBED_DROP);
	expect_nothing_more(c);
	pod_accepts(c);
}

static void a_syn_ack_with_a_wrong_number_does_not_count(void **state)
{
	struct connection *c = *state;
	struct tcp_segment stray;

	call_pod(c, REQUEST_ROOT);
	stray = pod_syn_ack(c);
	stray.ack += 5;
	pod_sends(c, &stray);
	if (c->testbed->verdict == VERDICT_HOLD_RELEASED)
		expect_fail(HERE, "a stray SYN-ACK joined the connection");
	if (c->testbed->output_count)
		take_pod_syn(c);
	c->pod.next = c->pod.isn;
	pod_accepts(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
}

/* A pod in TIME_WAIT, or with a stale connection, answers with an ACK of that connection
 * (RFC 9293 3.10.7.4). It is left alone: the router calls from another port. */
static void a_challenge_ack_leads_to_another_source_port(void **state)
{
	struct connection *c = *state;
	struct tcp_segment challenge, syn;

	call_pod(c, REQUEST_ROOT);
	challenge = pod_segment(c, 0, NULL);
	challenge.seq = 55555;
	challenge.ack = 88888;
	pod_sends(c, &challenge);
	expect_verdict(c, VERDICT_POD_PORT_CHANGED);
	c->pod.next = c->pod.isn;
	syn = take_pod_syn(c);
	expect_nothing_more(c);
	expect_number(syn.seq, c->client.isn);
	assert_int_not_equal(syn.source_port, c->client_port);
	expect_number(c->pod_number, 0);
	pod_accepts(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
}

static void a_rule_without_endpoints_gets_503(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says(c, TCP_PSH, "GET /empty HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_reply_503(c, VERDICT_NO_ENDPOINT);
}

static void a_missing_backend_gets_500(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says(c, TCP_PSH, "GET /missing HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_verdict(c, VERDICT_BACKEND_MISSING);
	assert_memory_equal(take_segment(c).payload, "HTTP/1.1 500 ", 13);
}

static uint32_t learned(const struct connection *c)
{
	struct listener_key key = {.address = c->listener, .port = htons(80)};
	struct listener listener = {};

	bpf_map_lookup_elem(testbed_map(c->testbed, "listeners"), &key, &listener);
	return listener.learned;
}

static void what_a_pod_does_not_answer_is_learnt(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	expect_number(learned(c), 0);
	harness_next_client(c);
	c->pod.syn_layout = "mnw";
	call_pod(c, REQUEST_ROOT);
	pod_accepts(c);
	expect_number(learned(c), LISTENER_NO_TIMESTAMPS | LISTENER_NO_SACK);
}

static void the_client_may_give_up_while_the_pod_is_called(void **state)
{
	struct connection *c = *state;

	call_pod(c, REQUEST_ROOT);
	client_says(c, TCP_RST, NULL);
	expect_number(testbed_flows_in_state(c->testbed, FLOW_CONNECTING), 0);
}

static void numbers_of_both_sides_may_wrap(void **state)
{
	struct connection *c = *state;

	c->client.isn = 0xffffffff;
	c->client.tsval = 0xfffffff0;
	c->pod.isn = 0xffffffff;
	c->pod.tsval = 0xffffffff;
	call_pod(c, REQUEST_ROOT);
	pod_accepts(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(the_syn_carries_the_clients_numbers_and_options),
		BOTH(the_syns_window_is_the_clients_unscaled),
		BOTH(a_client_without_options_calls_the_pod_without),
		BOTH(a_client_without_timestamps_keeps_window_scale_and_sack),
		BOTH(the_syns_mss_is_not_above_the_clients),
		BOTH(ecn_is_not_negotiated_with_the_pod),
		BOTH(the_path_decides_the_pod),
		BOTH(the_syn_is_repeated_when_the_client_repeats),
		BOTH(the_syn_is_repeated_when_the_next_request_comes_with_the_first),
		BOTH(after_two_tries_another_endpoint_is_called),
		BOTH(a_refusal_calls_another_endpoint_at_once),
		BOTH(with_no_endpoint_left_the_client_gets_503),
		BOTH(a_refusal_of_the_only_endpoint_leads_to_another_source_port),
		BOTH(silence_of_the_only_endpoint_ends_in_503),
		BOTH(a_refusal_with_a_wrong_number_does_not_count),
		BOTH(a_syn_ack_with_a_wrong_number_does_not_count),
		BOTH(a_challenge_ack_leads_to_another_source_port),
		BOTH(a_rule_without_endpoints_gets_503),
		BOTH(a_missing_backend_gets_500),
		BOTH(what_a_pod_does_not_answer_is_learnt),
		BOTH(the_client_may_give_up_while_the_pod_is_called),
		BOTH(numbers_of_both_sides_may_wrap),
	};

	return HARNESS_RUN(tests);
}
