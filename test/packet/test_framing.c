/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests: nothing but lengths is added up, and chunks are read at their size lines. */
#include "harness.h"
#include "harness_legs.h"

#define LENGTH(text) ((uint32_t)strlen(text))
#define CHUNKED "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

/* The body is complete, and its reply too: a request to another rule is one. */
static void expect_complete(struct connection *c)
{
	struct flow flow = flow_of(c);

	expect_number(flow.request.phase, 0);
	expect_number(flow.request.next, c->client.next);
	expect_number(flow.outstanding_count, 1);
	reply_is_taken(c, REPLY_OK);
	client_says(c, TCP_PSH, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
}

/* Nothing is left of the connection. */
static void expect_reset_and_gone(struct connection *c, enum verdict verdict)
{
	expect_both_reset(c, verdict);
	expect_number(flow_of(c).state, FLOW_FREE);
	expect_number(active_on(c, 0), 0);
	expect_number(testbed_count_entries(c->testbed, "flows"), 0);
}

static void a_body_of_gigabytes_is_followed_to_its_end(void **state)
{
	const uint32_t step = 0x10000000;
	struct connection *c = *state;
	uint32_t start;

	connection_splice(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5368709120\r\n\r\n");
	start = c->client.next;
	for (unsigned i = 1; i < 20; i++) {
		c->client.next = start + i * step;
		c->pod.ack = c->client.next;
		client_passes(c, TCP_PSH, REQUEST_API);
		pod_passes(c, 0, NULL);
	}
	c->client.next = start + 20 * step - 1;
	c->pod.ack = c->client.next;
	client_passes(c, TCP_PSH, "x");
	expect_complete(c);
}

static void a_chunk_of_gigabytes_is_followed_to_its_end(void **state)
{
	const uint32_t step = 0x10000000;
	struct connection *c = *state;
	uint32_t start;

	connection_splice(c, CHUNKED "140000000\r\n");
	start = c->client.next;
	for (unsigned i = 1; i < 20; i++) {
		c->client.next = start + i * step;
		c->pod.ack = c->client.next;
		client_passes(c, TCP_PSH, "0\r\n\r\n" REQUEST_API);
		pod_passes(c, 0, NULL);
	}
	c->client.next = start + 20 * step;
	c->pod.ack = c->client.next;
	client_passes(c, TCP_PSH, "\r\n0\r\n\r\n");
	expect_complete(c);
}

static const char chunks[] = "5;name=value\r\nhello\r\n00a \r\n0\r\n\r\nGET /\r\n"
			     "0\r\nX-Sum: abc\r\nX-More:\r\n\r\n";

/* Lines, data and trailers; the head comes again each time. */
static void a_chunked_body_may_be_cut_at_every_offset(void **state)
{
	struct connection *c = *state;
	char first[sizeof(chunks)];

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	for (size_t cut = 1; cut + 1 < sizeof(chunks); cut++) {
		client_passes(c, TCP_PSH, CHUNKED);
		memcpy(first, chunks, cut);
		first[cut] = 0;
		client_passes(c, TCP_PSH, first);
		assert_int_not_equal(flow_of(c).request.phase, 0);
		client_passes(c, TCP_PSH, chunks + cut);
		expect_number(flow_of(c).request.phase, 0);
		expect_number(flow_of(c).request.next, c->client.next);
		reply_is_taken(c, REPLY_OK);
	}
	client_says(c, TCP_PSH, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
}

static void a_chunked_body_may_come_one_byte_a_segment(void **state)
{
	struct connection *c = *state;

	connection_splice(c, CHUNKED);
	for (size_t i = 0; i + 1 < sizeof(chunks); i++) {
		char byte[] = {chunks[i], 0};

		client_passes(c, TCP_PSH, byte);
		pod_passes(c, 0, NULL);
	}
	expect_complete(c);
}

/* With the head, in the hold; what lies behind the body waits. */
static void a_chunked_body_may_be_held(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says(c, TCP_PSH, CHUNKED "3\r\nabc\r\n0\r\n\r\n" REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
	take_pod_syn(c);
	pod_accepts(c);
	expect_stream(c, CHUNKED "3\r\nabc\r\n0\r\n\r\n", strlen(CHUNKED) + 13);
	pod_passes(c, 0, NULL);
	expect_number(flow_of(c).request.phase, 0);
	expect_number(flow_of(c).outstanding_count, 1);
	pod_passes(c, TCP_PSH, REPLY_OK);
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_POD_SYN);
}

static void the_next_request_may_follow_the_last_chunk_at_once(void **state)
{
	struct connection *c = *state;

	connection_splice(c, CHUNKED "3\r\na");
	client_passes(c, TCP_PSH, "bc\r\n0\r\n\r\n" CHUNKED "0\r\n\r\n");
	expect_number(flow_of(c).outstanding_count, 2);
}

/* Heads are held in one piece: this one waits until the pod has the one in front of the body. */
static void a_request_behind_a_held_head_and_its_body_waits(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	client_passes(c, TCP_PSH, CHUNKED "0\r\n\r\n");
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	pod_passes(c, 0, NULL);
	c->client.next -= LENGTH(REQUEST_ROOT);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	expect_number(flow_of(c).outstanding_count, 2);
}

static size_t fill_chunks(char *text, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		memcpy(text + 15 * (size_t)i, "a\r\n0123456789\r\n", 15);
	return 15 * (size_t)count;
}

static void run_super_packet(struct connection *c, const char *text, size_t length)
{
	struct tcp_segment segment = client_segment(c, TCP_PSH, NULL);
	struct packet packet;

	segment.payload = text;
	segment.payload_length = length;
	segment_build(&segment, &packet);
	packet.gso_size = 1400;
	packet.gso_segs = (uint16_t)(1 + length / 1400);
	run_packet(c, &packet, c->testbed->network.client.ifindex);
}

static void many_chunks_in_a_super_packet_pass_at_once(void **state)
{
	static char text[2000];
	struct connection *c = *state;
	size_t length = fill_chunks(text, 100);

	connection_splice(c, CHUNKED);
	c->stream_length = 0;
	run_super_packet(c, text, length);
	expect_verdict(c, VERDICT_TO_POD);
	pod_receives(c);
	expect_stream(c, text, length);
	c->client.next += (uint32_t)length;
	pod_passes(c, 0, NULL);
	client_passes(c, TCP_PSH, "0\r\n\r\n");
	expect_complete(c);
}

/* More lines than can be remembered: a part passes, and the client sends the rest again. */
static void more_chunks_than_can_be_remembered_pass_in_parts(void **state)
{
	static char text[3000];
	struct connection *c = *state;
	size_t length = fill_chunks(text, 200), sent = 0;

	connection_splice(c, CHUNKED);
	c->stream_length = 0;
	for (unsigned i = 0; i < 20 && sent < length; i++) {
		run_super_packet(c, text + sent, length - sent);
		expect_verdict(c, VERDICT_TO_POD);
		pod_receives(c);
		assert_in_range(c->stream_length, sent + 1, length);
		c->client.next += (uint32_t)(c->stream_length - sent);
		sent = c->stream_length;
		pod_passes(c, 0, NULL);
	}
	expect_stream(c, text, length);
	client_passes(c, TCP_PSH, "0\r\n\r\n");
	expect_complete(c);
}

static void a_malformed_chunk_resets_both_sides(void **state)
{
	static const char *const bodies[] = {"g\r\n",
					     "\r\n",
					     "-1\r\n",
					     "0x1\r\n",
					     "3\nabc\r\n",
					     "3\r\nabcd\r\n",
					     "3\r\nabc0",
					     "3\r\nabc\r0\r\n",
					     "0\r\n X: y\r\n\r\n",
					     "0\r\nX\r\n",
					     "10000000000000000\r\n"};
	struct connection *c = *state;

	for (unsigned i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		connection_splice(c, CHUNKED);
		client_says(c, TCP_PSH, bodies[i]);
		expect_reset_and_gone(c, VERDICT_CHUNK_MALFORMED);
		harness_next_client(c);
	}
}

/* No pod has heard of it. */
static void a_malformed_chunk_behind_the_first_head_resets_the_client(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says(c, TCP_PSH, CHUNKED "xyz\r\n");
	expect_verdict(c, VERDICT_CHUNK_MALFORMED);
	expect_number(take_segment(c).flags & TCP_RST, TCP_RST);
	expect_nothing_more(c);
	expect_number(flow_of(c).state, FLOW_FREE);
}

static void a_malformed_chunk_behind_a_later_head_resets_both_sides(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	client_says(c, TCP_PSH, CHUNKED "xyz\r\n");
	expect_reset_and_gone(c, VERDICT_CHUNK_MALFORMED);
}

/* The number that it expects, not the one that it has acknowledged: else it would answer the RST by
 * a challenge (RFC 5961 3.2). */
static void a_pod_that_delays_its_acknowledgement_is_reset(void **state)
{
	struct connection *c = *state;

	connection_splice(c, CHUNKED);
	client_passes(c, TCP_PSH, "2\r\nok\r\n");
	client_says(c, TCP_PSH, "x\r\n");
	expect_reset_and_gone(c, VERDICT_CHUNK_MALFORMED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_body_of_gigabytes_is_followed_to_its_end),
		BOTH(a_chunk_of_gigabytes_is_followed_to_its_end),
		BOTH(a_chunked_body_may_be_cut_at_every_offset),
		BOTH(a_chunked_body_may_come_one_byte_a_segment),
		BOTH(a_chunked_body_may_be_held),
		BOTH(the_next_request_may_follow_the_last_chunk_at_once),
		BOTH(a_request_behind_a_held_head_and_its_body_waits),
		BOTH(many_chunks_in_a_super_packet_pass_at_once),
		BOTH(more_chunks_than_can_be_remembered_pass_in_parts),
		BOTH(a_malformed_chunk_resets_both_sides),
		BOTH(a_malformed_chunk_behind_the_first_head_resets_the_client),
		BOTH(a_malformed_chunk_behind_a_later_head_resets_both_sides),
		BOTH(a_pod_that_delays_its_acknowledgement_is_reset),
	};

	return HARNESS_RUN(tests);
}
