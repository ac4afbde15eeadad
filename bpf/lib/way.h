/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Out by a device, or in by it. A client or pod that lives on this node itself (TCP_SIDE_LOCAL) is
 * met where its packets leave, and gets its own as if they came in there: the route back to whom
 * they seem to come from leads to that device, and the stack's checks are content.
 */
#ifndef PATHROUTE_WAY_H
#define PATHROUTE_WAY_H

#include "packet.h"

static __always_inline __u32 way_of(__u8 side_flags)
{
	return side_flags & TCP_SIDE_LOCAL ? BPF_F_INGRESS : 0;
}

/* The action for the packet at hand. */
static __always_inline int way_to_client(const struct flow *flow)
{
	return bpf_redirect(flow->client_ifindex, way_of(flow->client_flags));
}

/* The same where it is built as if the client had sent it. */
static __always_inline int way_from_client(const struct flow *flow)
{
	return bpf_redirect(flow->client_ifindex, way_of(flow->client_flags) ^ BPF_F_INGRESS);
}

/* way_to_client() for a clone of it, which leaves at once. */
static __always_inline long way_clone_to_client(struct packet_context *ctx, const struct flow *flow)
{
	return bpf_clone_redirect(ctx, flow->client_ifindex, way_of(flow->client_flags));
}

#endif
