/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of later requests: cut anywhere, with empty lines in front, held and repeated. */
#include "harness.h"
#include "harness_legs.h"

#define LENGTH(text) ((uint32_t)strlen(text))

static void splice_and_reply(struct connection *c)
{
	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
}

static void expect_acknowledged(struct connection *c)
{
	struct tcp_segment want = answer_to_client(c, 0, NULL);

	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	expect_only(c, &want, ANY_WINDOW);
}

/* The first part of a head, on an idle connection whose pod has all acknowledgements. */
static void begin_head(struct connection *c, const char *request, size_t length)
{
	c->router_tsval = c->client.tsecr;
	client_says_part(c, TCP_PSH, request, length);
	expect_acknowledged(c);
}

static void end_head(struct connection *c, const char *rest)
{
	client_says(c, TCP_PSH, rest);
}

static void expect_at_pod(struct connection *c, const char *request)
{
	expect_verdict(c, VERDICT_LEG_RESUMED);
	c->stream_length = 0;
	pod_receives(c);
	expect_stream(c, request, strlen(request));
	pod_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
}

/* The leg is parked as soon as it is not known whose the request is, and used again. */
static void a_later_head_may_be_cut_at_every_offset(void **state)
{
	struct connection *c = *state;

	splice_and_reply(c);
	for (size_t cut = 1; cut < strlen(REQUEST_ROOT); cut++) {
		struct leg leg = leg_of(c);

		begin_head(c, REQUEST_ROOT, cut);
		expect_number(flow_of(c).state, FLOW_GATHERING);
		expect_number(parked_of(c), 1);
		end_head(c, &REQUEST_ROOT[cut]);
		c->client.next -= LENGTH(REQUEST_ROOT);
		leg_return(c, &leg);
		c->client.next += LENGTH(REQUEST_ROOT);
		expect_at_pod(c, REQUEST_ROOT);
		expect_number(flow_of(c).state, FLOW_SPLICED);
		expect_number(parked_of(c), 0);
	}
}

static void a_later_head_in_parts_may_be_for_another_rule(void **state)
{
	struct connection *c = *state;
	struct leg left;

	splice_and_reply(c);
	begin_head(c, REQUEST_API, 12);
	end_head(c, &REQUEST_API[12]);
	expect_verdict(c, VERDICT_POD_SYN);
	leg_leave(c, &left);
	take_pod_syn(c);
	expect_nothing_more(c);
	expect_number(c->pod_number, 1);
	pod_accepts(c);
	expect_stream(c, REQUEST_API, strlen(REQUEST_API));
	pod_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
}

/* The acknowledgement of the reply rides on the first part. */
static void the_first_part_acknowledges_the_reply_to_the_pod(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, REPLY_OK);
	c->router_tsval = c->client.tsecr;
	client_says_part(c, TCP_PSH, REQUEST_ROOT, 10);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	want = answer_to_pod(c, 0, NULL);
	expect_segment(c, &want, 0);
	want = answer_to_client(c, 0, NULL);
	expect_only(c, &want, ANY_WINDOW);
}

static void a_later_head_in_parts_waits_for_the_reply(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	client_says_part(c, TCP_PSH, REQUEST_ROOT, 10);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	expect_number(flow_of(c).state, FLOW_SPLICED);
}

static void a_part_out_of_order_is_asked_for(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;

	splice_and_reply(c);
	begin_head(c, REQUEST_API, 10);
	want = answer_to_client(c, 0, NULL);
	c->client.next += 5;
	end_head(c, &REQUEST_API[15]);
	expect_verdict(c, VERDICT_DUPLICATE_ACKNOWLEDGED);
	expect_only(c, &want, ANY_WINDOW);
	c->client.next = want.ack;
	end_head(c, &REQUEST_API[10]);
	expect_verdict(c, VERDICT_POD_SYN);
}

/* A new pod gets none of them (Go answers them with 400). */
static void empty_lines_in_front_of_a_later_head_are_not_forwarded(void **state)
{
	struct connection *c = *state;
	struct leg leg;

	splice_and_reply(c);
	client_says(c, TCP_PSH, "\r\n\r\n" REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
	leg_leave(c, &leg);
	expect_number(take_pod_syn(c).seq, c->client.next - LENGTH(REQUEST_API) - 1);
	pod_accepts(c);
	expect_stream(c, REQUEST_API, strlen(REQUEST_API));
	pod_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
}

static void empty_lines_in_front_of_a_request_to_the_same_pod_are_not_forwarded(void **state)
{
	struct connection *c = *state;
	struct leg leg;

	splice_and_reply(c);
	for (unsigned i = 0; i < 3; i++) {
		leg = leg_of(c);
		c->client.next += 2;
		leg_return(c, &leg);
		c->client.next -= 2;
		client_says(c, TCP_PSH, "\r\n" REQUEST_ROOT);
		expect_at_pod(c, REQUEST_ROOT);
		client_passes(c, TCP_PSH, REQUEST_ROOT);
		reply_is_taken(c, REPLY_OK);
	}
}

static void fill_head(char *text, size_t length)
{
	memset(text, 'a', length);
	memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
	memcpy(text + length - 13, "\r\nHost: a\r\n\r\n", 14);
}

/* Held in pieces while it comes, and sent in pieces. */
static void a_long_later_head_reaches_its_pod_whole(void **state)
{
	static char text[9001];
	struct connection *c = *state;
	struct leg leg;

	fill_head(text, sizeof(text) - 1);
	splice_and_reply(c);
	leg = leg_of(c);
	leg_return(c, &leg);
	for (size_t at = 0; at < 9000; at += 1000)
		client_says_part(c, TCP_PSH, text + at, 1000);
	expect_verdict(c, VERDICT_LEG_RESUMED);
	pod_receives(c);
	expect_stream(c, text, 9000);
	assert_in_range(c->longest, 1, 1448);
}

/* What the client sends again comes from the hold until the pod has acknowledged it. */
static void a_repeated_later_request_comes_from_the_hold(void **state)
{
	struct connection *c = *state;
	struct tcp_segment again, want;

	splice_and_reply(c);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	c->client.next -= LENGTH(REQUEST_ROOT);
	c->pod.ack -= LENGTH(REQUEST_ROOT);
	again = client_segment(c, TCP_PSH, "PUT /x HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
	want = answer_to_pod(c, TCP_PSH, REQUEST_ROOT);
	again.payload_length = LENGTH(REQUEST_ROOT);
	client_sends(c, &again);
	expect_verdict(c, VERDICT_HOLD_REPEATED);
	expect_only(c, &want, 0);
	pod_hears(c, &want);
	pod_passes(c, TCP_PSH, REPLY_OK);
}

static void a_corrupted_later_head_is_not_read(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	splice_and_reply(c);
	segment = client_segment(c, TCP_PSH, REQUEST_ROOT);
	segment.flaws = FLAW_TCP_CHECKSUM;
	client_sends(c, &segment);
	expect_dropped(c, VERDICT_CHECKSUM_BAD);
	c->client.next -= LENGTH(REQUEST_ROOT);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
}

/* A FIN behind it: no other request follows, and both pods hear of it. */
static void a_fin_with_a_later_request_to_another_pod_is_a_half_close(void **state)
{
	struct connection *c = *state;
	struct tcp_segment end, want;
	struct leg left;

	splice_and_reply(c);
	client_says(c, TCP_PSH | TCP_FIN, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
	leg_leave(c, &left);
	take_pod_syn(c);
	pod_accepts(c);
	expect_stream(c, REQUEST_API, strlen(REQUEST_API));
	expect_number(c->pod.ack, c->client.next);
	end = pod_segment(c, TCP_PSH | TCP_FIN, REPLY_OK);
	want = translated_to_client(c, &end);
	pod_sends(c, &end);
	expect_verdict(c, VERDICT_TO_CLIENT);
	expect_segment(c, &want, 0);
	client_hears(c, &want);
	expect_number(take_segment(c).flags, TCP_FIN | TCP_ACK);
	expect_nothing_more(c);
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_TO_POD);
	expect_number(flow_of(c).state, FLOW_TAIL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_later_head_may_be_cut_at_every_offset),
		BOTH(a_later_head_in_parts_may_be_for_another_rule),
		BOTH(the_first_part_acknowledges_the_reply_to_the_pod),
		BOTH(a_later_head_in_parts_waits_for_the_reply),
		BOTH(a_part_out_of_order_is_asked_for),
		BOTH(empty_lines_in_front_of_a_later_head_are_not_forwarded),
		BOTH(empty_lines_in_front_of_a_request_to_the_same_pod_are_not_forwarded),
		BOTH(a_long_later_head_reaches_its_pod_whole),
		BOTH(a_repeated_later_request_comes_from_the_hold),
		BOTH(a_corrupted_later_head_is_not_read),
		BOTH(a_fin_with_a_later_request_to_another_pod_is_a_half_close),
	};

	return HARNESS_RUN(tests);
}
