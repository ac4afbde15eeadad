/* SPDX-License-Identifier: Apache-2.0 */
/* A body that the pod has answered before it came: the next request waits for no more than the
 * pod's acknowledgement of it. */
#include "harness.h"
#include "harness_legs.h"

#define LENGTH(text) ((uint32_t)strlen(text))
#define POST_HEAD "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
#define REPLY_EARLY "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"

/* The body and the next request in one segment; the body passes. */
static void send_body_and_request(struct connection *c)
{
	struct tcp_segment body;

	connection_splice(c, POST_HEAD);
	reply_is_taken(c, REPLY_EARLY);
	client_says(c, TCP_PSH, "01234" REQUEST_API);
	body = take_segment(c);
	expect_number(body.payload_length, 5);
	pod_hears(c, &body);
}

/* What the last run has sent, the client's part taken: SYN to the pod of the next request. */
static void expect_request_served(struct connection *c, const struct leg *left)
{
	expect_number(take_pod_syn(c).seq, c->client.next - LENGTH(REQUEST_API) - 1);
	expect_nothing_more(c);
	assert_int_not_equal(c->pod_number, left->pod_number);
	pod_accepts(c);
	expect_stream(c, REQUEST_API, strlen(REQUEST_API));
	pod_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
}

static void the_pods_acknowledgement_begins_the_request_behind_a_body(void **state)
{
	struct connection *c = *state;
	struct tcp_segment acknowledgement, want;
	struct leg left;

	send_body_and_request(c);
	acknowledgement = pod_segment(c, 0, NULL);
	want = translated_to_client(c, &acknowledgement);
	pod_sends(c, &acknowledgement);
	expect_verdict(c, VERDICT_POD_SYN);
	expect_segment(c, &want, 0);
	client_hears(c, &want);
	leg_leave(c, &left);
	expect_request_served(c, &left);
}

/* Its FIN is the acknowledgement. The client is told of it, and not of the FIN. */
static void the_pods_end_begins_the_request_behind_a_body(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;
	struct leg left;

	send_body_and_request(c);
	pod_says(c, TCP_FIN, NULL);
	expect_verdict(c, VERDICT_POD_SYN);
	want = answer_to_pod(c, TCP_FIN, NULL);
	want.seq = c->pod.ack;
	expect_segment(c, &want, 0);
	want = answer_to_client(c, 0, NULL);
	want.ack -= LENGTH(REQUEST_API);
	expect_segment(c, &want, ANY_WINDOW | ANY_TSVAL);
	leg_leave(c, &left);
	expect_request_served(c, &left);
}

/* Nothing waits, but the client must learn that its body has arrived. */
static void the_pods_end_acknowledges_a_body_to_the_client(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;

	connection_splice(c, POST_HEAD);
	reply_is_taken(c, REPLY_EARLY);
	client_passes(c, TCP_PSH, "01234");
	pod_says(c, TCP_FIN, NULL);
	expect_verdict(c, VERDICT_POD_END_SWALLOWED);
	want = answer_to_pod(c, TCP_FIN, NULL);
	expect_segment(c, &want, 0);
	want = answer_to_client(c, 0, NULL);
	expect_only(c, &want, ANY_WINDOW | ANY_TSVAL);
	expect_number(flow_of(c).state, FLOW_WAITING);
}

/* The client has not acknowledged the reply yet. */
static void a_fin_that_is_not_shown_still_acknowledges(void **state)
{
	struct connection *c = *state;
	struct tcp_segment fin, want;

	connection_splice(c, POST_HEAD);
	pod_passes(c, TCP_PSH, REPLY_EARLY);
	c->client.ack -= LENGTH(REPLY_EARLY);
	client_passes(c, TCP_PSH, "01234");
	fin = pod_segment(c, TCP_FIN, NULL);
	want = translated_to_client(c, &fin);
	want.flags &= (uint16_t)~TCP_FIN;
	pod_sends(c, &fin);
	expect_verdict(c, VERDICT_TO_CLIENT);
	expect_only(c, &want, 0);
}

/* The acknowledgement to the client was lost: what it sends again begins in the old body. */
static void a_body_that_comes_again_in_front_of_a_request_is_passed_over(void **state)
{
	struct connection *c = *state;
	struct leg left;

	connection_splice(c, POST_HEAD);
	reply_is_taken(c, REPLY_EARLY);
	client_passes(c, TCP_PSH, "01234");
	pod_says(c, TCP_FIN, NULL);
	expect_number(flow_of(c).state, FLOW_WAITING);
	c->client.next -= 5;
	client_says(c, TCP_PSH, "01234" REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
	leg_leave(c, &left);
	expect_request_served(c, &left);
}

/* So does the packet that drives the tries to reach its pod. */
static void a_body_that_comes_again_repeats_the_syn_of_the_next_request(void **state)
{
	struct connection *c = *state;
	struct leg left;

	send_body_and_request(c);
	pod_says(c, 0, NULL);
	expect_verdict(c, VERDICT_POD_SYN);
	take_segment(c);
	leg_leave(c, &left);
	take_pod_syn(c);
	do { /* copies within a burst are no retransmissions */
		c->client.next -= LENGTH("01234" REQUEST_API);
		client_says(c, TCP_PSH, "01234" REQUEST_API);
	} while (c->testbed->verdict == VERDICT_HOLD_PENDING);
	expect_verdict(c, VERDICT_POD_SYN_REPEATED);
	expect_request_served(c, &left);
}

/* Replies and resets of our own leave by the pod's packet, and go to the client. */
static void the_pods_acknowledgement_begins_what_we_refuse(void **state)
{
	static const struct {
		const char *bytes;
		enum verdict verdict;
		uint16_t flag;
	} refused[] = {
		{"GET /missing HTTP/1.1\r\nHost: a\r\n\r\n", VERDICT_BACKEND_MISSING, TCP_FIN},
		{"GET /moved HTTP/1.1\r\nHost: a\r\n\r\n", VERDICT_REDIRECT_301, TCP_FIN},
		{"GET / HTTP/1.1\nHost: a\n\n", VERDICT_BARE_LF, TCP_FIN},
		{"\x16\x03\x01\x02\x01\x01\x01\x01", VERDICT_TLS_HELLO, TCP_RST},
	};
	struct connection *c = *state;
	struct tcp_segment got;

	for (unsigned i = 0; i < 4; i++) {
		connection_splice(c, POST_HEAD);
		reply_is_taken(c, REPLY_EARLY);
		client_passes(c, TCP_PSH, "01234");
		client_says(c, TCP_PSH, refused[i].bytes);
		pod_says(c, 0, NULL);
		expect_verdict(c, refused[i].verdict);
		do
			got = take_segment(c);
		while (!(got.flags & (TCP_FIN | TCP_RST)) ||
		       memcmp(&got.destination, &c->client_address, 16));
		expect_number(got.flags & refused[i].flag, refused[i].flag);
		expect_number(got.seq, c->client.ack);
		if (refused[i].flag == TCP_FIN)
			expect_number(got.ack, c->client.next);
		harness_next_client(c);
	}
}

/* One byte that the pod has acknowledged already: TCP answers it at once. */
static void expect_probe(struct connection *c)
{
	struct tcp_segment want = answer_to_pod(c, 0, "");

	want.seq = c->pod.ack - 6;
	want.payload = "\0";
	want.payload_length = 1;
	if (segment_has(&want, 't'))
		want.options.tsecr = c->pod.tsval;
	expect_only(c, &want, 0);
}

/* It would delay its ACK of the body, since it has nothing to send. */
static void a_pod_is_asked_for_the_acknowledgement_that_a_request_waits_for(void **state)
{
	struct connection *c = *state;
	struct leg left;

	connection_splice(c, POST_HEAD);
	reply_is_taken(c, REPLY_EARLY);
	client_passes(c, TCP_PSH, "01234");
	client_says(c, TCP_PSH, REQUEST_API);
	expect_verdict(c, VERDICT_POD_PROBED);
	expect_probe(c);
	pod_says(c, 0, NULL);
	expect_verdict(c, VERDICT_POD_SYN);
	take_segment(c);
	leg_leave(c, &left);
	expect_request_served(c, &left);
}

static void a_pod_is_asked_behind_the_last_bytes_of_the_body(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;

	connection_splice(c, POST_HEAD);
	reply_is_taken(c, REPLY_EARLY);
	want = answer_to_pod(c, TCP_PSH, "01234");
	client_says(c, TCP_PSH, "01234" REQUEST_API);
	expect_verdict(c, VERDICT_POD_PROBED);
	expect_segment(c, &want, 0);
	pod_hears(c, &want);
	expect_probe(c);
}

/* The pod's acknowledgement would not help. */
static void a_pod_is_not_asked_while_its_reply_is_missing(void **state)
{
	struct connection *c = *state;

	connection_splice(c, POST_HEAD);
	client_passes(c, TCP_PSH, "01234");
	client_says(c, TCP_PSH, REQUEST_API);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(the_pods_acknowledgement_begins_the_request_behind_a_body),
		BOTH(the_pods_end_begins_the_request_behind_a_body),
		BOTH(the_pods_end_acknowledges_a_body_to_the_client),
		BOTH(a_fin_that_is_not_shown_still_acknowledges),
		BOTH(a_body_that_comes_again_in_front_of_a_request_is_passed_over),
		BOTH(a_body_that_comes_again_repeats_the_syn_of_the_next_request),
		BOTH(the_pods_acknowledgement_begins_what_we_refuse),
		BOTH(a_pod_is_asked_for_the_acknowledgement_that_a_request_waits_for),
		BOTH(a_pod_is_asked_behind_the_last_bytes_of_the_body),
		BOTH(a_pod_is_not_asked_while_its_reply_is_missing),
	};

	return HARNESS_RUN(tests);
}
