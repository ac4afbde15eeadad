/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for the head: any cut and any order of segments leads to the same bytes at the pod. */
#include "harness.h"

#define REQUEST REQUEST_ROOT
#define REQUEST_LENGTH (sizeof(REQUEST_ROOT) - 1)

static void expect_acknowledged(struct connection *c)
{
	struct tcp_segment want = answer_to_client(c, 0, NULL), got;

	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	got = take_segment(c);
	c->testbed->output_taken--;
	assert_true(got.window > 0);
	expect_only(c, &want, ANY_WINDOW);
}

/* The head is complete: a pod is called and the client hears nothing; the pod gets the request. */
static void expect_request_at_pod(struct connection *c, const char *request, size_t length)
{
	expect_verdict(c, VERDICT_POD_SYN);
	take_pod_syn(c);
	expect_nothing_more(c);
	pod_accepts(c);
	expect_stream(c, request, length);
	pod_says(c, TCP_PSH, REPLY_OK);
	expect_verdict(c, VERDICT_TO_CLIENT);
}

static void say_in_two(struct connection *c, size_t cut)
{
	client_says_part(c, TCP_PSH, REQUEST, cut);
	expect_acknowledged(c);
	client_says_part(c, TCP_PSH, &REQUEST[cut], REQUEST_LENGTH - cut);
	expect_request_at_pod(c, REQUEST, REQUEST_LENGTH);
}

static void a_head_may_be_cut_at_every_offset(void **state)
{
	struct connection *c = *state;

	for (size_t cut = 1; cut < REQUEST_LENGTH; cut++) {
		client_connects(c);
		say_in_two(c, cut);
		harness_next_client(c);
	}
}

static void a_head_may_come_one_byte_a_segment(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	for (size_t i = 0; i + 1 < REQUEST_LENGTH; i++) {
		client_says_part(c, TCP_PSH, &REQUEST[i], 1);
		expect_acknowledged(c);
	}
	client_says_part(c, TCP_PSH, &REQUEST[REQUEST_LENGTH - 1], 1);
	expect_request_at_pod(c, REQUEST, REQUEST_LENGTH);
}

static void a_head_in_one_segment_is_not_acknowledged(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says(c, TCP_PSH, REQUEST);
	expect_request_at_pod(c, REQUEST, REQUEST_LENGTH);
}

static void sequence_numbers_wrap_inside_the_head(void **state)
{
	struct connection *c = *state;

	for (uint32_t before = 0; before < REQUEST_LENGTH; before += 7) {
		c->client.isn = 0xffffffff - before;
		c->pod.isn = 0xffffffff;
		client_connects(c);
		say_in_two(c, 20);
		harness_next_client(c);
	}
}

static void a_client_without_timestamps_is_gathered_too(void **state)
{
	struct connection *c = *state;

	c->client.syn_layout = "mnwnns";
	client_connects(c);
	assert_false(c->client.timestamps);
	say_in_two(c, 20);
}

static void a_client_without_window_scale_is_gathered_too(void **state)
{
	struct connection *c = *state;

	c->client.syn_layout = "m";
	client_connects(c);
	say_in_two(c, 20);
}

static struct tcp_segment part(const struct connection *c, size_t from, size_t to)
{
	struct tcp_segment segment = client_segment(c, TCP_PSH, NULL);

	segment.seq = c->client.isn + 1 + (uint32_t)from;
	segment.payload = &REQUEST[from];
	segment.payload_length = to - from;
	return segment;
}

static void the_second_segment_may_come_first(void **state)
{
	struct connection *c = *state;
	struct tcp_segment first, second;

	client_connects(c);
	first = part(c, 0, 20);
	second = part(c, 20, REQUEST_LENGTH);
	client_sends(c, &second);
	expect_dropped(c, VERDICT_COOKIE_LATER_SEGMENT);
	client_sends(c, &first);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	expect_number(take_segment(c).ack, second.seq);
	client_sends(c, &second);
	expect_request_at_pod(c, REQUEST, REQUEST_LENGTH);
}

static void a_lost_middle_segment_is_asked_for(void **state)
{
	struct connection *c = *state;
	struct tcp_segment first, middle, last;

	client_connects(c);
	first = part(c, 0, 10);
	middle = part(c, 10, 20);
	last = part(c, 20, REQUEST_LENGTH);
	client_sends(c, &first);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	client_sends(c, &last);
	expect_verdict(c, VERDICT_DUPLICATE_ACKNOWLEDGED);
	expect_number(take_segment(c).ack, middle.seq);
	client_sends(c, &middle);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	expect_number(take_segment(c).ack, last.seq);
	client_sends(c, &last);
	expect_request_at_pod(c, REQUEST, REQUEST_LENGTH);
}

static void a_repeated_part_is_acknowledged_again(void **state)
{
	struct connection *c = *state;
	struct tcp_segment first;

	client_connects(c);
	first = part(c, 0, 10);
	client_sends(c, &first);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	for (unsigned i = 0; i < 3; i++) {
		client_sends(c, &first);
		expect_verdict(c, VERDICT_DUPLICATE_ACKNOWLEDGED);
		expect_number(take_segment(c).ack, first.seq + 10);
	}
	first = part(c, 10, REQUEST_LENGTH);
	client_sends(c, &first);
	expect_request_at_pod(c, REQUEST, REQUEST_LENGTH);
}

static void an_overlap_with_other_bytes_changes_nothing(void **state)
{
	struct connection *c = *state;
	char changed[REQUEST_LENGTH];
	struct tcp_segment segment;

	client_connects(c);
	segment = part(c, 0, 30);
	client_sends(c, &segment);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	memcpy(changed, REQUEST, REQUEST_LENGTH);
	memcpy(changed, "PUT /api/secret HTTP/1.1\r\nHost", 30);
	segment = part(c, 0, REQUEST_LENGTH);
	segment.payload = changed;
	client_sends(c, &segment);
	expect_request_at_pod(c, REQUEST, REQUEST_LENGTH);
	expect_number(c->pod_number, 0);
}

static void a_fin_inside_the_head_is_refused(void **state)
{
	struct connection *c = *state;
	struct tcp_segment answer;

	client_connects(c);
	client_says_part(c, TCP_PSH, REQUEST, 20);
	expect_acknowledged(c);
	client_says(c, TCP_FIN, NULL);
	expect_verdict(c, VERDICT_FIN_IN_HEAD);
	answer = take_segment(c);
	assert_memory_equal(answer.payload, "HTTP/1.1 400 ", 13);
	expect_number(answer.flags & TCP_FIN, TCP_FIN);
	expect_number(answer.ack, c->client.next);
}

static void a_fin_with_the_first_part_is_refused(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says_part(c, TCP_PSH | TCP_FIN, REQUEST, 20);
	expect_verdict(c, VERDICT_FIN_IN_HEAD);
	expect_number(take_segment(c).ack, c->client.next);
}

static void a_rst_ends_the_waiting(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says_part(c, TCP_PSH, REQUEST, 20);
	expect_acknowledged(c);
	client_says(c, TCP_RST, NULL);
	expect_dropped(c, VERDICT_RST_SWALLOWED);
	expect_number(testbed_flows_in_state(c->testbed, FLOW_GATHERING), 0);
	expect_number(testbed_heads_held(c->testbed), 0);
}

static void a_pure_ack_while_waiting_is_swallowed(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says_part(c, TCP_PSH, REQUEST, 20);
	expect_acknowledged(c);
	client_says(c, 0, NULL);
	expect_dropped(c, VERDICT_ACK_SWALLOWED);
}

static void a_keep_alive_probe_while_waiting_is_answered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment probe, want;

	client_connects(c);
	client_says_part(c, TCP_PSH, REQUEST, 20);
	expect_acknowledged(c);
	probe = client_segment(c, 0, NULL);
	probe.seq--;
	client_sends(c, &probe);
	want = answer_to_client(c, 0, NULL);
	expect_only(c, &want, ANY_WINDOW);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_head_may_be_cut_at_every_offset),
		BOTH(a_head_may_come_one_byte_a_segment),
		BOTH(a_head_in_one_segment_is_not_acknowledged),
		BOTH(sequence_numbers_wrap_inside_the_head),
		BOTH(a_client_without_timestamps_is_gathered_too),
		BOTH(a_client_without_window_scale_is_gathered_too),
		BOTH(the_second_segment_may_come_first),
		BOTH(a_lost_middle_segment_is_asked_for),
		BOTH(a_repeated_part_is_acknowledged_again),
		BOTH(an_overlap_with_other_bytes_changes_nothing),
		BOTH(a_fin_inside_the_head_is_refused),
		BOTH(a_fin_with_the_first_part_is_refused),
		BOTH(a_rst_ends_the_waiting),
		BOTH(a_pure_ack_while_waiting_is_swallowed),
		BOTH(a_keep_alive_probe_while_waiting_is_answered),
	};

	return HARNESS_RUN(tests);
}
