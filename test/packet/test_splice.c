/* SPDX-License-Identifier: Apache-2.0 */
/* A joined connection: every header field is translated, whatever the options and numbers. */
#include "harness.h"

#define SACK_STEP 100

/* Either side sends, and the other gets exactly the translated segment. */
static void send_and_compare_to_pod(struct connection *c, const struct tcp_segment *segment)
{
	struct tcp_segment want = translated_to_pod(c, segment);

	client_sends(c, segment);
	expect_verdict(c, VERDICT_TO_POD);
	expect_number(c->testbed->action, TESTBED_REDIRECT);
	expect_only(c, &want, 0);
}

static void send_and_compare_to_client(struct connection *c, const struct tcp_segment *segment)
{
	struct tcp_segment want = translated_to_client(c, segment);

	pod_sends(c, segment);
	expect_verdict(c, VERDICT_TO_CLIENT);
	expect_number(c->testbed->action, TESTBED_REDIRECT);
	expect_only(c, &want, 0);
}

/* Some exchanges as a server and a client have them. */
static void converse(struct connection *c)
{
	for (unsigned i = 0; i < 4; i++) {
		struct tcp_segment segment = pod_segment(c, TCP_PSH, REPLY_OK);

		send_and_compare_to_client(c, &segment);
		c->client.ack = c->client.ack + (uint32_t)segment.payload_length;
		c->client.tsval += 3;
		c->client.tsecr = segment.options.tsval + c->router_tsval - c->pod_tsval;
		segment = client_segment(c, 0, NULL);
		send_and_compare_to_pod(c, &segment);
		segment = client_segment(c, TCP_PSH, REQUEST_ROOT);
		send_and_compare_to_pod(c, &segment);
		c->pod.ack = c->client.next;
		c->pod.tsval += 5;
		c->pod.tsecr = c->client.tsval;
	}
}

static void headers_are_translated_both_ways(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	converse(c);
}

static void all_numbers_may_wrap(void **state)
{
	static const uint32_t numbers[] = {0xffffffff, 0xffffff00, 0, 0x7fffffff, 0x80000000};
	struct connection *c = *state;

	for (unsigned i = 0; i < 25; i++) {
		c->client.isn = numbers[i / 5];
		c->pod.isn = numbers[i % 5];
		c->client.tsval = numbers[i % 5];
		c->pod.tsval = numbers[i / 5];
		connection_splice(c, REQUEST_ROOT);
		converse(c);
		harness_next_client(c);
	}
}

static void every_set_of_options_is_spliced(void **state)
{
	static const char *const client[] = {"mstnw", "mnwnns", "m", "mnw", "mnnt", "mnnts", ""};
	static const char *const pod[] = {"mstnw", "mnwnns", "m", "mnw", "mnnt", "mnnts", ""};
	struct connection *c = *state;

	for (unsigned i = 0; i < 7; i++) {
		testbed_reset(c->testbed);
		routes_write(c->routes, c->testbed, c->ipv6);
		c->client.syn_layout = client[i];
		c->pod.syn_layout = pod[i];
		connection_splice(c, REQUEST_ROOT);
		converse(c);
		harness_next_client(c);
	}
}

static void windows_of_the_pod_are_scaled(void **state)
{
	static const uint8_t scales[] = {0, 7, 10, 14};
	static const uint16_t windows[] = {0, 1, 7, 8, 509, 1024, 65535};
	struct connection *c = *state;

	for (unsigned i = 0; i < 4; i++) {
		c->pod.wscale = scales[i];
		connection_splice(c, REQUEST_ROOT);
		for (unsigned j = 0; j < sizeof(windows) / sizeof(windows[0]); j++) {
			struct tcp_segment segment = pod_segment(c, 0, NULL);

			segment.window = windows[j];
			send_and_compare_to_client(c, &segment);
		}
		harness_next_client(c);
	}
}

static void windows_of_the_client_pass_as_they_are(void **state)
{
	static const uint16_t windows[] = {0, 1, 502, 65535};
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	for (unsigned i = 0; i < 4; i++) {
		c->client.window = windows[i];
		client_says(c, 0, NULL);
		expect_number(take_segment(c).window, windows[i]);
	}
}

/* The pod takes the field as it stands, so it must not need a scale. */
static void a_pod_without_window_scale_gets_windows_unscaled(void **state)
{
	static const struct {
		uint16_t window, want;
	} cases[] = {{0, 0}, {1, 128}, {502, 64256}, {512, 65535}, {65535, 65535}};
	struct connection *c = *state;

	c->pod.syn_layout = "mstnnnn";
	connection_splice(c, REQUEST_ROOT);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c->client.window = cases[i].window;
		client_says(c, 0, NULL);
		expect_number(take_segment(c).window, cases[i].want);
	}
}

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
	send_and_compare_to_client(c, &segment);
}

static void client_sends_sack(struct connection *c, const char *layout, unsigned count)
{
	struct tcp_segment segment;

	c->client.window++;
	segment = client_segment(c, 0, NULL);
	set_options(&segment, &c->client, layout, count);
	send_and_compare_to_pod(c, &segment);
}

/* Odd offsets too, where an edge lies across the checksum's words. */
static void sack_is_translated_at_every_position(void **state)
{
	static const char *const layouts[] = {"nntnna", "tnnann", "annt",  "tanne", "nanntn",
					      "nnnant", "ntann",  "atnne", "nnant", "nnnnta"};
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	pod_sends_much(c);
	for (unsigned i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		client_sends_sack(c, layouts[i], 1);
		client_sends_sack(c, layouts[i], 2);
	}
}

static void three_sack_blocks_and_four_without_timestamps_pass(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	pod_sends_much(c);
	client_sends_sack(c, "nntnna", 3);
	harness_next_client(c);
	c->client.syn_layout = "mnwnns";
	connection_splice(c, REQUEST_ROOT);
	pod_sends_much(c);
	client_sends_sack(c, "nna", 4);
	client_sends_sack(c, "nan", 4);
}

static void sack_of_the_pod_is_translated(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	connection_splice(c, REQUEST_ROOT);
	segment = pod_segment(c, 0, NULL);
	set_options(&segment, &c->pod, "nntnna", 2);
	send_and_compare_to_client(c, &segment);
}

/* Timestamps anywhere, odd offsets included. */
static void timestamps_are_translated_at_every_position(void **state)
{
	static const char *const layouts[] = {"nnt", "tnn", "ntn", "te", "nte", "nnnnnnt", "nnnt"};
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	for (unsigned i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		struct tcp_segment segment = client_segment(c, TCP_PSH, "x");

		set_options(&segment, &c->client, layouts[i], 0);
		send_and_compare_to_pod(c, &segment);
		segment = pod_segment(c, TCP_PSH, "y");
		set_options(&segment, &c->pod, layouts[i], 0);
		send_and_compare_to_client(c, &segment);
	}
}

/* A pod in SYN_RECV throws away a TSecr below what it sent in its SYN-ACK. */
static void tsecr_towards_the_pod_is_never_below_its_first_tsval(void **state)
{
	struct connection *c = *state;
	struct tcp_segment got;

	connection_splice(c, REQUEST_ROOT);
	c->client.tsecr = c->router_tsval - 5;
	client_says(c, TCP_PSH, "x");
	got = take_segment(c);
	expect_number(got.options.tsecr, c->pod_tsval);
}

static void the_urgent_pointer_is_cleared_in_both_places(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	connection_splice(c, REQUEST_ROOT);
	segment = client_segment(c, TCP_PSH | TCP_URG, "abcdef");
	segment.urgent = 3;
	send_and_compare_to_pod(c, &segment);
	segment = client_segment(c, TCP_PSH, "abcdef");
	segment.urgent = 3;
	send_and_compare_to_pod(c, &segment);
}

static void the_hop_limit_is_set_and_not_counted_down(void **state)
{
	static const uint8_t limits[] = {1, 2, 64, 255};
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	for (unsigned i = 0; i < 4; i++) {
		struct tcp_segment segment;

		c->client.ttl = limits[i];
		segment = client_segment(c, TCP_PSH, "x");
		send_and_compare_to_pod(c, &segment);
	}
}

static void payloads_of_odd_lengths_keep_their_checksums(void **state)
{
	static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	for (size_t length = 1; length < sizeof(text); length++) {
		struct tcp_segment segment = client_segment(c, TCP_PSH, NULL);

		segment.payload = text;
		segment.payload_length = length;
		send_and_compare_to_pod(c, &segment);
		segment = pod_segment(c, TCP_PSH, NULL);
		segment.payload = text;
		segment.payload_length = length;
		send_and_compare_to_client(c, &segment);
	}
}

static void super_packets_are_rewritten_once(void **state)
{
	static char text[2900];
	struct connection *c = *state;
	struct tcp_segment segment, want;
	struct packet packet;

	memset(text, 'g', sizeof(text));
	connection_splice(c, REQUEST_ROOT);
	segment = pod_segment(c, TCP_PSH, NULL);
	segment.payload = text;
	segment.payload_length = sizeof(text);
	segment_build(&segment, &packet);
	packet.gso_size = 1428;
	packet.gso_segs = 3;
	want = translated_to_client(c, &segment);
	run_packet(c, &packet, c->testbed->network.pod[0].ifindex);
	expect_verdict(c, VERDICT_TO_CLIENT);
	expect_only(c, &want, 0);
}

/* Nothing may turn a corrupted segment into one with a good checksum. */
static void a_corrupted_segment_stays_corrupted(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment, got;

	connection_splice(c, REQUEST_ROOT);
	for (unsigned i = 0; i < 2; i++) {
		segment = i ? pod_segment(c, TCP_PSH, "abc") : client_segment(c, TCP_PSH, "abc");
		segment.flaws = FLAW_TCP_CHECKSUM;
		if (i)
			pod_sends(c, &segment);
		else
			client_sends(c, &segment);
		if (c->testbed->action == TESTBED_REDIRECT)
			assert_string_equal(segment_parse(testbed_take_output(c->testbed), &got),
					    "wrong TCP checksum");
	}
}

static void the_traffic_class_passes(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	connection_splice(c, REQUEST_ROOT);
	segment = client_segment(c, TCP_PSH, "x");
	segment.tos = 0xb8;
	send_and_compare_to_pod(c, &segment);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(headers_are_translated_both_ways),
		BOTH(all_numbers_may_wrap),
		BOTH(every_set_of_options_is_spliced),
		BOTH(windows_of_the_pod_are_scaled),
		BOTH(windows_of_the_client_pass_as_they_are),
		BOTH(a_pod_without_window_scale_gets_windows_unscaled),
		BOTH(sack_is_translated_at_every_position),
		BOTH(three_sack_blocks_and_four_without_timestamps_pass),
		BOTH(sack_of_the_pod_is_translated),
		BOTH(timestamps_are_translated_at_every_position),
		BOTH(tsecr_towards_the_pod_is_never_below_its_first_tsval),
		BOTH(the_urgent_pointer_is_cleared_in_both_places),
		BOTH(the_hop_limit_is_set_and_not_counted_down),
		BOTH(payloads_of_odd_lengths_keep_their_checksums),
		BOTH(super_packets_are_rewritten_once),
		BOTH(a_corrupted_segment_stays_corrupted),
		BOTH(the_traffic_class_passes),
	};

	return HARNESS_RUN(tests);
}
