/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that come before the earlier ones are answered: they pass to the same pod, or wait. */
#include "harness.h"
#include "harness_legs.h"

#define LENGTH(text) ((uint32_t)strlen(text))

/* The client's timer has run out: it sends the last request again. */
static void send_again(struct connection *c, const char *request)
{
	c->client.next -= LENGTH(request);
	client_says(c, TCP_PSH, request);
}

/* The acknowledgement of the reply begins a request to another pod that has waited. */
static void expect_begun(struct connection *c, const char *request)
{
	struct tcp_segment want;
	struct leg left;

	c->client.tsval += 5;
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_POD_SYN);
	want = answer_to_pod(c, 0, NULL);
	expect_segment(c, &want, 0);
	leg_leave(c, &left);
	expect_number(take_pod_syn(c).seq, c->client.next - LENGTH(request) - 1);
	expect_nothing_more(c);
	assert_int_not_equal(c->pod_number, left.pod_number);
	pod_accepts(c);
	expect_stream(c, request, strlen(request));
	pod_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
}

static void a_request_to_another_rule_waits_for_the_reply(void **state)
{
	struct connection *c = *state;

	connection_splice_waiting(c);
	expect_number(flow_of(c).outstanding_count, 1);
	expect_number(flow_of(c).client_next, c->client.next - LENGTH(REQUEST_API));
	send_again(c, REQUEST_API);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	pod_passes(c, TCP_PSH, REPLY_OK);
	expect_begun(c, REQUEST_API);
}

/* Nothing of it was acknowledged: the client may send it again at any time. */
static void a_request_that_waits_begins_when_it_comes_again_too(void **state)
{
	struct connection *c = *state;

	connection_splice_waiting(c);
	pod_passes(c, TCP_PSH, REPLY_OK);
	send_again(c, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
}

/* Whichever of them is routed is what its pod reads. */
static void a_request_that_waits_and_comes_again_with_other_bytes_is_read_once(void **state)
{
	static const char other[] = "GET /more/0 HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
	struct connection *c = *state;

	connection_splice_waiting(c);
	c->client.next -= LENGTH(other);
	client_says(c, TCP_PSH, other);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	pod_passes(c, TCP_PSH, REPLY_OK);
	send_again(c, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
	take_segment(c);
	take_pod_syn(c);
	c->stream_length = 0;
	pod_accepts(c);
	expect_stream(c, c->pod_number == 1 ? REQUEST_API : other, LENGTH(other));
}

/* The pod in use may take it as well, in a packet of ours. */
static void a_request_of_the_same_rule_that_had_to_wait_is_begun(void **state)
{
	struct connection *c = *state;
	struct leg leg;

	connection_splice(c, REQUEST_ROOT);
	client_says_part(c, TCP_PSH, REQUEST_ROOT, 20);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	c->client.next -= 20;
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_TO_POD);
	pod_receives(c);
	reply_is_taken(c, REPLY_OK REPLY_OK);
	leg = leg_of(c);
	client_says_part(c, TCP_PSH, REQUEST_ROOT, 20);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	client_says(c, TCP_PSH, &REQUEST_ROOT[20]);
	expect_verdict(c, VERDICT_LEG_RESUMED);
	c->client.next -= LENGTH(REQUEST_ROOT);
	leg_return(c, &leg);
	c->client.next += LENGTH(REQUEST_ROOT);
	pod_receives(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
}

static void a_request_to_another_rule_waits_until_the_reply_is_acknowledged(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;
	uint32_t before;

	connection_splice(c, REQUEST_ROOT);
	before = c->client.ack;
	pod_passes(c, TCP_PSH, REPLY_OK);
	segment = client_segment(c, TCP_PSH, REQUEST_API);
	segment.ack = before;
	client_sends(c, &segment);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	send_again(c, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
}

/* All but the last byte: the pod must hear of it, or it sends the reply again. */
static void only_the_acknowledgement_of_a_waiting_request_passes(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment, want;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, REPLY_OK);
	segment = client_segment(c, TCP_PSH, REQUEST_API);
	segment.ack--;
	want = translated_to_pod(c, &segment);
	want.payload_length = 0;
	client_sends(c, &segment);
	expect_verdict(c, VERDICT_TO_POD);
	expect_only(c, &want, ANY_PSH);
	expect_number(flow_of(c).client_next, segment.seq);
	send_again(c, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
}

/* It is asked for when its turn has come. */
static void a_fin_does_not_overtake_a_waiting_request(void **state)
{
	struct connection *c = *state;

	connection_splice_waiting(c);
	client_says(c, TCP_FIN, NULL);
	assert_int_not_equal(c->testbed->verdict, VERDICT_TO_POD);
	expect_number(flow_of(c).progress & FLOW_CLIENT_FIN, 0);
	c->client.next--;
	pod_passes(c, TCP_PSH, REPLY_OK);
	expect_begun(c, REQUEST_API);
}

/* The FIN itself acknowledges the reply. */
static void a_fin_may_begin_the_request_that_waits_in_front_of_it(void **state)
{
	struct connection *c = *state;
	struct leg left;

	connection_splice_waiting(c);
	pod_passes(c, TCP_PSH, REPLY_OK);
	client_says(c, TCP_FIN, NULL);
	expect_verdict(c, VERDICT_POD_SYN);
	take_segment(c);
	leg_leave(c, &left);
	take_pod_syn(c);
	pod_accepts(c);
	expect_stream(c, REQUEST_API, strlen(REQUEST_API));
	expect_number(c->pod.ack, c->client.next);
}

static void requests_of_one_rule_in_one_segment_all_pass(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	client_passes(c, TCP_PSH, REQUEST_ROOT REQUEST_ROOT REQUEST_ROOT);
	expect_number(flow_of(c).outstanding_count, 4);
	expect_number(flow_of(c).request.next, c->client.next);
	pod_passes(c, TCP_PSH, REPLY_OK REPLY_OK);
	expect_number(flow_of(c).outstanding_count, 2);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	expect_number(flow_of(c).outstanding_count, 3);
	pod_passes(c, TCP_PSH, REPLY_OK REPLY_OK);
	pod_passes(c, TCP_PSH, REPLY_OK);
	expect_number(flow_of(c).outstanding_count, 0);
}

/* The first part for the pod in use passes, with the acknowledgement, and the rest waits. */
static void a_segment_is_cut_where_another_rule_begins(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment, want;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, REPLY_OK);
	segment = client_segment(c, TCP_PSH, REQUEST_ROOT REQUEST_API);
	want = translated_to_pod(c, &segment);
	want.payload_length = LENGTH(REQUEST_ROOT);
	client_sends(c, &segment);
	expect_verdict(c, VERDICT_TO_POD);
	expect_only(c, &want, ANY_PSH);
	pod_hears(c, &want);
	expect_number(flow_of(c).outstanding_count, 1);
	pod_passes(c, TCP_PSH, REPLY_OK);
	expect_begun(c, REQUEST_API);
}

/* Behind the very first request it waits, even if its pod could take it. */
static void a_request_behind_the_first_one_is_sent_again(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT REQUEST_ROOT);
	expect_verdict(c, VERDICT_POD_SYN);
	take_pod_syn(c);
	pod_accepts(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
	pod_passes(c, 0, NULL);
	c->client.next -= LENGTH(REQUEST_ROOT);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	expect_number(flow_of(c).outstanding_count, 2);
}

static void the_seventeenth_request_waits(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	for (unsigned i = 1; i < FLOW_OUTSTANDING; i++)
		client_passes(c, TCP_PSH, REQUEST_ROOT);
	expect_number(flow_of(c).outstanding_count, FLOW_OUTSTANDING);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	pod_passes(c, TCP_PSH, REPLY_OK);
	c->client.next -= LENGTH(REQUEST_ROOT);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	expect_number(flow_of(c).outstanding_count, FLOW_OUTSTANDING);
	for (unsigned i = 0; i < FLOW_OUTSTANDING; i++)
		pod_passes(c, TCP_PSH, REPLY_OK);
	expect_number(flow_of(c).outstanding_count, 0);
}

static void the_seventeenth_request_begins_without_being_sent_again(void **state)
{
	struct connection *c = *state;
	struct leg leg;

	connection_splice(c, REQUEST_ROOT);
	for (unsigned i = 1; i < FLOW_OUTSTANDING; i++)
		client_passes(c, TCP_PSH, REQUEST_ROOT);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	for (unsigned i = 0; i < FLOW_OUTSTANDING; i++)
		pod_passes(c, TCP_PSH, REPLY_OK);
	leg = leg_of(c);
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_LEG_RESUMED);
	take_segment(c);
	c->client.next -= LENGTH(REQUEST_ROOT);
	leg_return(c, &leg);
	c->client.next += LENGTH(REQUEST_ROOT);
	pod_receives(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
}

#define POST_BEGUN "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234"

static void a_body_and_the_next_request_of_its_rule_share_a_segment(void **state)
{
	struct connection *c = *state;

	connection_splice(c, POST_BEGUN);
	client_passes(c, TCP_PSH, "56789" REQUEST_ROOT);
	expect_number(flow_of(c).outstanding_count, 2);
	pod_passes(c, TCP_PSH, REPLY_OK REPLY_OK);
	expect_number(flow_of(c).progress & FLOW_FINAL, 0);
}

static void a_body_is_cut_from_the_next_request_of_another_rule(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment, want;

	connection_splice(c, POST_BEGUN);
	segment = client_segment(c, TCP_PSH, "56789" REQUEST_API);
	want = translated_to_pod(c, &segment);
	want.payload_length = 5;
	client_sends(c, &segment);
	expect_verdict(c, VERDICT_TO_POD);
	expect_only(c, &want, ANY_PSH);
	pod_hears(c, &want);
	pod_passes(c, TCP_PSH, REPLY_OK);
	expect_begun(c, REQUEST_API);
}

static void a_body_that_looks_like_a_request_is_none(void **state)
{
	struct connection *c = *state;

	connection_splice(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 49\r\n\r\n");
	client_passes(c, TCP_PSH, REQUEST_API);
	expect_number(flow_of(c).outstanding_count, 1);
	expect_number(flow_of(c).rule, RULE_ROOT);
	client_passes(c, TCP_PSH, "01");
	reply_is_taken(c, REPLY_OK);
	client_says(c, TCP_PSH, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
}

/* It must not overtake the reply to an earlier request. */
static void an_own_reply_waits_too(void **state)
{
	static const char request[] = "GET /missing HTTP/1.1\r\nHost: a\r\n\r\n";
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	client_says(c, TCP_PSH, request);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	pod_passes(c, TCP_PSH, REPLY_OK);
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_BACKEND_MISSING);
}

static void a_malformed_request_waits_too(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	client_says(c, TCP_PSH, "GET / HTTP/1.1\nHost: a\n\n");
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	pod_passes(c, TCP_PSH, REPLY_OK);
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_BARE_LF);
}

static void http_1_0_with_keep_alive_goes_on(void **state)
{
	static const char request[] = "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n";
	static const char reply[] = "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
				    "Content-Length: 2\r\n\r\nok";
	struct connection *c = *state;

	connection_splice(c, request);
	reply_is_taken(c, reply);
	client_passes(c, TCP_PSH, request);
	reply_is_taken(c, reply);
	client_says(c, TCP_PSH, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_request_to_another_rule_waits_for_the_reply),
		BOTH(a_request_that_waits_begins_when_it_comes_again_too),
		BOTH(a_request_that_waits_and_comes_again_with_other_bytes_is_read_once),
		BOTH(a_request_of_the_same_rule_that_had_to_wait_is_begun),
		BOTH(a_request_to_another_rule_waits_until_the_reply_is_acknowledged),
		BOTH(only_the_acknowledgement_of_a_waiting_request_passes),
		BOTH(a_fin_does_not_overtake_a_waiting_request),
		BOTH(a_fin_may_begin_the_request_that_waits_in_front_of_it),
		BOTH(requests_of_one_rule_in_one_segment_all_pass),
		BOTH(a_segment_is_cut_where_another_rule_begins),
		BOTH(a_request_behind_the_first_one_is_sent_again),
		BOTH(the_seventeenth_request_waits),
		BOTH(the_seventeenth_request_begins_without_being_sent_again),
		BOTH(a_body_and_the_next_request_of_its_rule_share_a_segment),
		BOTH(a_body_is_cut_from_the_next_request_of_another_rule),
		BOTH(a_body_that_looks_like_a_request_is_none),
		BOTH(an_own_reply_waits_too),
		BOTH(a_malformed_request_waits_too),
		BOTH(http_1_0_with_keep_alive_goes_on),
	};

	return HARNESS_RUN(tests);
}
