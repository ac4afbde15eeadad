/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packet access at tc, where a packet is a socket buffer. Included by packet.h. */
#ifndef PATHROUTE_PACKET_TC_H
#define PATHROUTE_PACKET_TC_H

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "packet_layout.h"
#include "packet_tcp.h"
#include "scratch.h"

#define packet_context __sk_buff

#define ACTION_PASS TC_ACT_UNSPEC /* with tcx: TCX_NEXT */
#define ACTION_DROP TC_ACT_SHOT
/* Gone, as far as the sender knows: to no device. Of a packet that is leaving, a drop would be told
 * to its TCP, which would take it for never sent. */
#define ACTION_SWALLOW bpf_redirect(0, 0)

/* True unless the packet is on its way through this node and leaves it now: it was seen when it
 * came in. Sets packet.egress. */
static __always_inline int packet_is_news(struct packet_context *ctx, struct packet *packet)
{
	packet->egress = !ctx->ingress_ifindex;
	return packet->egress || ctx->ingress_ifindex == ctx->ifindex;
}

static __always_inline __u32 packet_size(struct packet_context *ctx)
{
	return ctx->len;
}

/* Not 0: the packet stands for several of that size. */
static __always_inline __u32 packet_gso_size(struct packet_context *ctx)
{
	return ctx->gso_size;
}

static __always_inline __u32 packet_ifindex(struct packet_context *ctx)
{
	return ctx->ifindex;
}

static __always_inline long packet_load(struct packet_context *ctx, __u32 offset, void *to,
					__u32 length)
{
	return bpf_skb_load_bytes(ctx, offset, to, length);
}

/* The device's own sum over the packet, if there is one, follows. */
static __always_inline long packet_store(struct packet_context *ctx, __u32 offset, const void *from,
					 __u32 length)
{
	return bpf_skb_store_bytes(ctx, offset, from, length, BPF_F_RECOMPUTE_CSUM);
}

/* The Ethernet header is no part of a device's sum. */
static __always_inline long packet_store_ethernet(struct packet_context *ctx, const void *from)
{
	return bpf_skb_store_bytes(ctx, 0, from, ETH_LENGTH, 0);
}

static __always_inline long packet_resize(struct packet_context *ctx, __u32 size)
{
	return ctx->len == size ? 0 : bpf_skb_change_tail(ctx, size, 0);
}

/* The packet leaves by the device that it came from, or, with BPF_F_INGRESS, comes in there. */
static __always_inline void packet_return(struct packet *packet, __u64 flags)
{
	packet->action = bpf_redirect(packet->ifindex, flags);
}

/* The device or the sender's kernel vouches for the TCP checksum. */
static __always_inline int packet_sum_is_good(struct packet_context *ctx)
{
	return bpf_csum_level(ctx, BPF_CSUM_LEVEL_QUERY) >= 0;
}

static __always_inline int packet_field_is(const struct packet_context *ctx,
					   const struct packet *packet, __u16 checksum)
{
	const __be32 *tcp = packet_tcp((const void *)(long)ctx->data, packet);

	return (const void *)(tcp + 5) <= (const void *)(long)ctx->data_end &&
	       ((const __u16 *)tcp)[8] == checksum;
}

/* A segment of a local pod is CHECKSUM_PARTIAL: its field holds the pseudo header's sum and the
 * device completes it. Where the field does hold it, or the packet stands for several, for which
 * not all senders count the length, only trying can tell: bpf_l4_csum_replace() without
 * BPF_F_PSEUDO_HDR leaves the field of a partial one alone. */
static __always_inline void packet_probe_checksum(struct packet_context *ctx, struct packet *packet)
{
	__u32 offset = packet->l4 + TCP_CHECK_OFFSET;
	__u16 before = packet->tcp_checksum;

	if (packet->checksum != CHECKSUM_UNKNOWN)
		return;
	packet->checksum = CHECKSUM_FULL;
	if (!packet_gso_size(ctx) && !packet_sum_is_pseudo(packet))
		return;
	if (bpf_l4_csum_replace(ctx, offset, 0, 0x1234, 0))
		return;
	if (packet_field_is(ctx, packet, before))
		packet->checksum = CHECKSUM_PARTIAL_SUM;
	else
		bpf_skb_store_bytes(ctx, offset, &before, sizeof(before), 0);
}

/* True when the headers that packet_parse() reads lie in the linear part of the buffer. The payload
 * need not: to pull it there means a copy. Pointers are compared, not subtracted: that would need
 * CAP_PERFMON. */
static __always_inline int packet_is_linear(const struct packet_context *ctx)
{
	const __u8 *data = (const __u8 *)(long)ctx->data;
	const __u8 *end = (const __u8 *)(long)ctx->data_end;
	const __u8 *tcp = data + ETH_LENGTH + IPV4_LENGTH;
	__u16 protocol;

	if (tcp > end)
		return 0;
	protocol = *(const __be16 *)(data + 12);
	if (protocol != bpf_htons(ETH_IPV4)) {
		if (protocol != bpf_htons(ETH_IPV6))
			return 1;
		tcp = data + ETH_LENGTH + IPV6_LENGTH;
	}
	return tcp + TCP_LENGTH <= end && tcp + (tcp[12] >> 4 << 2) <= end;
}

static __always_inline void packet_pull_headers(struct packet_context *ctx)
{
	__u32 wanted = ETH_LENGTH + IPV6_LENGTH + TCP_LENGTH + TCP_OPTIONS_MAX;

	if (!packet_is_linear(ctx))
		bpf_skb_pull_data(ctx, ctx->len < wanted ? ctx->len : wanted);
}

#endif
