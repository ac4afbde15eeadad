/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Translation of spliced segments: addresses, ports, numbers, options, window. The headers are
 * copied, changed and stored by one helper call, which also unshares the buffer; packets that
 * are not ours are never unshared. One checksum difference covers all changed fields.
 */
#ifndef PATHROUTE_SPLICE_H
#define PATHROUTE_SPLICE_H

#include "flow_end.h"
#include "segment.h"

static __always_inline void splice_write_tcp(struct scratch *s, __be32 *tcp,
					     const struct splice *splice, __u64 *diff)
{
	__be32 old;

	old = tcp[0];
	tcp[0] = splice->ports;
	*diff += checksum_change(old, tcp[0]);
	old = tcp[1];
	tcp[1] = bpf_htonl(splice->seq);
	*diff += checksum_change(old, tcp[1]);
	old = tcp[2];
	tcp[2] = bpf_htonl(splice->ack);
	*diff += checksum_change(old, tcp[2]);
	old = tcp[3];
	tcp[3] = (old & bpf_htonl(0xff000000)) |
		 bpf_htonl((__u32)splice->flags << 16 | splice->window);
	*diff += checksum_change(old, tcp[3]);
	old = tcp[4] & bpf_htonl(0xffff); /* urgent pointer */
	tcp[4] &= ~bpf_htonl(0xffff);
	*diff += checksum_change(old, 0);
	if (s->packet.has_timestamps && !splice->options_rewritten) {
		old = tcp[6];
		tcp[6] = bpf_htonl(splice->tsval);
		*diff += checksum_change(old, tcp[6]);
		old = tcp[7];
		tcp[7] = bpf_htonl(splice->tsecr);
		*diff += checksum_change(old, tcp[7]);
	}
}

static __always_inline int splice_store_v4(struct packet_context *ctx, struct scratch *s,
					   const struct splice *splice, __u64 *diff)
{
	struct frame_v4 *frame = &s->frame.v4;
	__u32 size = ETH_LENGTH + IPV4_LENGTH + TCP_LENGTH + (s->packet.has_timestamps ? 12 : 0);
	const __be32 *ip;
	__be32 *word = (__be32 *)&frame->version_ihl;
	__u64 sum;

	ip = (const __be32 *)((const __u8 *)(long)ctx->data + ETH_LENGTH);
	if ((const void *)(ip + 10) > (const void *)(long)ctx->data_end)
		return -1;
	for (int i = 0; i < 10; i++)
		word[i] = ip[i];
	if (s->packet.has_timestamps) {
		if ((const void *)(ip + 13) > (const void *)(long)ctx->data_end)
			return -1;
		word[10] = ip[10];
		word[11] = ip[11];
		word[12] = ip[12];
	}
	frame->protocol = bpf_htons(ETH_IPV4);
	sum = (__u16)~frame->check;
	sum += splice->address_diff;
	sum += (__u16) ~(__u16)bpf_htons((__u16)frame->ttl << 8);
	frame->ttl = SEGMENT_TTL;
	sum += bpf_htons(SEGMENT_TTL << 8);
	frame->check = ~checksum_fold16(sum);
	if (splice->to_pod)
		frame->destination = splice->address.word[3];
	else
		frame->source = splice->address.word[3];
	splice_write_tcp(s, frame->tcp, splice, diff);
	return bpf_skb_store_bytes(ctx, 0, frame->destination_mac, size, 0);
}

static __always_inline int splice_store_v6(struct packet_context *ctx, struct scratch *s,
					   const struct splice *splice, __u64 *diff)
{
	struct frame_v6 *frame = &s->frame.v6;
	__u32 size = ETH_LENGTH + IPV6_LENGTH + TCP_LENGTH + (s->packet.has_timestamps ? 12 : 0);
	const __be32 *ip;
	__be32 *word = &frame->flow;
	__be32 *target = splice->to_pod ? frame->destination : frame->source;
	__u64 hop_diff;
	__u32 hop;

	ip = (const __be32 *)((const __u8 *)(long)ctx->data + ETH_LENGTH);
	if ((const void *)(ip + 15) > (const void *)(long)ctx->data_end)
		return -1;
	for (int i = 0; i < 15; i++)
		word[i] = ip[i];
	if (s->packet.has_timestamps) {
		if ((const void *)(ip + 18) > (const void *)(long)ctx->data_end)
			return -1;
		word[15] = ip[15];
		word[16] = ip[16];
		word[17] = ip[17];
	}
	frame->protocol = bpf_htons(ETH_IPV6);
	hop = word[1];
	frame->hop_limit = SEGMENT_TTL;
	hop_diff = checksum_change(hop, word[1]);
	for (int i = 0; i < 4; i++)
		target[i] = splice->address.word[i];
	splice_write_tcp(s, frame->tcp, splice, diff);
	/* Only where the device summed the whole packet: in IPv6 nothing evens out what changes. */
	bpf_csum_update(ctx, checksum_fold32(splice->address_diff + hop_diff));
	return bpf_skb_store_bytes(ctx, 0, frame->destination_mac, size, 0);
}

/* Straight into the namespace behind a device. Seen through a bridge port, a frame for the bridge
 * is "for another host". */
static __always_inline void splice_redirect_peer(struct packet_context *ctx, struct scratch *s,
						 __u32 ifindex)
{
	if (ctx->pkt_type != PACKET_TYPE_HOST)
		bpf_skb_change_type(ctx, PACKET_TYPE_HOST);
	s->packet.action = bpf_redirect_peer(ifindex, 0);
}

/* Stores the translated headers and picks the way out. Ethernet addresses are in s->frame; with
 * DELIVERY_CHAIN those of the packet are right. */
static __always_inline int splice_send(struct packet_context *ctx, struct scratch *s,
				       const struct splice *splice, __u64 diff)
{
	__u32 check = s->packet.l4 + TCP_CHECK_OFFSET;
	int failed;

	if (deliver_is_chain() && bpf_skb_load_bytes(ctx, 0, s->frame.v4.destination_mac, 12))
		return VERDICT_INTERNAL;
	if (s->packet.ipv6)
		failed = splice_store_v6(ctx, s, splice, &diff);
	else
		failed = splice_store_v4(ctx, s, splice, &diff);
	if (failed || bpf_l4_csum_replace(ctx, check, 0, splice->address_diff, BPF_F_PSEUDO_HDR) ||
	    bpf_l4_csum_replace(ctx, check, 0, checksum_fold32(diff), 0))
		return VERDICT_INTERNAL;
	if (deliver_is_chain())
		s->packet.action = ACTION_PASS;
	else if (splice->peer)
		splice_redirect_peer(ctx, s, splice->ifindex);
	else
		s->packet.action = bpf_redirect(splice->ifindex, 0);
	return splice->to_pod ? VERDICT_TO_POD : VERDICT_TO_CLIENT;
}

/* A pod in SYN_RECV takes no TSecr below its SYN-ACK's TSval; the hold is dropped when it has left
 * that state. From then on the floor would be in the way of the clock's wrap. */
static __always_inline __u32 splice_tsecr_to_pod(const struct flow *flow, __u32 tsecr)
{
	__u32 translated = tsecr - flow->leg.t;

	return flow->progress & FLOW_HELD ? seq_max(translated, flow->leg.tsecr_floor) : translated;
}

static __always_inline __u16 splice_window_to_pod(const struct flow *flow,
						  const struct flow_leg *leg, __u32 window)
{
	if (!(flow->client_flags & TCP_SIDE_WSCALE) || (leg->flags & TCP_SIDE_WSCALE))
		return window;
	window <<= flow->client_wscale & 15;
	return window > 65535 ? 65535 : window;
}

static __always_inline __u16 splice_window_to_client(const struct flow *flow, __u32 window)
{
	if (!(flow->client_flags & TCP_SIDE_WSCALE) || !window)
		return window;
	window = window << (flow->leg.wscale & 15) >> SEGMENT_WSCALE;
	if (!window)
		return 1;
	return window > 65535 ? 65535 : window;
}

static __always_inline void splice_fill_to_pod(const struct flow *flow, struct scratch *s,
					       struct splice *ret)
{
	const struct packet *packet = &s->packet;
	const struct flow_leg *leg = &flow->leg;

	ret->seq = packet->seq - leg->e;
	ret->ack = packet->ack - leg->d;
	ret->tsval = packet->tsval;
	ret->tsecr = splice_tsecr_to_pod(flow, packet->tsecr);
	ret->ports = (__u32)leg->pod_port << 16 | leg->source_port;
	ret->address = leg->pod;
	ret->address_diff = leg->address_diff;
	ret->ifindex = leg->ifindex;
	ret->mtu = leg->mtu;
	ret->window = splice_window_to_pod(flow, leg, packet->window);
	ret->flags = packet->flags & ~TCP_URG;
	ret->to_pod = 1;
	ret->peer = leg->flags & TCP_SIDE_PEER;
	ret->options_rewritten = 0;
	__builtin_memcpy(s->frame.v4.destination_mac, leg->pod_mac, 12);
}

static __always_inline void splice_fill_to_client(const struct flow *flow, struct scratch *s,
						  struct splice *ret)
{
	const struct packet *packet = &s->packet;
	const struct flow_leg *leg = &flow->leg;

	ret->seq = packet->seq + leg->d;
	ret->pod_ack = packet->ack + leg->e;
	ret->ack = seq_max(ret->pod_ack, flow->client_acked);
	ret->tsval = packet->tsval + leg->t;
	ret->tsecr = packet->tsecr;
	ret->ports = (__u32)flow->client_port << 16 | flow->listener_port;
	ret->address = flow->listener;
	ret->address_diff = ~leg->address_diff;
	ret->ifindex = flow->client_ifindex;
	ret->mtu = flow->client_mtu;
	ret->window = splice_window_to_client(flow, packet->window);
	ret->flags = packet->flags & ~TCP_URG;
	ret->to_pod = 0;
	ret->peer = flow->client_flags & TCP_SIDE_PEER;
	ret->options_rewritten = 0;
	__builtin_memcpy(s->frame.v4.destination_mac, flow->client_mac, 12);
}

static __always_inline int splice_too_big(struct packet_context *ctx, const struct packet *packet,
					  __u32 mtu)
{
	__u32 size = ctx->gso_size;

	size = size ? size + packet->payload - ETH_LENGTH
		    : packet->payload - ETH_LENGTH + packet->length;
	return mtu && size > mtu;
}

/* What both directions note of a segment that passes: written only where it changes, since both
 * CPUs of a flow share its lines. */
static __always_inline void splice_note_tsval(struct flow *flow, __u32 tsval)
{
	if (seq_after(tsval, flow->tsval))
		flow->tsval = tsval;
}

static __always_inline void splice_note_seen(struct flow *flow, __u32 now)
{
	if (flow->seen != now)
		flow->seen = now;
}

/* RFC 7323 4.3: the client's clock is read from a segment with the first byte that is not
 * acknowledged, or behind the last one that is. Who forges it would have to know that number; what
 * is noted is what later segments are compared with. */
static __always_inline void splice_note_clock(struct flow *flow, const struct packet *packet)
{
	__u32 length = packet->length ? packet->length : 1;

	if (packet->has_timestamps && seq_after(packet->tsval, flow->client_tsval) &&
	    flow->client_acked - packet->seq < length)
		flow->client_tsval = packet->tsval;
}

static __always_inline void splice_note_to_pod(struct flow *flow, const struct packet *packet)
{
	splice_note_seen(flow, packet->now);
	if (packet->flags & TCP_RST) /* its numbers prove nothing */
		return;
	if (seq_after(packet->ack, flow->client_ack) &&
	    !seq_after(packet->ack, flow->leg.pod_next + 1)) /* more was never sent: forged */
		flow->client_ack = packet->ack;
	if (flow->client_window != packet->window)
		flow->client_window = packet->window;
	splice_note_clock(flow, packet);
}

static __always_inline void splice_note_client_next(struct flow *flow, __u32 end)
{
	if (seq_before(flow->client_next, end))
		flow->client_next = end;
}

/* `ack` and `tsval`: of the packet, in the client's numbering. Not from the leg here: unclaimed, it
 * may have been changed since the packet was translated. */
static __always_inline void splice_note_to_client(struct flow *flow, const struct packet *packet,
						  __u32 ack, __u32 tsval)
{
	splice_note_seen(flow, packet->now);
	if (packet->flags & TCP_RST)
		return;
	if (seq_after(ack, flow->leg.pod_ack) && !seq_after(ack, flow->client_next + 1)) {
		flow->leg.pod_ack = ack;
		flow->client_acked = seq_max(flow->client_acked, ack);
	}
	if (packet->has_timestamps)
		splice_note_tsval(flow, tsval);
}

/* `end`: of what was forwarded, in the client's numbering. */
static __always_inline void splice_note_pod_next(struct flow *flow, __u32 end)
{
	if (seq_before(flow->leg.pod_next, end))
		flow->leg.pod_next = end;
}

static __always_inline void splice_count_bytes(const struct flow *flow, __u32 bytes, int to_pod)
{
	struct rule_stats *stats;

	if (!bytes)
		return;
	stats = counters_rule(flow->rule);
	if (!stats)
		return;
	if (to_pod)
		stats->bytes_to_pod += bytes;
	else
		stats->bytes_to_client += bytes;
}

#endif
