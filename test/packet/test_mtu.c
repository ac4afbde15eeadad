/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that are too big for the next device, and ICMP errors about translated packets. */
#include "harness.h"
#include "harness_icmp.h"

static char big[2000];

static void expect_too_big(struct connection *c, const struct tcp_segment *sent)
{
	struct icmp_error error = icmp_take(c);

	expect_nothing_more(c);
	expect_number(error.kind, ICMP_TOO_BIG);
	assert_in_range(error.mtu, 1280, 1500);
	assert_memory_equal(&error.destination, &sent->source, 16);
	assert_memory_equal(&error.about.source, &sent->source, 16);
	assert_memory_equal(&error.about.destination, &sent->destination, 16);
	expect_number(error.about.source_port, sent->source_port);
	expect_number(error.about.destination_port, sent->destination_port);
	expect_number(error.about.seq, sent->seq);
	assert_memory_equal(error.destination_mac, sent->source_mac, 6);
}

/* A joined connection, and bytes to send on it. */
static void open_with_bytes(struct connection *c)
{
	memset(big, 'b', sizeof(big));
	connection_open_bulk(c);
}

static struct tcp_segment with_bytes(struct tcp_segment segment, size_t length)
{
	segment.payload = big;
	segment.payload_length = length;
	return segment;
}

static void a_client_is_told_when_its_packet_is_too_big(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	open_with_bytes(c);
	segment = with_bytes(client_segment(c, TCP_PSH, NULL), 1600);
	client_sends(c, &segment);
	expect_verdict(c, VERDICT_PMTU_TO_CLIENT);
	expect_too_big(c, &segment);
}

static void a_pod_is_told_when_its_packet_is_too_big(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	open_with_bytes(c);
	segment = with_bytes(pod_segment(c, TCP_PSH, NULL), 1600);
	pod_sends(c, &segment);
	expect_verdict(c, VERDICT_PMTU_TO_POD);
	expect_too_big(c, &segment);
}

static void a_packet_that_just_fits_passes(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	open_with_bytes(c);
	segment = with_bytes(pod_segment(c, TCP_PSH, NULL), c->ipv6 ? 1428 : 1448);
	pod_sends(c, &segment);
	expect_verdict(c, VERDICT_TO_CLIENT);
}

static void build_super_packet(struct connection *c, uint16_t gso_size, struct packet *ret_packet)
{
	struct tcp_segment segment = with_bytes(pod_segment(c, TCP_PSH, NULL), sizeof(big));

	segment_build(&segment, ret_packet);
	ret_packet->gso_size = gso_size;
	ret_packet->gso_segs = 2;
}

static void run_super_packet(struct connection *c, uint16_t gso_size)
{
	struct packet packet;

	build_super_packet(c, gso_size, &packet);
	run_packet(c, &packet, c->testbed->network.pod[0].ifindex);
}

static void a_super_packet_counts_by_its_segments(void **state)
{
	struct connection *c = *state;

	open_with_bytes(c);
	run_super_packet(c, 1400);
	expect_verdict(c, VERDICT_TO_CLIENT);
	run_super_packet(c, 1600);
	expect_verdict(c, VERDICT_PMTU_TO_POD);
}

static void messages_about_size_are_limited_in_rate(void **state)
{
	struct connection *c = *state;
	struct packet packet;
	unsigned sent = 0;

	connection_open_bulk(c);
	build_super_packet(c, 1600, &packet);
	while (sent < 50000 &&
	       testbed_act(c->testbed, &packet, c->testbed->network.pod[0].ifindex) != TESTBED_DROP)
		sent++;
	assert_in_range(sent, 1, 49999);
}

/* An error about what the router sent to the pod, as a device behind it reports it. */
static struct icmp_error error_about_pod_packet(const struct connection *c, enum icmp_kind kind)
{
	struct tcp_segment about = answer_to_pod(c, 0, NULL);
	struct icmp_error error = {.kind = kind, .about = about};

	memcpy(error.source_mac, c->testbed->network.pod[c->pod_number].far_mac, 6);
	memcpy(error.destination_mac, c->testbed->network.pod[c->pod_number].own_mac, 6);
	error.source = about.destination;
	error.destination = about.source;
	error.mtu = kind == ICMP_TOO_BIG ? 1300 : 0;
	return error;
}

static void run_error(struct connection *c, const struct icmp_error *error, int ifindex)
{
	struct packet packet;

	icmp_build(error, &packet);
	run_packet(c, &packet, ifindex);
}

static void an_error_about_the_pods_path_is_translated_for_the_client(void **state)
{
	struct connection *c = *state;
	struct icmp_error error, got;

	connection_splice(c, REQUEST_ROOT);
	c->pod.ack = c->client.next;
	error = error_about_pod_packet(c, ICMP_TOO_BIG);
	run_error(c, &error, c->testbed->network.pod[0].ifindex);
	expect_verdict(c, VERDICT_ICMP_TRANSLATED);
	got = icmp_take(c);
	expect_number(got.kind, ICMP_TOO_BIG);
	expect_number(got.mtu, 1300);
	assert_memory_equal(&got.destination, &c->client_address, 16);
	assert_memory_equal(&got.about.source, &c->client_address, 16);
	assert_memory_equal(&got.about.destination, &c->listener, 16);
	expect_number(got.about.destination_port, c->listener_port);
	expect_number(got.about.seq, c->client.next);
}

static void an_error_about_the_clients_path_is_translated_for_the_pod(void **state)
{
	struct connection *c = *state;
	struct icmp_error error = {.kind = ICMP_TOO_BIG, .mtu = 1300}, got;

	connection_splice(c, REQUEST_ROOT);
	error.about = answer_to_client(c, 0, NULL);
	memcpy(error.source_mac, c->testbed->network.client.far_mac, 6);
	memcpy(error.destination_mac, c->testbed->network.client.own_mac, 6);
	error.source = error.about.destination;
	error.destination = error.about.source;
	run_error(c, &error, c->testbed->network.client.ifindex);
	expect_verdict(c, VERDICT_ICMP_TRANSLATED);
	got = icmp_take(c);
	expect_number(got.mtu, 1300);
	assert_memory_equal(&got.destination, &c->pod_address[0], 16);
	assert_memory_equal(&got.about.source, &c->pod_address[0], 16);
	assert_memory_equal(&got.about.destination, &c->client_address, 16);
	expect_number(got.about.seq, c->pod.isn + 1);
}

static void an_unreachable_pod_is_replaced_while_it_is_called(void **state)
{
	struct connection *c = *state;
	struct icmp_error error;
	unsigned first;

	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_PAIR);
	take_pod_syn(c);
	first = c->pod_number;
	c->pod.ack = c->client.isn;
	error = error_about_pod_packet(c, ICMP_UNREACHABLE);
	run_error(c, &error, c->testbed->network.pod[first].ifindex);
	expect_verdict(c, VERDICT_POD_SYN_ELSEWHERE);
	take_pod_syn(c);
	assert_int_not_equal(c->pod_number, first);
	pod_accepts(c);
	expect_stream(c, REQUEST_PAIR, strlen(REQUEST_PAIR));
}

/* RFC 5927: the quoted sequence number must be one that is in flight. */
static void an_error_with_a_wrong_number_does_not_count(void **state)
{
	struct connection *c = *state;
	struct icmp_error error;

	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_PAIR);
	take_pod_syn(c);
	c->pod.ack = c->client.isn + 1000000;
	error = error_about_pod_packet(c, ICMP_UNREACHABLE);
	run_error(c, &error, c->testbed->network.pod[c->pod_number].ifindex);
	assert_int_not_equal(c->testbed->verdict, VERDICT_POD_SYN_ELSEWHERE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_client_is_told_when_its_packet_is_too_big),
		BOTH(a_pod_is_told_when_its_packet_is_too_big),
		BOTH(a_packet_that_just_fits_passes),
		BOTH(a_super_packet_counts_by_its_segments),
		BOTH(messages_about_size_are_limited_in_rate),
		BOTH(an_error_about_the_pods_path_is_translated_for_the_client),
		BOTH(an_error_about_the_clients_path_is_translated_for_the_pod),
		BOTH(an_unreachable_pod_is_replaced_while_it_is_called),
		BOTH(an_error_with_a_wrong_number_does_not_count),
	};

	return HARNESS_RUN(tests);
}
