/* SPDX-License-Identifier: Apache-2.0 */
/* A joined connection: every header field is translated, whatever the options and numbers. */
#include "harness.h"

/* Some exchanges as a server and a client have them. */
static void converse(struct connection *c)
{
	for (unsigned i = 0; i < 4; i++) {
		struct tcp_segment segment = pod_segment(c, TCP_PSH, REPLY_OK);

		pass_to_client(c, &segment);
		c->client.ack = c->client.ack + (uint32_t)segment.payload_length;
		c->client.tsval += 3;
		c->client.tsecr = segment.options.tsval + c->router_tsval - c->pod_tsval;
		segment = client_segment(c, 0, NULL);
		pass_to_pod(c, &segment);
		segment = client_segment(c, TCP_PSH, REQUEST_ROOT);
		pass_to_pod(c, &segment);
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

/* 5 GiB each way, and the clocks of 50 days: nothing may compare with a number of long ago. */
static void numbers_run_on_for_gigabytes(void **state)
{
	const uint32_t step = 0x10000000;
	struct connection *c = *state;
	uint32_t client_start, pod_start;

	connection_open_bulk(c);
	client_start = c->client.next;
	pod_start = c->pod.next;
	for (unsigned i = 0; i < 22; i++) {
		struct tcp_segment segment;

		c->client.next = client_start + i * step;
		c->client.tsval += step;
		segment = client_segment(c, TCP_PSH, "x");
		pass_to_pod(c, &segment);
		c->pod.ack = c->client.next;
		c->pod.tsecr = c->client.tsval;
		c->pod.next = pod_start + i * step;
		c->pod.tsval += step;
		segment = pod_segment(c, TCP_PSH, "y");
		pass_to_client(c, &segment);
		c->client.ack = c->pod.next + c->router_isn - c->pod.isn;
		c->client.tsecr = c->pod.tsval + c->router_tsval - c->pod_tsval;
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
		connection_open_bulk(c);
		for (unsigned j = 0; j < sizeof(windows) / sizeof(windows[0]); j++) {
			struct tcp_segment segment = pod_segment(c, 0, NULL);

			segment.window = windows[j];
			pass_to_client(c, &segment);
		}
		harness_next_client(c);
	}
}

static void windows_of_the_client_pass_as_they_are(void **state)
{
	static const uint16_t windows[] = {0, 1, 502, 65535};
	struct connection *c = *state;

	connection_open_bulk(c);
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
	connection_open_bulk(c);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c->client.window = cases[i].window;
		client_says(c, 0, NULL);
		expect_number(take_segment(c).window, cases[i].want);
	}
}

static void the_urgent_pointer_is_cleared_in_both_places(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	connection_open_bulk(c);
	segment = client_segment(c, TCP_PSH | TCP_URG, "abcdef");
	segment.urgent = 3;
	pass_to_pod(c, &segment);
	segment = client_segment(c, TCP_PSH, "abcdef");
	segment.urgent = 3;
	pass_to_pod(c, &segment);
}

static void the_hop_limit_is_set_and_not_counted_down(void **state)
{
	static const uint8_t limits[] = {1, 2, 64, 255};
	struct connection *c = *state;

	connection_open_bulk(c);
	for (unsigned i = 0; i < 4; i++) {
		struct tcp_segment segment;

		c->client.ttl = limits[i];
		segment = client_segment(c, TCP_PSH, "x");
		pass_to_pod(c, &segment);
	}
}

static void payloads_of_odd_lengths_keep_their_checksums(void **state)
{
	static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	struct connection *c = *state;

	connection_open_bulk(c);
	for (size_t length = 1; length < sizeof(text); length++) {
		struct tcp_segment segment = client_segment(c, TCP_PSH, NULL);

		segment.payload = text;
		segment.payload_length = length;
		pass_to_pod(c, &segment);
		segment = pod_segment(c, TCP_PSH, NULL);
		segment.payload = text;
		segment.payload_length = length;
		pass_to_client(c, &segment);
	}
}

static void super_packets_are_rewritten_once(void **state)
{
	static char text[2900];
	struct connection *c = *state;
	struct tcp_segment segment, want;
	struct packet packet;

	memset(text, 'g', sizeof(text));
	connection_open_bulk(c);
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

/* A pod behind a bridge: the port and its MAC address are those that the SYN-ACK came from. */
static void the_way_to_the_pod_is_learnt_from_its_syn_ack(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0, 9, 9, 9};
	struct connection *c = *state;
	struct tcp_segment syn_ack, segment, got;

	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_UPLOAD);
	take_pod_syn(c);
	syn_ack = pod_syn_ack(c);
	memcpy(syn_ack.source_mac, mac, 6);
	pod_sends(c, &syn_ack);
	got = take_segment(c);
	assert_memory_equal(got.destination_mac, mac, 6);
	assert_memory_equal(got.source_mac, syn_ack.destination_mac, 6);
	c->pod.ack = segment_end(&got);
	pod_says(c, 0, NULL);
	segment = client_segment(c, TCP_PSH, "x");
	client_sends(c, &segment);
	assert_memory_equal(take_segment(c).destination_mac, mac, 6);
}

/* Nothing may turn a corrupted segment into one with a good checksum. */
static void a_corrupted_segment_stays_corrupted(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment, got;

	connection_open_bulk(c);
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

	connection_open_bulk(c);
	segment = client_segment(c, TCP_PSH, "x");
	segment.tos = 0xb8;
	pass_to_pod(c, &segment);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(headers_are_translated_both_ways),
		BOTH(all_numbers_may_wrap),
		BOTH(numbers_run_on_for_gigabytes),
		BOTH(every_set_of_options_is_spliced),
		BOTH(windows_of_the_pod_are_scaled),
		BOTH(windows_of_the_client_pass_as_they_are),
		BOTH(a_pod_without_window_scale_gets_windows_unscaled),
		BOTH(the_urgent_pointer_is_cleared_in_both_places),
		BOTH(the_hop_limit_is_set_and_not_counted_down),
		BOTH(payloads_of_odd_lengths_keep_their_checksums),
		BOTH(super_packets_are_rewritten_once),
		BOTH(the_way_to_the_pod_is_learnt_from_its_syn_ack),
		BOTH(a_corrupted_segment_stays_corrupted),
		BOTH(the_traffic_class_passes),
	};

	return HARNESS_RUN(tests);
}
