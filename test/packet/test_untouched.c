/* SPDX-License-Identifier: Apache-2.0 */
/* What is not ours passes byte for byte; fragments for a listener never reach anything. */
#include "harness.h"
#include "harness_icmp.h"

static void pass_untouched(struct connection *c, const struct packet *packet)
{
	const struct network *network = &c->testbed->network;

	run_packet(c, packet, network->client.ifindex);
	expect_untouched(c);
	run_packet(c, packet, network->pod[0].ifindex);
	expect_untouched(c);
}

static void pass_segment(struct connection *c, const struct tcp_segment *segment)
{
	struct packet packet;

	segment_build(segment, &packet);
	pass_untouched(c, &packet);
}

/* The segment's packet with another protocol behind the IP header. */
static void build_protocol(const struct tcp_segment *segment, uint8_t protocol,
			   struct packet *ret_packet)
{
	bool ipv4 = segment_is_ipv4(&segment->source);

	segment_build(segment, ret_packet);
	ret_packet->bytes[ETHERNET_SIZE + (ipv4 ? 9 : 6)] = protocol;
}

static void tcp_for_other_ports_passes(void **state)
{
	static const uint16_t flags[] = {
		TCP_SYN, TCP_ACK, TCP_ACK | TCP_PSH, TCP_FIN | TCP_ACK, TCP_RST, 0, 0x1ff};
	struct connection *c = *state;

	c->listener_port = 22;
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct tcp_segment segment = client_segment(c, 0, "SSH-2.0-x\r\n");

		segment.flags = flags[i];
		segment.urgent = 1;
		pass_segment(c, &segment);
		segment.flaws = FLAW_TCP_CHECKSUM;
		pass_segment(c, &segment);
	}
}

static void tcp_for_other_addresses_passes(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	c->listener = segment_address(c->ipv6 ? "fd00:5::99" : "198.51.100.99");
	segment = client_segment(c, TCP_PSH, REQUEST_ROOT);
	pass_segment(c, &segment);
	segment = client_syn(c);
	pass_segment(c, &segment);
}

static void tcp_of_pods_without_flow_passes(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment = pod_segment(c, TCP_PSH, REPLY_OK);

	pass_segment(c, &segment);
	segment = pod_syn_ack(c);
	pass_segment(c, &segment);
	segment = pod_segment(c, TCP_RST, NULL);
	pass_segment(c, &segment);
}

static void every_other_protocol_passes(void **state)
{
	static const uint8_t protocols[] = {1, 2, 17, 33, 47, 50, 58, 89, 132, 136, 255};
	struct connection *c = *state;
	struct tcp_segment segment = client_segment(c, TCP_PSH, REQUEST_ROOT);
	struct packet packet;

	for (unsigned i = 0; i < sizeof(protocols); i++) {
		build_protocol(&segment, protocols[i], &packet);
		pass_untouched(c, &packet);
	}
}

static void other_ethernet_types_pass(void **state)
{
	static const uint16_t types[] = {0x0806, 0x8100, 0x88a8, 0x8847, 0x88cc, 0x0001};
	struct connection *c = *state;
	struct tcp_segment segment = client_syn(c);
	struct packet packet;

	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		segment_build(&segment, &packet);
		packet.bytes[12] = (uint8_t)(types[i] >> 8);
		packet.bytes[13] = (uint8_t)types[i];
		pass_untouched(c, &packet);
	}
}

static void packets_cut_short_pass(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;
	struct packet packet;
	size_t length;

	c->listener_port = 22;
	segment = client_segment(c, TCP_PSH, "abc");
	segment_build(&segment, &packet);
	length = packet.length;
	for (size_t cut = ETHERNET_SIZE + (c->ipv6 ? 40 : 20); cut < length; cut++) {
		packet.length = cut;
		pass_untouched(c, &packet);
	}
}

/* Truncated ones for a listener: passed or dropped, but never answered. */
static void packets_for_a_listener_cut_short_are_never_answered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment = client_syn(c);
	struct packet packet;
	size_t length;

	segment_build(&segment, &packet);
	length = packet.length;
	for (size_t cut = ETHERNET_SIZE + (c->ipv6 ? 40 : 20); cut < length; cut++) {
		packet.length = cut;
		run_packet(c, &packet, c->testbed->network.client.ifindex);
		expect_nothing_more(c);
		assert_int_not_equal(c->testbed->action, TESTBED_REDIRECT);
	}
}

static void ip_options_for_others_pass(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	c->listener_port = 22;
	segment = client_segment(c, TCP_PSH, "abc");
	segment.flaws = FLAW_IP_OPTIONS;
	pass_segment(c, &segment);
}

static void fragments_for_others_pass(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	c->listener_port = 22;
	segment = client_segment(c, TCP_PSH, "abc");
	segment.flaws = FLAW_FRAGMENT_FIRST;
	pass_segment(c, &segment);
	segment.flaws = FLAW_FRAGMENT_LATER;
	pass_segment(c, &segment);
}

static void later_fragments_pass(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment = client_segment(c, TCP_PSH, REQUEST_ROOT);

	segment.flaws = FLAW_FRAGMENT_LATER;
	pass_segment(c, &segment);
}

static void a_first_fragment_for_a_listener_is_dropped(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment = client_segment(c, TCP_PSH, REQUEST_ROOT);

	segment.flaws = FLAW_FRAGMENT_FIRST;
	client_sends(c, &segment);
	expect_dropped(c, VERDICT_FRAGMENT);
}

static void irregular_headers_for_a_listener_are_never_parsed_as_regular(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c);

	syn.flaws = FLAW_IP_OPTIONS;
	client_sends(c, &syn);
	if (c->testbed->action == TESTBED_REDIRECT)
		take_segment(c);
	expect_nothing_more(c);
}

static void icmp_errors_about_others_pass(void **state)
{
	struct connection *c = *state;
	struct icmp_error error = {.mtu = 1400};
	struct packet packet;

	c->listener_port = 22;
	error.about = client_segment(c, 0, NULL);
	error.source = error.about.destination;
	error.destination = error.about.source;
	for (int kind = ICMP_TOO_BIG; kind <= ICMP_UNREACHABLE; kind++) {
		error.kind = (enum icmp_kind)kind;
		icmp_build(&error, &packet);
		pass_untouched(c, &packet);
	}
}

static void everything_passes_when_there_is_no_listener(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment = client_syn(c);

	testbed_reset(c->testbed);
	pass_segment(c, &segment);
	segment = client_segment(c, TCP_PSH, REQUEST_ROOT);
	pass_segment(c, &segment);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_BOTH_HOOKS(tcp_for_other_ports_passes),
		ON_BOTH_HOOKS(tcp_for_other_addresses_passes),
		ON_BOTH_HOOKS(tcp_of_pods_without_flow_passes),
		ON_BOTH_HOOKS(every_other_protocol_passes),
		ON_BOTH_HOOKS(other_ethernet_types_pass),
		ON_BOTH_HOOKS(packets_cut_short_pass),
		ON_BOTH_HOOKS(packets_for_a_listener_cut_short_are_never_answered),
		ON_BOTH_HOOKS(ip_options_for_others_pass),
		ON_BOTH_HOOKS(fragments_for_others_pass),
		ON_BOTH_HOOKS(later_fragments_pass),
		ON_BOTH_HOOKS(a_first_fragment_for_a_listener_is_dropped),
		ON_BOTH_HOOKS(irregular_headers_for_a_listener_are_never_parsed_as_regular),
		ON_BOTH_HOOKS(icmp_errors_about_others_pass),
		ON_BOTH_HOOKS(everything_passes_when_there_is_no_listener),
	};

	return HARNESS_RUN(tests);
}
