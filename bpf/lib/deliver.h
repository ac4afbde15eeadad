/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How packets leave towards pods. DELIVERY_FAST: redirected around the stack, on the pod's device.
 * DELIVERY_CHAIN: what is translated goes on from the hook to the next program and the stack; what
 * is built for a pod comes in once more on the client's device, as if the client had sent it to the
 * pod. There it is not ours, and goes the same way as the rest.
 */
#ifndef PATHROUTE_DELIVER_H
#define PATHROUTE_DELIVER_H

#include "config.h"
#include "packet.h"

static __always_inline int deliver_is_chain(void)
{
	return settings.delivery == DELIVERY_CHAIN;
}

static __always_inline void deliver_as_client(struct packet_context *ctx, const struct flow *flow)
{
	bpf_skb_store_bytes(ctx, 0, flow->own_mac, 6, 0);
	bpf_skb_store_bytes(ctx, 6, flow->client_mac, 6, 0);
}

/* The action for the packet at hand, which is built for a pod on the device. */
static __always_inline int deliver_to_pod(struct packet_context *ctx, const struct flow *flow,
					  __u32 ifindex)
{
	if (!deliver_is_chain())
		return bpf_redirect(ifindex, 0);
	deliver_as_client(ctx, flow);
	return bpf_redirect(flow->client_ifindex, BPF_F_INGRESS);
}

/* The same for a clone of it, which leaves at once. */
static __always_inline long deliver_clone_to_pod(struct packet_context *ctx,
						 const struct flow *flow, __u32 ifindex)
{
	if (!deliver_is_chain())
		return bpf_clone_redirect(ctx, ifindex, 0);
	deliver_as_client(ctx, flow);
	return bpf_clone_redirect(ctx, flow->client_ifindex, BPF_F_INGRESS);
}

/* The action for the answer to the packet at hand, in its place. */
static __always_inline int deliver_back(const struct packet *packet)
{
	return bpf_redirect(packet->ifindex,
			    deliver_is_chain() && packet->egress ? BPF_F_INGRESS : 0);
}

#endif
