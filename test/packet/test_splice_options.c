/* SPDX-License-Identifier: Apache-2.0 */
/* A joined connection: SACK blocks and timestamps are translated wherever they lie. */
#include <stdio.h>

#include "harness.h"
#include "harness_legs.h"

#define SACK_STEP 100

/* Options from a layout, filled up with NOPs to whole words. */
static void set_options(struct tcp_segment *segment, const struct party *party, const char *layout,
			unsigned sack_count)
{
	struct tcp_options *options = &segment->options;
	size_t length = strlen(layout), bytes = length;

	memset(options, 0, sizeof(*options));
	memcpy(options->layout, layout, length);
	bytes += segment_has(segment, 't') ? 9 : 0;
	bytes += segment_has(segment, 'a') ? 1 + 8 * sack_count : 0;
	for (; bytes % 4; bytes++)
		options->layout[length++] = 'n';
	if (segment_has(segment, 't')) {
		options->tsval = party->tsval;
		options->tsecr = party->tsecr;
	}
	options->sack_count = sack_count;
	for (unsigned i = 0; i < sack_count; i++) {
		options->sack[i].left = segment->ack + SACK_STEP * (i + 1);
		options->sack[i].right = segment->ack + SACK_STEP * (i + 1) + SACK_STEP / 2;
	}
}

/* The pod has sent enough that the client can acknowledge parts of it. */
static void pod_sends_much(struct connection *c)
{
	static char text[1200];
	struct tcp_segment segment = pod_segment(c, TCP_PSH, NULL);

	memset(text, 'm', sizeof(text));
	segment.payload = text;
	segment.payload_length = sizeof(text);
	pass_to_client(c, &segment);
}

static void client_sends_sack(struct connection *c, const char *layout, unsigned count)
{
	struct tcp_segment segment;

	c->client.window++;
	segment = client_segment(c, 0, NULL);
	set_options(&segment, &c->client, layout, count);
	pass_to_pod(c, &segment);
}

/* Odd offsets too, where an edge lies across the checksum's words. */
static void sack_is_translated_at_every_position(void **state)
{
	static const char *const layouts[] = {"nntnna", "tnnann", "annt",  "tanne", "nanntn",
					      "nnnant", "ntann",  "atnne", "nnant", "nnnnta"};
	struct connection *c = *state;

	connection_open_bulk(c);
	pod_sends_much(c);
	for (unsigned i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		client_sends_sack(c, layouts[i], 1);
		client_sends_sack(c, layouts[i], 2);
	}
}

static void three_sack_blocks_and_four_without_timestamps_pass(void **state)
{
	struct connection *c = *state;

	connection_open_bulk(c);
	pod_sends_much(c);
	client_sends_sack(c, "nntnna", 3);
	harness_next_client(c);
	c->client.syn_layout = "mnwnns";
	connection_open_bulk(c);
	pod_sends_much(c);
	client_sends_sack(c, "nna", 4);
	client_sends_sack(c, "nan", 4);
}

static void sack_of_the_pod_is_translated(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	connection_open_bulk(c);
	segment = pod_segment(c, 0, NULL);
	set_options(&segment, &c->pod, "nntnna", 2);
	pass_to_client(c, &segment);
}

/* A byte of the reply before came twice: the pod in use has not sent it. */
static void sack_of_bytes_of_an_earlier_pod_becomes_nops(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment, want;
	struct leg left;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	reroute(c, REQUEST_API, &left);
	pod_passes(c, TCP_PSH, REPLY_OK);
	segment = client_segment(c, 0, NULL);
	set_options(&segment, &c->client, "nntnna", 1);
	segment.options.sack[0].left = c->router_isn;
	segment.options.sack[0].right = c->router_isn + 1;
	want = translated_to_pod(c, &segment);
	snprintf(want.options.layout, sizeof(want.options.layout), "nntnnnnnnnnnnnn");
	want.options.sack_count = 0;
	client_sends(c, &segment);
	expect_verdict(c, VERDICT_TO_POD);
	expect_only(c, &want, 0);
}

/* Gigabytes behind the first byte too, where it looks as if it were to come. */
static void sack_is_translated_far_behind_the_first_byte(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, "HTTP/1.1 200 OK\r\n\r\n");
	for (unsigned i = 0; i < 6; i++) { /* each GiB is read on at its first byte */
		c->pod.next += 0x40000000;
		c->client.ack += 0x40000000;
		pod_passes(c, TCP_PSH, "x");
		c->pod.next--;
		c->client.ack--;
		client_passes(c, 0, NULL);
		client_sends_sack(c, "nntnna", 1);
	}
}

/* Timestamps anywhere, odd offsets included. */
static void timestamps_are_translated_at_every_position(void **state)
{
	static const char *const layouts[] = {"nnt", "tnn", "ntn", "te", "nte", "nnnnnnt", "nnnt"};
	struct connection *c = *state;

	connection_open_bulk(c);
	for (unsigned i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		struct tcp_segment segment = client_segment(c, TCP_PSH, "x");

		set_options(&segment, &c->client, layouts[i], 0);
		pass_to_pod(c, &segment);
		segment = pod_segment(c, TCP_PSH, "y");
		set_options(&segment, &c->pod, layouts[i], 0);
		pass_to_client(c, &segment);
	}
}

/* A pod in SYN_RECV throws away a TSecr below what it sent in its SYN-ACK. It has left that state
 * when it acknowledges the request: then the number must not be held up, or it could not wrap. */
static void tsecr_towards_a_pod_that_joins_is_never_below_its_first_tsval(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_UPLOAD);
	take_pod_syn(c);
	pod_accepts(c);
	c->client.tsecr = c->router_tsval - 5;
	client_says(c, TCP_PSH, "x");
	expect_number(take_segment(c).options.tsecr, c->pod_tsval);
	pod_says(c, 0, NULL);
	client_says(c, TCP_PSH, "y");
	expect_number(take_segment(c).options.tsecr, c->pod_tsval - 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(sack_is_translated_at_every_position),
		BOTH(three_sack_blocks_and_four_without_timestamps_pass),
		BOTH(sack_of_the_pod_is_translated),
		BOTH(sack_of_bytes_of_an_earlier_pod_becomes_nops),
		BOTH(sack_is_translated_far_behind_the_first_byte),
		BOTH(timestamps_are_translated_at_every_position),
		BOTH(tsecr_towards_a_pod_that_joins_is_never_below_its_first_tsval),
	};

	return HARNESS_RUN(tests);
}
