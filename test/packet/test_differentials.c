/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing makes the pod read other bytes than the parser: what is wrong is not gathered at all. */
#include <stdio.h>
#include <stdlib.h>

#include "../../agent/base/cleanup.h"
#include "harness.h"

#define REQUEST REQUEST_ROOT
#define REQUEST_LENGTH (sizeof(REQUEST_ROOT) - 1)
#define SAME_LENGTH "PUT / HTTP/1.1\r\nHost: evl.example.com\r\n\r\n"

/* Sends the first bytes of the request, well formed. */
static void begin_head(struct connection *c)
{
	client_connects(c);
	client_says_part(c, TCP_PSH, REQUEST, 20);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
}

static void finish_head(struct connection *c)
{
	client_says_part(c, TCP_PSH, &REQUEST[20], REQUEST_LENGTH - 20);
	expect_verdict(c, VERDICT_POD_SYN);
	take_pod_syn(c);
	pod_accepts(c);
	expect_stream(c, REQUEST, REQUEST_LENGTH);
}

/* A segment with other bytes in the place of the rest; it must have no effect. */
static struct tcp_segment evil_segment(const struct connection *c)
{
	return client_segment(c, TCP_PSH, "evil\r\n\r\n");
}

static void send_evil(struct connection *c, const struct tcp_segment *evil)
{
	uint32_t next = c->client.next;

	client_sends(c, evil);
	c->client.next = next;
}

static void expect_not_gathered(struct connection *c, unsigned flaws, enum verdict verdict)
{
	struct tcp_segment evil;

	begin_head(c);
	evil = evil_segment(c);
	evil.flaws = flaws;
	send_evil(c, &evil);
	expect_dropped(c, verdict);
	finish_head(c);
}

static void a_corrupted_segment_is_not_gathered(void **state)
{
	expect_not_gathered(*state, FLAW_TCP_CHECKSUM, VERDICT_CHECKSUM_BAD);
}

static void a_corrupted_first_segment_makes_no_flow(void **state)
{
	struct connection *c = *state;
	struct tcp_segment evil;

	client_connects(c);
	evil = client_segment(c, TCP_PSH, REQUEST);
	evil.flaws = FLAW_TCP_CHECKSUM;
	send_evil(c, &evil);
	expect_dropped(c, VERDICT_CHECKSUM_BAD);
	expect_number(testbed_count_entries(c->testbed, "flows"), 0);
}

static void a_stale_timestamp_is_not_gathered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment evil;

	begin_head(c);
	evil = evil_segment(c);
	evil.options.tsval -= 1000;
	send_evil(c, &evil);
	expect_number(c->testbed->verdict == VERDICT_OUT_OF_WINDOW ||
			      c->testbed->verdict == VERDICT_DUPLICATE_ACKNOWLEDGED,
		      true);
	finish_head(c);
}

static void a_segment_without_the_promised_timestamp_is_not_gathered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment evil;

	begin_head(c);
	evil = evil_segment(c);
	memset(&evil.options, 0, sizeof(evil.options));
	send_evil(c, &evil);
	expect_number(c->testbed->action, TESTBED_DROP);
	expect_nothing_more(c);
	finish_head(c);
}

static void an_acknowledgement_out_of_range_is_not_gathered(void **state)
{
	static const int32_t offsets[] = {1, 100000, -100000};
	struct connection *c = *state;

	begin_head(c);
	for (unsigned i = 0; i < 3; i++) {
		struct tcp_segment evil = evil_segment(c);

		evil.ack += (uint32_t)offsets[i];
		send_evil(c, &evil);
		expect_verdict(c, VERDICT_OUT_OF_WINDOW);
	}
	finish_head(c);
}

static void a_segment_behind_the_window_is_not_gathered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment evil;

	begin_head(c);
	evil = evil_segment(c);
	evil.seq = c->client.isn + 1 + HOLD_LARGE_SIZE + 1;
	send_evil(c, &evil);
	expect_verdict(c, VERDICT_OUT_OF_WINDOW);
	evil.seq = c->client.isn - 1000;
	send_evil(c, &evil);
	expect_verdict(c, VERDICT_DUPLICATE_ACKNOWLEDGED);
	finish_head(c);
}

static void forbidden_flags_are_not_gathered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment evil;

	begin_head(c);
	evil = evil_segment(c);
	evil.flags |= TCP_SYN;
	send_evil(c, &evil);
	expect_number(c->testbed->action, TESTBED_DROP);
	finish_head(c);
}

static void a_segment_without_ack_is_not_gathered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment evil;

	begin_head(c);
	evil = evil_segment(c);
	evil.flags = TCP_PSH;
	send_evil(c, &evil);
	expect_number(c->testbed->action, TESTBED_DROP);
	finish_head(c);
}

/* RFC 7323 names no place for the option: some stacks do not begin with two NOPs. */
static void timestamps_in_another_place_are_gathered_too(void **state)
{
	static const char *const layouts[] = {"tnn", "ntn", "nnnnnnt"};
	struct connection *c = *state;

	for (unsigned i = 0; i < 3; i++) {
		struct tcp_segment segment;

		begin_head(c);
		segment = client_segment(c, TCP_PSH, &REQUEST[20]);
		memcpy(segment.options.layout, layouts[i], strlen(layouts[i]) + 1);
		client_sends(c, &segment);
		expect_verdict(c, VERDICT_POD_SYN);
		harness_next_client(c);
	}
}

static void a_segment_with_md5_is_not_gathered(void **state)
{
	expect_not_gathered(*state, FLAW_OPTION_MD5, VERDICT_FLAGS_FORBIDDEN);
}

static void impossible_lengths_are_not_gathered(void **state)
{
	static const unsigned flaws[] = {FLAW_TCP_OFFSET_SHORT, FLAW_TCP_OFFSET_LONG};
	struct connection *c = *state;

	begin_head(c);
	for (unsigned i = 0; i < 2; i++) {
		struct tcp_segment evil = evil_segment(c);

		evil.payload_length = 2;
		evil.flaws = flaws[i];
		send_evil(c, &evil);
		expect_dropped(c, VERDICT_MALFORMED);
	}
	finish_head(c);
}

static void padding_is_not_gathered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	client_connects(c);
	segment = client_segment(c, TCP_PSH, NULL);
	segment.payload = REQUEST;
	segment.payload_length = 20;
	segment.flaws = FLAW_PADDED;
	client_sends(c, &segment);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	expect_number(take_segment(c).ack, segment.seq + 20);
	finish_head(c);
}

static void the_urgent_pointer_never_reaches_the_pod(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment, got;

	client_connects(c);
	segment = client_segment(c, TCP_PSH | TCP_URG, REQUEST);
	segment.urgent = 6;
	client_sends(c, &segment);
	expect_verdict(c, VERDICT_POD_SYN);
	expect_number(take_pod_syn(c).urgent, 0);
	segment = pod_syn_ack(c);
	pod_sends(c, &segment);
	got = take_segment(c);
	expect_number(got.flags & TCP_URG, 0);
	expect_number(got.urgent, 0);
	assert_memory_equal(got.payload, REQUEST, REQUEST_LENGTH);
}

static void a_rewritten_head_does_not_change_what_the_pod_gets(void **state)
{
	struct connection *c = *state;
	struct tcp_segment evil;
	uint32_t start;

	client_connects(c);
	start = c->client.next;
	client_says(c, TCP_PSH, REQUEST);
	expect_verdict(c, VERDICT_POD_SYN);
	take_pod_syn(c);
	evil = client_segment(c, TCP_PSH, SAME_LENGTH);
	evil.seq = start;
	send_evil(c, &evil);
	pod_accepts(c);
	expect_stream(c, REQUEST, REQUEST_LENGTH);
}

/* The pod has not acknowledged the head yet: whatever goes to it is the bytes of the hold. */
static void a_rewritten_head_after_the_release_is_served_from_the_hold(void **state)
{
	struct connection *c = *state;
	struct tcp_segment evil;
	uint32_t start;

	client_connects(c);
	start = c->client.next;
	client_says(c, TCP_PSH, REQUEST);
	take_pod_syn(c);
	pod_accepts(c);
	evil = client_segment(c, TCP_PSH, SAME_LENGTH);
	evil.seq = start;
	send_evil(c, &evil);
	while (c->testbed->output_taken < c->testbed->output_count) {
		struct tcp_segment got = take_segment(c);

		expect_number(memcmp(&got.destination, &c->client_address, 16) != 0 &&
				      got.payload_length &&
				      memcmp(got.payload, REQUEST, got.payload_length),
			      false);
	}
}

static void write_long_request(char *text, size_t length)
{
	int head = snprintf(text, length, "GET / HTTP/1.1\r\nHost: www.example.com\r\nX: ");

	memset(text + head, 'a', length - (size_t)head);
	memcpy(text + length - 4, "\r\n\r\n", 4);
}

static void say_in_pieces(struct connection *c, const char *text, size_t length, size_t piece)
{
	for (size_t at = 0; at < length; at += piece) {
		client_says_part(c, TCP_PSH, text + at, length - at < piece ? length - at : piece);
		if (at + piece < length)
			expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	}
}

static void a_long_head_from_a_client_with_a_small_mss_is_gathered(void **state)
{
	_cleanup_free_ char *text = malloc(15900);
	struct connection *c = *state;

	write_long_request(text, 15900);
	c->client.mss = 536;
	client_connects(c);
	say_in_pieces(c, text, 15900, 524);
	expect_verdict(c, VERDICT_POD_SYN);
	take_pod_syn(c);
	pod_accepts(c);
	while (c->stream_length < 15900) {
		pod_says(c, 0, NULL);
		if (c->testbed->output_count == 0)
			expect_fail(HERE, "the pod has %zu bytes and gets no more",
				    c->stream_length);
		pod_receives(c);
	}
	expect_stream(c, text, 15900);
}

static void a_head_longer_than_the_hold_gets_431(void **state)
{
	_cleanup_free_ char *text = malloc(HTTP_HEAD_MAX + 2000);
	struct connection *c = *state;

	write_long_request(text, HTTP_HEAD_MAX + 2000);
	client_connects(c);
	for (size_t at = 0; at < HTTP_HEAD_MAX + 1400; at += 1400) {
		client_says_part(c, TCP_PSH, text + at, 1400);
		if (c->testbed->verdict != VERDICT_HEAD_ACKNOWLEDGED)
			break;
	}
	expect_verdict(c, VERDICT_HEAD_TOO_LONG);
	assert_memory_equal(take_segment(c).payload, "HTTP/1.1 431 ", 13);
}

static void a_target_that_is_too_long_gets_414(void **state)
{
	_cleanup_free_ char *text = malloc(9000);
	struct connection *c = *state;

	memset(text, 'a', 9000);
	memcpy(text, "GET /", 5);
	client_connects(c);
	for (size_t at = 0; at < 9000; at += 1000) {
		client_says_part(c, TCP_PSH, text + at, 1000);
		if (c->testbed->verdict != VERDICT_HEAD_ACKNOWLEDGED)
			break;
	}
	expect_verdict(c, VERDICT_TARGET_TOO_LONG);
	assert_memory_equal(take_segment(c).payload, "HTTP/1.1 414 ", 13);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_corrupted_segment_is_not_gathered),
		BOTH(a_corrupted_first_segment_makes_no_flow),
		BOTH(a_stale_timestamp_is_not_gathered),
		BOTH(a_segment_without_the_promised_timestamp_is_not_gathered),
		BOTH(an_acknowledgement_out_of_range_is_not_gathered),
		BOTH(a_segment_behind_the_window_is_not_gathered),
		BOTH(forbidden_flags_are_not_gathered),
		BOTH(a_segment_without_ack_is_not_gathered),
		BOTH(timestamps_in_another_place_are_gathered_too),
		BOTH(a_segment_with_md5_is_not_gathered),
		BOTH(impossible_lengths_are_not_gathered),
		BOTH(padding_is_not_gathered),
		BOTH(the_urgent_pointer_never_reaches_the_pod),
		BOTH(a_rewritten_head_does_not_change_what_the_pod_gets),
		BOTH(a_rewritten_head_after_the_release_is_served_from_the_hold),
		BOTH(a_long_head_from_a_client_with_a_small_mss_is_gathered),
		BOTH(a_head_longer_than_the_hold_gets_431),
		BOTH(a_target_that_is_too_long_gets_414),
	};

	return HARNESS_RUN(tests);
}
