/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Under which address a pod sees its client: the client's own, or one of this node where the pod's
 * reply would else go past us (source NAT).
 */
#ifndef PATHROUTE_SOURCE_H
#define PATHROUTE_SOURCE_H

#include "deliver.h"
#include "flow.h"

static __always_inline int source_is_uplink(const struct device *device)
{
	return device && (device->flags & DEVICE_UPLINK);
}

/* This node's address for packets that leave by `device`. */
static __always_inline int source_of_node(struct flow *flow, const struct device *device)
{
	const struct ip_address *source;

	if (!device)
		return -1;
	source = flow_is_ipv6(flow) ? &device->source[1] : &device->source[0];
	if (!(source->word[0] | source->word[3]))
		return -1;
	flow->leg.source = *source;
	return 0;
}

/* Client or pod is this node itself: replies come back to it. If both are, its stack takes no
 * packet from its own address; the listener's is not its own, and answers to it leave as the
 * client's packets do. */
static __always_inline int source_here(struct flow *flow)
{
	if (!(flow->client_flags & flow->leg.flags & TCP_SIDE_LOCAL))
		return 0;
	flow->leg.source = flow->listener;
	return 1;
}

/* Sets leg.source for leg.pod, which is reached by the device leg.ifindex. True if it is not the
 * client's own address. Negative: there is none for the pod to answer to. */
static __always_inline int source_choose(struct flow *flow)
{
	struct flow_leg *leg = &flow->leg;
	__u32 from = flow->client_ifindex;
	__u32 to = leg->ifindex;
	struct device *inside = bpf_map_lookup_elem(&devices, &from);
	struct device *outside = bpf_map_lookup_elem(&devices, &to);

	leg->source = flow->client;
	if (deliver_is_chain()) /* no stack takes a packet from an address of its own */
		return flow_addresses_differ(&leg->pod, &flow->client) ? 0 : -1;
	if ((flow->client_flags | leg->flags) & TCP_SIDE_LOCAL)
		return source_here(flow);
	if (!(source_is_uplink(inside) && source_is_uplink(outside)) &&
	    flow_addresses_differ(&leg->pod, &flow->client))
		return 0;
	return source_of_node(flow, outside ? outside : inside) ? -1 : 1;
}

#endif
