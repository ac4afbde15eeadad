/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "harness_expect.h"
#include "harness_script.h"

void run_packet(struct connection *c, const struct packet *packet, int ifindex)
{
	c->sent = *packet;
	if (testbed_run(c->testbed, packet, ifindex))
		expect_fail(HERE, "BPF_PROG_TEST_RUN refused the packet");
}

static void advance(struct party *party, const struct tcp_segment *segment)
{
	uint32_t end = segment_end(segment);

	if ((int32_t)(end - party->next) > 0)
		party->next = end;
}

void client_sends(struct connection *c, const struct tcp_segment *segment)
{
	struct packet packet;

	segment_build(segment, &packet);
	if (!(segment->flags & TCP_RST))
		advance(&c->client, segment);
	run_packet(c, &packet, c->testbed->network.client.ifindex);
}

void pod_sends(struct connection *c, const struct tcp_segment *segment)
{
	struct packet packet;

	segment_build(segment, &packet);
	if (!(segment->flags & TCP_RST))
		advance(&c->pod, segment);
	run_packet(c, &packet, c->testbed->network.pod[c->pod_number].ifindex);
}

void client_says(struct connection *c, uint16_t flags, const char *text)
{
	struct tcp_segment segment = client_segment(c, flags, text);

	client_sends(c, &segment);
}

void pod_says(struct connection *c, uint16_t flags, const char *text)
{
	struct tcp_segment segment = pod_segment(c, flags, text);

	pod_sends(c, &segment);
}

void client_says_part(struct connection *c, uint16_t flags, const char *bytes, size_t length)
{
	struct tcp_segment segment = client_segment(c, flags, NULL);

	segment.payload = bytes;
	segment.payload_length = length;
	client_sends(c, &segment);
}

void pod_says_part(struct connection *c, uint16_t flags, const char *bytes, size_t length)
{
	struct tcp_segment segment = pod_segment(c, flags, NULL);

	segment.payload = bytes;
	segment.payload_length = length;
	pod_sends(c, &segment);
}

static void hear(struct party *party, const struct tcp_segment *segment)
{
	if (segment->seq == party->ack)
		party->ack = segment_end(segment);
	if (segment_has(segment, 't'))
		party->tsecr = segment->options.tsval;
}

void pod_hears(struct connection *c, const struct tcp_segment *segment)
{
	hear(&c->pod, segment);
}

void client_hears(struct connection *c, const struct tcp_segment *segment)
{
	hear(&c->client, segment);
}

void client_connects(struct connection *c)
{
	struct tcp_segment syn = client_syn(c), syn_ack;

	c->client.next = c->client.isn;
	client_sends(c, &syn);
	expect_verdict(c, VERDICT_SYN_ANSWERED);
	syn_ack = take_segment(c);
	c->router_isn = syn_ack.seq;
	c->router_tsval = syn_ack.options.tsval;
	c->client.next = c->client.isn + 1;
	c->client.ack = syn_ack.seq + 1;
	c->client.timestamps = segment_has(&syn_ack, 't');
	c->client.tsecr = syn_ack.options.tsval;
	client_says(c, 0, NULL);
	if (c->testbed->verdict != VERDICT_OLD_LEG_RESET)
		expect_dropped(c, VERDICT_ACK_SWALLOWED);
}

struct tcp_segment take_pod_syn(struct connection *c)
{
	struct tcp_segment syn = take_segment(c);
	unsigned pod = 0;

	while (pod < NETWORK_PODS && memcmp(&syn.destination, &c->pod_address[pod], 16))
		pod++;
	if (pod == NETWORK_PODS || syn.flags != TCP_SYN)
		expect_fail(HERE, "the segment is not a SYN to a pod");
	c->pod_number = pod;
	c->pod_source_port = syn.source_port;
	c->pod.next = c->pod.isn;
	c->pod.ack = syn.seq + 1;
	c->pod.timestamps = segment_has(&syn, 't') && strchr(c->pod.syn_layout, 't');
	c->pod.tsecr = syn.options.tsval;
	return syn;
}

struct tcp_segment call_pod(struct connection *c, const char *request)
{
	client_connects(c);
	client_says(c, TCP_PSH, request);
	expect_verdict(c, VERDICT_POD_SYN);
	return take_pod_syn(c);
}

static void append(struct connection *c, const struct tcp_segment *data)
{
	if (data->seq != c->pod.ack || c->stream_length + data->payload_length > sizeof(c->stream))
		expect_fail(HERE, "seq %u towards the pod, not %u", data->seq, c->pod.ack);
	memcpy(c->stream + c->stream_length, data->payload, data->payload_length);
	c->stream_length += data->payload_length;
	if (data->payload_length > c->longest)
		c->longest = data->payload_length;
	c->pod.ack = segment_end(data);
	c->pod.tsecr = data->options.tsval;
}

void pod_receives(struct connection *c)
{
	struct tcp_segment data;

	while (c->testbed->output_taken < c->testbed->output_count) {
		data = take_segment(c);
		append(c, &data);
	}
}

void expect_stream(const struct connection *c, const char *bytes, size_t length)
{
	if (c->stream_length != length || memcmp(c->stream, bytes, length))
		expect_fail(HERE, "the pod was given %zu bytes: \"%.*s\", not %zu",
			    c->stream_length, (int)c->stream_length, (const char *)c->stream,
			    length);
}

void pod_accepts(struct connection *c)
{
	struct tcp_segment syn_ack = pod_syn_ack(c);

	c->pod_tsval = c->pod.timestamps ? syn_ack.options.tsval : 0;
	pod_sends(c, &syn_ack);
	expect_verdict(c, VERDICT_HOLD_RELEASED);
	pod_receives(c);
}

void connection_splice(struct connection *c, const char *request)
{
	call_pod(c, request);
	pod_accepts(c);
	pod_says(c, 0, NULL);
	expect_verdict(c, VERDICT_TO_CLIENT);
	take_segment(c);
}

void connection_open_bulk(struct connection *c)
{
	connection_splice(c, REQUEST_UPLOAD);
	pod_passes(c, TCP_PSH, REPLY_BULK);
	client_passes(c, 0, NULL);
}
