/* SPDX-License-Identifier: Apache-2.0 */
/* Later requests of a connection: each goes to the pod of its own rule. */
#include "harness.h"
#include "harness_legs.h"

#define REQUEST_MISSING "GET /missing HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
#define REQUEST_MOVED "GET /moved HTTP/1.1\r\nHost: www.example.com\r\n\r\n"

/* Idle between two requests, with one reply behind it. */
static void splice_and_reply(struct connection *c)
{
	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
}

/* A request that a parked pod gets at once, and its reply. */
static void come_back(struct connection *c, const char *request, const struct leg *leg)
{
	struct tcp_segment want;

	leg_return(c, leg);
	want = answer_to_pod(c, TCP_PSH, request);
	client_says(c, TCP_PSH, request);
	expect_verdict(c, VERDICT_LEG_RESUMED);
	expect_only(c, &want, 0);
	pod_hears(c, &want);
	c->pod.tsval += 7;
	c->client.tsval += 3;
	pod_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
}

static void a_request_of_the_same_rule_goes_on_in_its_own_packet(void **state)
{
	struct connection *c = *state;
	struct flow flow;

	splice_and_reply(c);
	for (unsigned i = 0; i < 3; i++) {
		client_passes(c, TCP_PSH, REQUEST_ROOT);
		flow = flow_of(c);
		expect_number(flow.state, FLOW_SPLICED);
		expect_number(flow.outstanding_count, 1);
		expect_number(flow.request.next, c->client.next);
		reply_is_taken(c, REPLY_OK);
		expect_number(flow_of(c).outstanding_count, 0);
	}
	expect_number(parked_of(c), 0);
	expect_number(active_on(c, 0), 1);
}

static void a_request_of_another_rule_goes_to_its_pod(void **state)
{
	struct connection *c = *state;
	struct flow flow;
	struct leg left;

	splice_and_reply(c);
	reroute(c, REQUEST_API, &left);
	expect_number(c->pod_number, 1);
	flow = flow_of(c);
	expect_number(flow.state, FLOW_SPLICED);
	expect_number(flow.rule, RULE_API);
	expect_number(flow.outstanding_count, 1);
	expect_number(parked_of(c), 1);
	expect_number(active_on(c, 0), 1);
	expect_number(active_on(c, 1), 1);
	reply_is_taken(c, REPLY_OK);
	client_passes(c, TCP_PSH, REQUEST_API);
}

/* Client's numbers, window and options as in the first handshake. */
static void the_syn_to_another_pod_counts_as_the_client_does(void **state)
{
	struct connection *c = *state;
	uint32_t boundary;
	struct tcp_segment syn;

	splice_and_reply(c);
	boundary = c->client.next;
	c->client.tsval += 11;
	client_says(c, TCP_PSH, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
	syn = take_pod_syn(c);
	expect_nothing_more(c);
	expect_number(syn.seq, boundary - 1);
	expect_number(syn.ack, 0);
	expect_number(syn.window, 502 << 7);
	assert_string_equal(syn.options.layout, "mstnw");
	expect_number(syn.options.tsval, c->client.tsval);
	expect_number(syn.options.wscale, c->client.wscale);
	expect_number(flow_of(c).state, FLOW_CONNECTING);
}

/* It rode on the request that the old pod never sees. */
static void the_last_acknowledgement_reaches_the_old_pod(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;
	struct leg left;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, REPLY_OK);
	c->client.tsval += 5;
	client_says(c, TCP_PSH, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
	want = answer_to_pod(c, 0, NULL);
	expect_segment(c, &want, 0);
	leg_leave(c, &left);
	take_pod_syn(c);
	expect_nothing_more(c);
	pod_accepts(c);
	expect_stream(c, REQUEST_API, strlen(REQUEST_API));
	pod_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
}

static void a_parked_pod_gets_its_next_request_at_once(void **state)
{
	struct connection *c = *state;
	struct leg root, api;

	splice_and_reply(c);
	reroute(c, REQUEST_API, &root);
	reply_is_taken(c, REPLY_OK);
	api = leg_of(c);
	come_back(c, REQUEST_ROOT, &root);
	expect_number(c->pod_number, 0);
	expect_number(parked_of(c), 1);
	root = leg_of(c);
	come_back(c, REQUEST_API, &api);
	client_passes(c, TCP_PSH, REQUEST_API);
	reply_is_taken(c, REPLY_OK);
	come_back(c, REQUEST_ROOT, &root);
}

/* Three rules in turn; both numberings have moved on without each other. */
static void alternate(struct connection *c)
{
	static const char *const requests[] = {REQUEST_ROOT, REQUEST_API,
					       "GET /more/0 HTTP/1.1\r\nHost: a\r\n\r\n"};
	struct leg legs[3];

	splice_and_reply(c);
	for (unsigned i = 1; i < 3; i++) {
		reroute(c, requests[i], &legs[i - 1]);
		reply_is_taken(c, REPLY_OK);
	}
	legs[2] = leg_of(c);
	for (unsigned i = 0; i < 7; i++) {
		come_back(c, requests[i % 3], &legs[i % 3]);
		legs[i % 3] = leg_of(c);
	}
	expect_number(parked_of(c), 2);
}

static void all_numbers_may_wrap_while_pods_alternate(void **state)
{
	static const uint32_t numbers[] = {0xffffffff, 0xffffff40, 0, 0x7fffff80, 0x80000000};
	struct connection *c = *state;

	for (unsigned i = 0; i < 25; i++) {
		c->client.isn = numbers[i / 5];
		c->pod.isn = numbers[i % 5];
		c->client.tsval = numbers[i % 5] - 4;
		c->pod.tsval = numbers[i / 5] - 10;
		alternate(c);
		harness_next_client(c);
	}
}

static void pods_alternate_without_timestamps(void **state)
{
	struct connection *c = *state;

	c->client.syn_layout = "mnwnns";
	alternate(c);
}

/* A pod's clock may stand far behind another's (RFC 7323 5.3). */
static void the_clock_that_the_client_sees_never_goes_back(void **state)
{
	struct connection *c = *state;
	uint32_t before;
	struct leg root, api;

	splice_and_reply(c);
	before = c->client.tsecr;
	c->pod.tsval += 1000;
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	expect_number(c->client.tsecr, before + 1000);
	before = c->client.tsecr;
	reroute(c, REQUEST_API, &root);
	expect_number(c->client.tsecr, before);
	c->pod.tsval += 1;
	reply_is_taken(c, REPLY_OK);
	expect_number(c->client.tsecr, before + 1);
	api = leg_of(c);
	come_back(c, REQUEST_ROOT, &root);
	expect_number(c->client.tsecr, before + 1 + 7);
	come_back(c, REQUEST_API, &api);
	expect_number(c->client.tsecr, before + 1 + 7 + 7);
}

static void a_later_request_may_be_refused_by_the_router(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want, got;
	struct flow flow;

	c->listener = c->other_listener;
	connection_splice(c, "GET /only HTTP/1.1\r\nHost: a\r\n\r\n");
	reply_is_taken(c, REPLY_OK);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_NO_ROUTE);
	want = answer_to_pod(c, TCP_FIN, NULL);
	expect_segment(c, &want, 0);
	got = take_segment(c);
	expect_nothing_more(c);
	assert_memory_equal(got.payload, "HTTP/1.1 404 ", 13);
	expect_number(got.flags, TCP_FIN | TCP_ACK | TCP_PSH);
	expect_number(got.seq, c->client.ack);
	expect_number(got.ack, c->client.next);
	assert_memory_equal(&got.destination, &c->client_address, 16);
	flow = flow_of(c);
	expect_number(flow.state, FLOW_CLOSING);
	expect_number(flow.outstanding_count, 0);
}

/* The acknowledgement of the reply goes in front of the FIN. */
static void a_refusal_ends_all_pods(void **state)
{
	struct connection *c = *state;
	struct leg root, api;
	struct tcp_segment want;

	splice_and_reply(c);
	reroute(c, REQUEST_API, &root);
	pod_passes(c, TCP_PSH, REPLY_OK);
	api = leg_of(c);
	client_says(c, TCP_PSH, REQUEST_MISSING);
	expect_verdict(c, VERDICT_BACKEND_MISSING);
	want = answer_to_pod(c, 0, NULL);
	expect_segment(c, &want, 0);
	leg_speak(c, &root);
	want = answer_to_pod(c, TCP_FIN, NULL);
	expect_segment(c, &want, 0);
	leg_speak(c, &api);
	want = answer_to_pod(c, TCP_FIN, NULL);
	expect_segment(c, &want, 0);
	assert_memory_equal(take_segment(c).payload, "HTTP/1.1 500 ", 13);
	expect_nothing_more(c);
}

static void a_later_request_may_be_redirected(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want, got;

	splice_and_reply(c);
	client_says(c, TCP_PSH, REQUEST_MOVED);
	expect_verdict(c, VERDICT_REDIRECT_301);
	want = answer_to_pod(c, TCP_FIN, NULL);
	expect_segment(c, &want, 0);
	got = take_segment(c);
	expect_nothing_more(c);
	assert_memory_equal(got.payload, "HTTP/1.1 301 ", 13);
	expect_number(got.seq, c->client.ack);
	expect_number(got.ack, c->client.next);
	expect_number(flow_of(c).state, FLOW_CLOSING);
}

static void a_later_request_may_be_malformed(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;

	splice_and_reply(c);
	client_says(c, TCP_PSH, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_verdict(c, VERDICT_REQUEST_LINE_MALFORMED);
	want = answer_to_pod(c, TCP_FIN, NULL);
	expect_segment(c, &want, 0);
	assert_memory_equal(take_segment(c).payload, "HTTP/1.1 400 ", 13);
	expect_nothing_more(c);
}

static void the_state_of_an_earlier_request_does_not_leak(void **state)
{
	struct connection *c = *state;
	struct leg left;

	connection_splice(c, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
	reply_is_taken(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
	expect_number(flow_of(c).outstanding_count, 0);
	reroute(c, REQUEST_API, &left);
	pod_passes(c, TCP_PSH, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
	client_passes(c, 0, NULL);
	client_says(c, TCP_PSH, REQUEST_MISSING);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	pod_passes(c, TCP_PSH, "ok");
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_BACKEND_MISSING);
	expect_number(take_segment(c).flags, TCP_ACK);
	expect_number(take_segment(c).flags, TCP_FIN | TCP_ACK);
	expect_number(take_segment(c).flags, TCP_FIN | TCP_ACK);
	assert_non_null(strstr(take_segment(c).payload, "does not exist"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_request_of_the_same_rule_goes_on_in_its_own_packet),
		BOTH(a_request_of_another_rule_goes_to_its_pod),
		BOTH(the_syn_to_another_pod_counts_as_the_client_does),
		BOTH(the_last_acknowledgement_reaches_the_old_pod),
		BOTH(a_parked_pod_gets_its_next_request_at_once),
		BOTH(all_numbers_may_wrap_while_pods_alternate),
		BOTH(pods_alternate_without_timestamps),
		BOTH(the_clock_that_the_client_sees_never_goes_back),
		BOTH(a_later_request_may_be_refused_by_the_router),
		BOTH(a_refusal_ends_all_pods),
		BOTH(a_later_request_may_be_redirected),
		BOTH(a_later_request_may_be_malformed),
		BOTH(the_state_of_an_earlier_request_does_not_leak),
	};

	return HARNESS_RUN(tests);
}
