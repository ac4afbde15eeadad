/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packet access at XDP, where a packet is the frame as the driver has it. Included by packet.h.
 *
 * Nobody vouches for checksums here, and none is partial: what is read from such a frame is judged
 * by its sums alone.
 */
#ifndef PATHROUTE_PACKET_XDP_H
#define PATHROUTE_PACKET_XDP_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "packet_layout.h"
#include "scratch.h"

#define packet_context xdp_md

#define ACTION_PASS XDP_PASS
#define ACTION_DROP XDP_DROP

static __always_inline __u32 packet_size(struct packet_context *ctx)
{
	return bpf_xdp_get_buff_len(ctx);
}

static __always_inline __u32 packet_gso_size(struct packet_context *ctx)
{
	return 0;
}

static __always_inline __u32 packet_ifindex(struct packet_context *ctx)
{
	return ctx->ingress_ifindex;
}

static __always_inline long packet_load(struct packet_context *ctx, __u32 offset, void *to,
					__u32 length)
{
	return bpf_xdp_load_bytes(ctx, offset, to, length);
}

static __always_inline long packet_store(struct packet_context *ctx, __u32 offset, const void *from,
					 __u32 length)
{
	return bpf_xdp_store_bytes(ctx, offset, (void *)from, length);
}

static __always_inline long packet_store_ethernet(struct packet_context *ctx, const void *from)
{
	return bpf_xdp_store_bytes(ctx, 0, (void *)from, ETH_LENGTH);
}

/* Not every driver pads what a program sends: a frame as long as Ethernet's shortest remains so. */
static __always_inline long packet_resize(struct packet_context *ctx, __u32 size)
{
	__u32 now = bpf_xdp_get_buff_len(ctx);

	if (size < ETH_FRAME_MIN && now >= ETH_FRAME_MIN)
		size = ETH_FRAME_MIN;
	return now == size ? 0 : bpf_xdp_adjust_tail(ctx, (int)(size - now));
}

static __always_inline void packet_return(struct packet *packet, __u64 flags)
{
	packet->action = XDP_TX;
}

static __always_inline int packet_sum_is_good(struct packet_context *ctx)
{
	return 0;
}

static __always_inline void packet_probe_checksum(struct packet_context *ctx, struct packet *packet)
{
	packet->checksum = CHECKSUM_FULL;
}

static __always_inline void packet_pull_headers(struct packet_context *ctx)
{
}

#endif
