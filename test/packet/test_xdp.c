/* SPDX-License-Identifier: Apache-2.0 */
/* What XDP takes, and what it leaves to tc. That both do the same is told by the other files. */
#include <arpa/inet.h>

#include "harness.h"

#define VLAN_SIZE 4

/* XDP has answered or dropped the packet, and counted that. */
static void expect_at_xdp(struct connection *c, enum verdict verdict)
{
	expect_verdict(c, verdict);
	expect_number(c->testbed->at_xdp, true);
	assert_true(testbed_verdict_total_xdp(c->testbed, verdict) > 0);
}

/* XDP has passed it as it was, and tc has come to this verdict. */
static void expect_at_tc(struct connection *c, enum verdict verdict)
{
	expect_verdict(c, verdict);
	expect_number(c->testbed->at_xdp, false);
	expect_number(testbed_verdict_total_xdp(c->testbed, verdict), 0);
}

static void a_syn_is_answered_by_xdp(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c);

	client_sends(c, &syn);
	expect_at_xdp(c, VERDICT_SYN_ANSWERED);
}

static void segments_of_nobody_are_refused_by_xdp(void **state)
{
	struct connection *c = *state;
	struct tcp_segment reset;

	client_connects(c);
	expect_at_xdp(c, VERDICT_ACK_SWALLOWED);
	reset = client_segment(c, TCP_RST, NULL);
	client_sends(c, &reset);
	expect_at_xdp(c, VERDICT_RST_SWALLOWED);
	c->client.next += 100000;
	client_says(c, 0, NULL);
	expect_at_xdp(c, VERDICT_NO_FLOW);
}

static void a_request_is_left_to_tc(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_at_tc(c, VERDICT_POD_SYN);
}

static void a_flow_is_left_to_tc(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	client_passes(c, 0, NULL);
	expect_at_tc(c, VERDICT_TO_POD);
	client_says(c, TCP_FIN, NULL);
	expect_at_tc(c, VERDICT_TO_POD);
	client_says(c, TCP_RST, NULL);
	expect_number(c->testbed->at_xdp, false);
}

/* The flow has to note it, so that a client that begins anew is told from a forger. */
static void a_syn_for_a_flow_is_left_to_tc(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn;

	connection_splice(c, REQUEST_ROOT);
	syn = client_syn(c);
	client_sends(c, &syn);
	expect_number(c->testbed->at_xdp, false);
	expect_verdict(c, VERDICT_SYN_ANSWERED);
}

/* A local sender's checksum is not made yet where XDP sees the frame: tc knows. */
static void a_bad_checksum_is_left_to_tc(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c);

	syn.flaws = FLAW_TCP_CHECKSUM;
	client_sends(c, &syn);
	expect_at_tc(c, VERDICT_CHECKSUM_BAD);
}

static void unusual_headers_are_left_to_tc(void **state)
{
	static const struct {
		unsigned flaw;
		enum verdict verdict;
	} cases[] = {{FLAW_IP_OPTIONS, VERDICT_MALFORMED},
		     {FLAW_FRAGMENT_FIRST, VERDICT_FRAGMENT},
		     {FLAW_TCP_OFFSET_SHORT, VERDICT_MALFORMED}};
	struct connection *c = *state;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tcp_segment syn = client_syn(c);

		syn.flaws = cases[i].flaw;
		client_sends(c, &syn);
		expect_at_tc(c, cases[i].verdict);
	}
}

/* Its answer would have to be tagged as well. */
static void a_frame_with_a_vlan_tag_is_left_to_tc(void **state)
{
	static const uint8_t tag[VLAN_SIZE] = {0x81, 0x00, 0x00, 0x05};
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c);
	struct packet packet;

	segment_build(&syn, &packet);
	memmove(packet.bytes + 12 + VLAN_SIZE, packet.bytes + 12, packet.length - 12);
	memcpy(packet.bytes + 12, tag, VLAN_SIZE);
	packet.length += VLAN_SIZE;
	run_packet(c, &packet, c->testbed->network.client.ifindex);
	expect_number(c->testbed->at_xdp, false);
	expect_untouched(c);
}

static void without_a_listener_xdp_touches_nothing(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c);

	testbed_reset(c->testbed);
	client_sends(c, &syn);
	expect_number(c->testbed->at_xdp, false);
	expect_untouched(c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_XDP(a_syn_is_answered_by_xdp),
		ON_XDP(segments_of_nobody_are_refused_by_xdp),
		ON_XDP(a_request_is_left_to_tc),
		ON_XDP(a_flow_is_left_to_tc),
		ON_XDP(a_syn_for_a_flow_is_left_to_tc),
		ON_XDP(a_bad_checksum_is_left_to_tc),
		ON_XDP(unusual_headers_are_left_to_tc),
		ON_XDP(a_frame_with_a_vlan_tag_is_left_to_tc),
		ON_XDP(without_a_listener_xdp_touches_nothing),
	};

	return HARNESS_RUN(tests);
}
