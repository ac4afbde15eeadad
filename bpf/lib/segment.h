/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Builds a TCP segment in place of the packet at hand: headers from struct segment, room for the
 * payload behind them.
 *
 * The checksum field is written as this packet buffer wants it: see packet_probe_checksum().
 */
#ifndef PATHROUTE_SEGMENT_H
#define PATHROUTE_SEGMENT_H

#include "config.h"
#include "packet.h"
#include "tcp_options.h"

#define SEGMENT_TTL 64
#define SEGMENT_WSCALE 10 /* our window scale, towards every client that offered one */
#define SEGMENT_WINDOW HOLD_LARGE_SIZE
#define CLOSING_WINDOW (HOLD_LARGE_SIZE >> SEGMENT_WSCALE)

/* Writes the words of the TCP header and returns their sum, the checksum field taken as 0. */
static __always_inline __u64 segment_tcp_words(const struct segment *segment, __be32 *tcp)
{
	__u32 header = TCP_LENGTH + segment->options_length;

	tcp[0] = (__u32)segment->destination_port << 16 | segment->source_port;
	tcp[1] = bpf_htonl(segment->seq);
	tcp[2] = bpf_htonl(segment->ack);
	tcp[3] = bpf_htonl(header << 26 | (__u32)segment->flags << 16 | segment->window);
	tcp[4] = 0;
	__builtin_memcpy(tcp + 5, segment->options, TCP_OPTIONS_MAX);
	return (__u32)bpf_csum_diff(NULL, 0, tcp, header & 0x3c, 0);
}

static __always_inline __u16 segment_check(const struct segment *segment, __u64 tcp_sum,
					   __u8 checksum)
{
	__u32 length = TCP_LENGTH + segment->options_length + segment->payload_length;
	__u64 sum = checksum_address(&segment->source) + checksum_address(&segment->destination) +
		    bpf_htons(PROTOCOL_TCP) + bpf_htons(length);

	/* The two constant words of a mapped address pair are no part of an IPv4 pseudo header. */
	if (segment->source.word[2] == bpf_htonl(0xffff) && !segment->source.word[0] &&
	    !segment->source.word[1])
		sum -= 2 * (__u64)bpf_htonl(0xffff);
	if (checksum == CHECKSUM_PARTIAL_SUM)
		return checksum_fold16(sum);
	return ~checksum_fold16(sum + tcp_sum + segment->payload_sum);
}

static __always_inline void segment_frame_v4(struct scratch *s)
{
	struct segment *segment = &s->segment;
	struct frame_v4 *frame = &s->frame.v4;
	__u32 total = IPV4_LENGTH + TCP_LENGTH + segment->options_length + segment->payload_length;
	__be32 *words = (__be32 *)&frame->version_ihl;

	__builtin_memcpy(frame->destination_mac, segment->destination_mac, 6);
	__builtin_memcpy(frame->source_mac, segment->source_mac, 6);
	frame->protocol = bpf_htons(ETH_IPV4);
	frame->version_ihl = 0x45;
	frame->tos = 0;
	frame->total_length = bpf_htons(total);
	frame->id = 0;
	frame->fragment = bpf_htons(0x4000);
	frame->ttl = SEGMENT_TTL;
	frame->next = PROTOCOL_TCP;
	frame->check = 0;
	frame->source = segment->source.word[3];
	frame->destination = segment->destination.word[3];
	frame->check = ~checksum_fold16((__u32)bpf_csum_diff(NULL, 0, words, IPV4_LENGTH, 0));
}

static __always_inline void segment_frame_v6(struct scratch *s)
{
	struct segment *segment = &s->segment;
	struct frame_v6 *frame = &s->frame.v6;
	__u32 payload = TCP_LENGTH + segment->options_length + segment->payload_length;

	__builtin_memcpy(frame->destination_mac, segment->destination_mac, 6);
	__builtin_memcpy(frame->source_mac, segment->source_mac, 6);
	frame->protocol = bpf_htons(ETH_IPV6);
	frame->flow = bpf_htonl(0x60000000);
	frame->payload_length = bpf_htons(payload);
	frame->next = PROTOCOL_TCP;
	frame->hop_limit = SEGMENT_TTL;
	for (int i = 0; i < 4; i++) {
		frame->source[i] = segment->source.word[i];
		frame->destination[i] = segment->destination.word[i];
	}
}

/* Resizes the packet for s->segment and writes the headers; the payload is the caller's to write,
 * at the offset that is returned. Negative: a helper failed, the packet is useless. */
__noinline int segment_write(struct packet_context *ctx, struct scratch *s)
{
	__u32 options;
	__u32 header;
	int failed;
	__u64 sum;

	if (!s)
		return -1;
	options = s->segment.options_length;
	if (options > TCP_OPTIONS_MAX)
		return -1;
	header = (s->packet.ipv6 ? ETH_LENGTH + IPV6_LENGTH : ETH_LENGTH + IPV4_LENGTH) +
		 TCP_LENGTH + options;
	packet_probe_checksum(ctx, &s->packet); /* while it is as it came */
	if (packet_resize(ctx, header + s->segment.payload_length))
		return -1;
	if (s->packet.ipv6) {
		segment_frame_v6(s);
		sum = segment_tcp_words(&s->segment, s->frame.v6.tcp);
		s->frame.v6.tcp[4] = segment_check(&s->segment, sum, s->packet.checksum);
		failed = packet_store(ctx, ETH_LENGTH, &s->frame.v6.flow, 60 + options);
	} else {
		segment_frame_v4(s);
		sum = segment_tcp_words(&s->segment, s->frame.v4.tcp);
		s->frame.v4.tcp[4] = segment_check(&s->segment, sum, s->packet.checksum);
		failed = packet_store(ctx, ETH_LENGTH, &s->frame.v4.version_ihl, 40 + options);
	}
	if (failed || packet_store_ethernet(ctx, s->frame.v4.destination_mac))
		return -1;
	return header;
}

/* Builds a segment of one byte that its receiver has acknowledged: TCP answers it at once (RFC 9293
 * 3.10.7.4), and its content is nothing to it. Negative: as above. */
static __always_inline int segment_write_probe(struct packet_context *ctx, struct scratch *s)
{
	__u8 byte = 0;
	int header;

	s->segment.payload_length = 1;
	s->segment.payload_sum = 0;
	header = segment_write(ctx, s);
	return header < 0 || packet_store(ctx, header, &byte, 1) ? -1 : 0;
}

static __always_inline void segment_no_options(struct segment *segment)
{
	segment->options_length = 0;
	segment->payload_length = 0;
	segment->payload_sum = 0;
}

static __always_inline void segment_timestamps(struct segment *segment, __u32 tsval, __u32 tsecr)
{
	segment->options[0] = bpf_htonl(TIMESTAMPS_WORD);
	segment->options[1] = bpf_htonl(tsval);
	segment->options[2] = bpf_htonl(tsecr);
	segment->options_length = 12;
}

/* Adds a SACK block (RFC 2018) from `start` to `end`, which is behind it. */
static __always_inline void segment_sack(struct segment *segment, __u32 start, __u32 end)
{
	__u32 n = segment->options_length ? 3 : 0; /* behind timestamps */

	segment->options[n] = bpf_htonl(0x0101050aU);
	segment->options[n + 1] = bpf_htonl(start);
	segment->options[n + 2] = bpf_htonl(end);
	segment->options_length += 12;
}

/* A segment as the flow's client would send it, without payload. Its numbers are the caller's to
 * write. */
static __always_inline void segment_of_client(struct segment *segment, const struct flow *flow)
{
	segment->source = flow->client;
	segment->destination = flow->listener;
	segment->source_port = flow->client_port;
	segment->destination_port = flow->listener_port;
	__builtin_memcpy(segment->destination_mac, flow->own_mac, 6);
	__builtin_memcpy(segment->source_mac, flow->client_mac, 6);
	segment->flags = TCP_ACK;
	segment->window = flow->client_window;
	segment_no_options(segment);
	if (flow->client_flags & TCP_SIDE_TIMESTAMPS)
		segment_timestamps(segment, flow->client_tsval, flow->tsval);
}

struct syn_options {
	__u32 mss;
	__u32 tsval;
	__u32 tsecr;
	__u8 sack;
	__u8 timestamps;
	__u8 wscale; /* COOKIE_WSCALE_NONE: none */
};

/* In the order that Linux uses: MSS, SACK permitted, timestamps, window scale. */
static __always_inline void segment_syn_options(struct segment *segment,
						const struct syn_options *options)
{
	__u32 n = 1;

	segment->options[0] = bpf_htonl(MSS_HALF << 16 | options->mss);
	if (options->timestamps) {
		segment->options[1] =
			bpf_htonl(options->sack ? SACK_TIMESTAMPS_WORD : TIMESTAMPS_WORD);
		segment->options[2] = bpf_htonl(options->tsval);
		segment->options[3] = bpf_htonl(options->tsecr);
		n = 4;
	} else if (options->sack) {
		segment->options[1] = bpf_htonl(SACK_WORD);
		n = 2;
	}
	if (options->wscale != COOKIE_WSCALE_NONE) {
		segment->options[n & 7] = bpf_htonl(WSCALE_BYTES << 8 | options->wscale);
		n++;
	}
	segment->options_length = n * 4;
	segment->payload_length = 0;
	segment->payload_sum = 0;
}

/* The reverse direction of the packet at hand: addresses, ports and Ethernet addresses swapped. */
static __always_inline void segment_turn(struct segment *segment, const struct packet *packet)
{
	segment->source = packet->key.destination;
	segment->destination = packet->key.source;
	segment->source_port = packet->key.destination_port;
	segment->destination_port = packet->key.source_port;
	__builtin_memcpy(segment->destination_mac, packet->source_mac, 6);
	__builtin_memcpy(segment->source_mac, packet->destination_mac, 6);
}

/* Sends what segment_write() built back where the packet came from. */
static __always_inline void segment_return(struct packet *packet)
{
	packet_return(packet, packet->egress ? BPF_F_INGRESS : 0);
}

#endif
