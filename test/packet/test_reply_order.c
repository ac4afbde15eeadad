/* SPDX-License-Identifier: Apache-2.0 */
/* Replies in long heads, in many segments, out of order, and bytes that nobody asked for. */
#include <stdlib.h>

#include "../../agent/base/cleanup.h"
#include "harness.h"
#include "harness_legs.h"

#define LENGTH(text) ((uint32_t)strlen(text))

/* The pod's bytes `ahead` behind its next one. */
static struct tcp_segment ahead(const struct connection *c, uint32_t ahead, const char *text)
{
	struct tcp_segment segment = pod_segment(c, TCP_PSH, text);

	segment.seq += ahead;
	return segment;
}

/* A head of this many bytes, with the length of its body at the end. */
static char *long_head(size_t length)
{
	static const char end[] = "\r\nContent-Length: 2\r\n\r\n";
	char *text = malloc(length + 1);

	memset(text, 'c', length);
	memcpy(text, "HTTP/1.1 200 OK\r\n", 17);
	for (size_t at = 17; at + 100 < length; at += 60)
		memcpy(text + at, "Content-Lengths: 77", 19);
	for (size_t at = 75; at + 40 < length; at += 60)
		memcpy(text + at, "\r\n", 2);
	memcpy(text + length - (sizeof(end) - 1), end, sizeof(end));
	return text;
}

static void pass_in_parts(struct connection *c, const char *text, size_t length, size_t part)
{
	for (size_t at = 0; at < length; at += part) {
		pod_says_part(c, TCP_PSH, text + at, length - at < part ? length - at : part);
		expect_verdict(c, VERDICT_TO_CLIENT);
		c->client.ack = take_segment(c).seq + (uint32_t)c->testbed->outputs[0].length;
	}
	c->client.ack = c->pod.next + c->router_isn - c->pod.isn;
}

static void a_head_may_come_in_many_segments(void **state)
{
	static const size_t lengths[] = {200, 1400, 3000, 20000, 65000};
	struct connection *c = *state;

	for (unsigned i = 0; i < 5; i++) {
		_cleanup_free_ char *text = long_head(lengths[i]);

		connection_splice(c, REQUEST_ROOT);
		pass_in_parts(c, text, lengths[i], 1391);
		expect_number(flow_of(c).progress & (FLOW_FINAL | FLOW_CARRY), 0);
		reply_is_taken(c, "ok");
		expect_number(flow_of(c).reply.next, c->client.ack);
		client_passes(c, TCP_PSH, REQUEST_ROOT);
		harness_next_client(c);
	}
}

static void a_head_over_64_kib_ends_the_framing(void **state)
{
	_cleanup_free_ char *text = long_head(70000);
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	pass_in_parts(c, text, 70000, 1391);
	expect_number(flow_of(c).progress & FLOW_FINAL, FLOW_FINAL);
	reply_is_taken(c, "ok");
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_dropped(c, VERDICT_AFTER_LAST);
}

/* The pod must not take it for lost, and sends what is missing. */
static void a_gap_in_front_of_a_reply_is_asked_for(void **state)
{
	struct connection *c = *state;
	struct tcp_segment later, want;

	connection_splice(c, REQUEST_ROOT);
	want = answer_to_pod(c, 0, NULL);
	later = ahead(c, 10, &REPLY_OK[10]);
	pod_sends(c, &later);
	expect_verdict(c, VERDICT_POD_ACKNOWLEDGED);
	expect_only(c, &want, 0);
	c->pod.next = want.ack;
	pod_passes(c, TCP_PSH, REPLY_OK);
	client_passes(c, 0, NULL);
	expect_number(flow_of(c).outstanding_count, 0);
}

static void a_gap_in_a_body_of_known_length_passes(void **state)
{
	struct connection *c = *state;
	struct tcp_segment later;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01");
	later = ahead(c, 2, "456");
	pass_to_client(c, &later);
	c->pod.next -= 5;
	pod_passes(c, TCP_PSH, "23456789");
	client_passes(c, 0, NULL);
	expect_number(flow_of(c).outstanding_count, 0);
	client_says(c, TCP_PSH, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
}

/* The last byte comes first: the reply is complete when all of it is there. */
static void the_end_of_a_body_may_come_before_the_rest(void **state)
{
	struct connection *c = *state;
	struct tcp_segment later;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01");
	client_passes(c, 0, NULL);
	later = ahead(c, 4, "6789");
	pass_to_client(c, &later);
	client_says(c, TCP_PSH, REQUEST_API);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	c->pod.next -= 8;
	pod_passes(c, TCP_PSH, "2345");
	c->pod.next += 4;
	c->client.ack += 4;
	expect_number(flow_of(c).progress & FLOW_FINAL, 0);
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_POD_SYN);
}

static void a_reply_that_is_sent_again_passes(void **state)
{
	struct connection *c = *state;
	struct tcp_segment again;

	connection_splice(c, REQUEST_ROOT);
	again = pod_segment(c, TCP_PSH, REPLY_OK);
	pod_passes(c, TCP_PSH, REPLY_OK);
	pass_to_client(c, &again);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	pass_to_client(c, &again);
	expect_number(flow_of(c).outstanding_count, 1);
	reply_is_taken(c, REPLY_OK);
}

/* An overlap with the first part, and with the reply behind it. */
static void a_repeated_part_of_a_head_is_not_read_twice(void **state)
{
	struct connection *c = *state;
	struct tcp_segment again;

	connection_splice(c, REQUEST_ROOT);
	again = pod_segment(c, TCP_PSH, REPLY_OK);
	pod_says_part(c, TCP_PSH, REPLY_OK, 20);
	expect_verdict(c, VERDICT_TO_CLIENT);
	pass_to_client(c, &again);
	c->client.ack = c->pod.next + c->router_isn - c->pod.isn;
	expect_number(flow_of(c).outstanding_count, 0);
	expect_number(flow_of(c).reply.next, c->client.ack);
}

static void a_corrupted_reply_is_not_read(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	connection_splice(c, REQUEST_ROOT);
	segment = pod_segment(c, TCP_PSH, REPLY_LAST);
	segment.flaws = FLAW_TCP_CHECKSUM;
	pod_sends(c, &segment);
	expect_dropped(c, VERDICT_CHECKSUM_BAD);
	c->pod.next -= LENGTH(REPLY_LAST);
	reply_is_taken(c, REPLY_OK);
	expect_number(flow_of(c).progress & FLOW_FINAL, 0);
}

static void expect_reset_of_pod(struct connection *c)
{
	struct tcp_segment reset;

	expect_verdict(c, VERDICT_UNSOLICITED_REPLY);
	reset = take_segment(c);
	expect_nothing_more(c);
	expect_number(reset.flags, TCP_RST);
	expect_number(reset.seq, c->pod.ack);
	assert_memory_equal(&reset.destination, &c->pod_address[0], 16);
	expect_number(flow_of(c).state, FLOW_WAITING);
	expect_number(active_on(c, 0), 0);
}

/* The client is not told, and asks another connection. */
static void bytes_that_nobody_asked_for_end_the_pods_connection(void **state)
{
	struct connection *c = *state;
	struct leg left;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	pod_says(c, TCP_PSH, REPLY_OK);
	expect_reset_of_pod(c);
	reroute(c, REQUEST_ROOT, &left);
	reply_is_taken(c, REPLY_OK);
}

static void a_second_reply_to_one_request_does_not_reach_the_client(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment, want;
	struct leg left;

	connection_splice(c, REQUEST_ROOT);
	segment = pod_segment(c, TCP_PSH, REPLY_OK REPLY_OK);
	want = translated_to_client(c, &segment);
	want.payload_length = LENGTH(REPLY_OK);
	pod_sends(c, &segment);
	expect_only(c, &want, ANY_PSH);
	expect_number(testbed_verdict_total(c->testbed, VERDICT_UNSOLICITED_REPLY), 1);
	client_hears(c, &want);
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_TO_POD);
	take_segment(c);
	c->pod.next -= LENGTH(REPLY_OK);
	pod_says(c, TCP_PSH, REPLY_OK);
	expect_reset_of_pod(c);
	reroute(c, REQUEST_ROOT, &left);
	reply_is_taken(c, REPLY_OK);
}

/* It was for nobody, and must not become the reply to what is asked next. */
static void a_request_behind_a_second_reply_goes_to_another_connection(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	pod_says(c, TCP_PSH, REPLY_OK REPLY_OK);
	take_segment(c);
	c->client.ack += LENGTH(REPLY_OK);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_POD_SYN);
	expect_number(take_segment(c).flags & (TCP_FIN | TCP_RST) ? 1 : 0, 1);
	take_pod_syn(c);
	assert_int_not_equal(c->pod_source_port, c->client_port);
}

/* The connection's end, and the client's, get the numbers that they have without the bytes. */
static void the_end_behind_bytes_that_nobody_asked_for_is_shown(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment, want;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_LAST);
	segment = pod_segment(c, TCP_PSH | TCP_FIN, "more");
	pod_sends(c, &segment);
	expect_verdict(c, VERDICT_UNSOLICITED_REPLY);
	c->pod.next--; /* not the FIN, which it sends again */
	want = answer_to_pod(c, 0, NULL);
	expect_only(c, &want, 0);
	c->router_isn -= 4;
	pod_passes(c, TCP_FIN, NULL);
	client_passes(c, TCP_FIN, NULL);
	pod_passes(c, 0, NULL);
	expect_number(flow_of(c).state, FLOW_TAIL);
}

/* Not yet: acknowledgements of the reply are still translated. */
static void bytes_that_nobody_asked_for_wait_until_the_last_reply_is_acknowledged(void **state)
{
	struct connection *c = *state;
	struct tcp_segment acknowledgement;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, REPLY_LAST);
	pod_says(c, TCP_PSH, "more");
	expect_dropped(c, VERDICT_UNSOLICITED_REPLY);
	acknowledgement = client_segment(c, 0, NULL);
	acknowledgement.ack--;
	pass_to_pod(c, &acknowledgement);
	client_passes(c, 0, NULL);
	c->pod.next -= 4;
	pod_says(c, TCP_PSH, "more");
	expect_verdict(c, VERDICT_UNSOLICITED_REPLY);
	expect_number(take_segment(c).ack, c->pod.next);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_head_may_come_in_many_segments),
		BOTH(a_head_over_64_kib_ends_the_framing),
		BOTH(a_gap_in_front_of_a_reply_is_asked_for),
		BOTH(a_gap_in_a_body_of_known_length_passes),
		BOTH(the_end_of_a_body_may_come_before_the_rest),
		BOTH(a_reply_that_is_sent_again_passes),
		BOTH(a_repeated_part_of_a_head_is_not_read_twice),
		BOTH(a_corrupted_reply_is_not_read),
		BOTH(bytes_that_nobody_asked_for_end_the_pods_connection),
		BOTH(a_second_reply_to_one_request_does_not_reach_the_client),
		BOTH(a_request_behind_a_second_reply_goes_to_another_connection),
		BOTH(the_end_behind_bytes_that_nobody_asked_for_is_shown),
		BOTH(bytes_that_nobody_asked_for_wait_until_the_last_reply_is_acknowledged),
	};

	return HARNESS_RUN(tests);
}
