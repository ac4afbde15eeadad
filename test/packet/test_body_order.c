/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests that come out of order, or again, or again with other bytes. */
#include <stdio.h>

#include "harness.h"
#include "harness_legs.h"

#define CHUNKED "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

/* The client's bytes `ahead` behind its next one. */
static struct tcp_segment ahead(const struct connection *c, uint32_t ahead, const char *text)
{
	struct tcp_segment segment = client_segment(c, TCP_PSH, text);

	segment.seq += ahead;
	return segment;
}

static void expect_asked_for(struct connection *c, uint32_t next)
{
	struct tcp_segment want = answer_to_client(c, 0, NULL);

	want.ack = next;
	expect_verdict(c, VERDICT_DUPLICATE_ACKNOWLEDGED);
	expect_only(c, &want, ANY_WINDOW);
}

static void a_gap_in_a_body_of_known_length_passes(void **state)
{
	struct connection *c = *state;
	struct tcp_segment later;

	connection_splice(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n");
	later = ahead(c, 4, "5678");
	pass_to_pod(c, &later);
	c->client.next -= 8;
	client_passes(c, TCP_PSH, "1234");
	c->client.next += 4;
	reply_is_taken(c, REPLY_OK);
	expect_number(flow_of(c).progress & FLOW_FINAL, 0);
}

static void a_gap_in_a_chunk_passes(void **state)
{
	struct connection *c = *state;
	struct tcp_segment later;

	connection_splice(c, CHUNKED "8\r\n");
	later = ahead(c, 4, "5678");
	pass_to_pod(c, &later);
	c->client.next -= 8;
	client_passes(c, TCP_PSH, "1234");
}

/* The same with a SACK block: nothing but `kept` has come behind the gap. */
static void expect_kept(struct connection *c, uint32_t next, const struct tcp_segment *kept)
{
	struct tcp_segment want = answer_to_client(c, 0, NULL);

	want.ack = next;
	snprintf(want.options.layout, sizeof(want.options.layout), "nntnna");
	want.options.sack_count = 1;
	want.options.sack[0] = (struct sack_block){kept->seq, segment_end(kept)};
	expect_verdict(c, VERDICT_DUPLICATE_ACKNOWLEDGED);
	expect_only(c, &want, ANY_WINDOW);
}

/* The client's bytes `ahead` behind its next one, which the router keeps. */
static struct tcp_segment keep(struct connection *c, uint32_t distance, const char *text)
{
	uint32_t missing = c->client.next;
	struct tcp_segment later = ahead(c, distance, text);

	client_sends(c, &later);
	expect_kept(c, missing, &later);
	c->client.next = missing;
	return later;
}

/* What follows cannot be read: the client is told at once, as a pod would do. */
static void a_gap_in_front_of_a_size_line_is_asked_for(void **state)
{
	struct connection *c = *state;

	connection_splice(c, CHUNKED "4\r\n1234");
	keep(c, 2, "3\r\nabc\r\n");
	client_passes(c, TCP_PSH, "\r\n3\r\nabc\r\n");
}

/* Law 1: the client need not send again what it was told had come. */
static void what_is_kept_behind_a_gap_follows_what_fills_it(void **state)
{
	struct connection *c = *state;
	struct tcp_segment kept, missing, want, again;

	connection_splice(c, CHUNKED "4\r\n1234");
	kept = keep(c, 2, "3\r\nabc\r\n");
	missing = client_segment(c, TCP_PSH, "\r\n");
	client_sends(c, &missing);
	expect_verdict(c, VERDICT_TO_POD);
	want = translated_to_pod(c, &missing);
	expect_segment(c, &want, ANY_MAC);
	again = take_segment(c);
	expect_nothing_more(c);
	expect_number(again.seq, kept.seq);
	expect_number(again.payload_length, kept.payload_length);
	assert_memory_equal(again.payload, kept.payload, kept.payload_length);
	assert_memory_equal(&again.source, &c->client_address, 16);
	assert_memory_equal(&again.destination, &c->listener, 16);
	pass_to_pod(c, &again);
	client_passes(c, TCP_PSH, "0\r\n\r\n");
}

/* What is not kept must not count as received: its client sends it again. */
static void only_the_first_segment_behind_a_gap_is_named(void **state)
{
	struct connection *c = *state;
	struct tcp_segment kept, later;
	uint32_t missing;

	connection_splice(c, CHUNKED "4\r\n1234");
	missing = c->client.next;
	kept = keep(c, 2, "3\r\nabc\r\n");
	later = ahead(c, 10, "3\r\ndef\r\n");
	client_sends(c, &later);
	expect_kept(c, missing, &kept);
}

static void a_corrupted_segment_behind_a_gap_is_not_named(void **state)
{
	struct connection *c = *state;
	struct tcp_segment later;
	uint32_t missing;

	connection_splice(c, CHUNKED "4\r\n1234");
	missing = c->client.next;
	later = ahead(c, 2, "3\r\nabc\r\n");
	later.flaws = FLAW_TCP_CHECKSUM;
	client_sends(c, &later);
	expect_asked_for(c, missing);
}

/* It is read when its turn comes, like any other. */
static void a_kept_segment_with_a_bad_size_line_resets_the_connection(void **state)
{
	struct connection *c = *state;
	struct tcp_segment missing, again;

	connection_splice(c, CHUNKED "4\r\n1234");
	keep(c, 2, "xyz\r\nabc\r\n");
	missing = client_segment(c, TCP_PSH, "\r\n");
	client_sends(c, &missing);
	take_segment(c);
	again = take_segment(c);
	client_sends(c, &again);
	expect_verdict(c, VERDICT_CHUNK_MALFORMED);
}

static void a_gap_in_front_of_a_request_is_asked_for(void **state)
{
	struct connection *c = *state;
	struct tcp_segment later;
	uint32_t missing;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, REPLY_OK);
	client_passes(c, 0, NULL);
	c->router_tsval = c->client.tsecr;
	missing = c->client.next;
	later = ahead(c, 10, REQUEST_API);
	client_sends(c, &later);
	expect_asked_for(c, missing);
}

/* The pod has the first four bytes and not yet told of it. */
static void begin_chunk(struct connection *c)
{
	connection_splice(c, CHUNKED);
	client_passes(c, TCP_PSH, "4\r\n1234\r\n");
}

static void a_size_line_that_is_sent_again_passes(void **state)
{
	struct connection *c = *state;
	struct tcp_segment again;

	begin_chunk(c);
	again = client_segment(c, TCP_PSH, "4\r\n1234\r\n");
	again.seq -= 9;
	for (unsigned i = 0; i < 3; i++)
		pass_to_pod(c, &again);
	client_passes(c, TCP_PSH, "0\r\n\r\n");
}

static void a_part_of_a_size_line_that_is_sent_again_passes(void **state)
{
	struct connection *c = *state;
	struct tcp_segment again;

	begin_chunk(c);
	for (uint32_t from = 1; from < 9; from++) {
		again = client_segment(c, TCP_PSH, &"4\r\n1234\r\n"[from]);
		again.seq -= 9 - from;
		pass_to_pod(c, &again);
	}
}

/* Otherwise the pod could read other chunks than the router did. */
static void a_size_line_that_is_sent_again_with_other_bytes_resets_both_sides(void **state)
{
	static const char *const others[] = {"5\r\n1234\r\n", "4;\n1234\r\n", "4\r\n1234xx"};
	struct connection *c = *state;

	for (unsigned i = 0; i < 3; i++) {
		struct tcp_segment again;

		begin_chunk(c);
		again = client_segment(c, TCP_PSH, others[i]);
		again.seq -= 9;
		client_sends(c, &again);
		expect_both_reset(c, VERDICT_COPY_DIFFERS);
		expect_number(flow_of(c).state, FLOW_FREE);
		harness_next_client(c);
	}
}

/* Data is data, whatever it says: the pod takes one of the copies. */
static void data_of_a_chunk_may_be_sent_again_with_other_bytes(void **state)
{
	struct connection *c = *state;
	struct tcp_segment again;

	begin_chunk(c);
	again = client_segment(c, TCP_PSH, "4\r\nabcd\r\n");
	again.seq -= 9;
	pass_to_pod(c, &again);
}

/* It takes no notice of them any more. */
static void a_size_line_that_the_pod_has_acknowledged_is_forgotten(void **state)
{
	struct connection *c = *state;
	struct tcp_segment again;

	begin_chunk(c);
	expect_number(flow_of(c).progress & FLOW_MARKED, FLOW_MARKED);
	pod_passes(c, 0, NULL);
	expect_number(flow_of(c).progress & FLOW_MARKED, 0);
	again = client_segment(c, TCP_PSH, "9\r\n");
	again.seq -= 9;
	pass_to_pod(c, &again);
}

static void a_corrupted_size_line_is_not_read(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	connection_splice(c, CHUNKED);
	segment = client_segment(c, TCP_PSH, "4\r\n1234\r\n");
	segment.flaws = FLAW_TCP_CHECKSUM;
	client_sends(c, &segment);
	expect_dropped(c, VERDICT_CHECKSUM_BAD);
	c->client.next -= 9;
	client_passes(c, TCP_PSH, "5\r\n12345\r\n");
}

/* Nothing of the copy reaches the pod before it has acknowledged the head. */
static void a_held_body_that_is_sent_again_comes_from_the_hold(void **state)
{
	static const char request[] = CHUNKED "3\r\nabc\r\n";
	struct connection *c = *state;
	struct tcp_segment again;

	client_connects(c);
	client_says(c, TCP_PSH, request);
	take_pod_syn(c);
	pod_accepts(c);
	again = client_segment(c, TCP_PSH,
			       "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
			       "\r\n\r\n9\r\nabc\r\n");
	again.seq = c->client.isn + 1;
	again.payload_length = strlen(request);
	client_sends(c, &again);
	expect_verdict(c, VERDICT_HOLD_REPEATED);
	c->pod.ack = c->client.isn + 1;
	c->stream_length = 0;
	pod_receives(c);
	expect_stream(c, request, strlen(request));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_gap_in_a_body_of_known_length_passes),
		BOTH(a_gap_in_a_chunk_passes),
		BOTH(a_gap_in_front_of_a_size_line_is_asked_for),
		BOTH(what_is_kept_behind_a_gap_follows_what_fills_it),
		BOTH(only_the_first_segment_behind_a_gap_is_named),
		BOTH(a_corrupted_segment_behind_a_gap_is_not_named),
		BOTH(a_kept_segment_with_a_bad_size_line_resets_the_connection),
		BOTH(a_gap_in_front_of_a_request_is_asked_for),
		BOTH(a_size_line_that_is_sent_again_passes),
		BOTH(a_part_of_a_size_line_that_is_sent_again_passes),
		BOTH(a_size_line_that_is_sent_again_with_other_bytes_resets_both_sides),
		BOTH(data_of_a_chunk_may_be_sent_again_with_other_bytes),
		BOTH(a_size_line_that_the_pod_has_acknowledged_is_forgotten),
		BOTH(a_corrupted_size_line_is_not_read),
		BOTH(a_held_body_that_is_sent_again_comes_from_the_hold),
	};

	return HARNESS_RUN(tests);
}
