/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Leaving a leg between two requests, and coming back to one. The caller has claimed the flow. */
#ifndef PATHROUTE_LEG_CHOICE_H
#define PATHROUTE_LEG_CHOICE_H

#include "endpoint.h"
#include "reply.h"

/* Resets the connection to the pod of the leg in use, beside what becomes of the packet. */
__noinline int leg_reset(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);

	if (!s || !flow || !flow->leg.pod_port)
		return -1;
	park_segment_in_use(&s->segment, flow, TCP_RST | TCP_ACK, leg_expected(flow));
	segment_no_options(&s->segment);
	if (segment_write(ctx, s) < 0)
		return -1;
	deliver_clone_to_pod(ctx, flow, flow->leg.ifindex);
	flow->switches++;
	leg_end(flow, &flow->leg);
	return 0;
}

/* The flow is idle: its leg is parked, if it has one. The pod gets the acknowledgement that came
 * with the new request, which it will not see; `acks`: there is one. The packet's bytes are lost
 * then. */
__noinline int leg_leave(struct packet_context *ctx, struct scratch *s, __u32 slot, __u32 acks)
{
	struct flow *flow = flow_at(slot);
	struct flow_leg *parked;
	__u32 fin;
	__u32 id;

	if (!s || !flow || !flow->leg.pod_port)
		return -1;
	id = flow->leg.id;
	fin = flow->leg.flags & TCP_SIDE_FIN;
	if (leg_park(slot))
		return leg_reset(ctx, s, slot);
	parked = leg_parked(flow, id);
	if (fin && parked) {
		parked->d++;
		return park_tell(ctx, s, slot, id, TCP_FIN | TCP_ACK);
	}
	return acks ? park_tell(ctx, s, slot, id, TCP_ACK) : 0;
}

/* A free id for a new leg. If there is none, a parked leg goes: one that has ended, or any. */
__noinline int leg_make_place(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	__u32 id;

	if (!s || !flow)
		return -1;
	id = leg_free_id(flow);
	if (id >= FLOW_LEGS) {
		id = bpf_get_prandom_u32() % FLOW_LEGS;
		for (__u32 i = 0; i < FLOW_LEGS; i++) {
			struct flow_leg *leg = leg_parked(flow, i);

			if (leg && (leg->flags & TCP_SIDE_ENDED))
				id = i;
		}
		park_tell(ctx, s, slot, id, TCP_RST | TCP_ACK);
		leg_forget(slot, id);
	}
	flow->leg.id = id;
	return 0;
}

/* Looks for a parked leg that may take a request of the flow's rule, and takes it into use. True
 * if there is one. */
__noinline int leg_take_parked(__u32 slot)
{
	struct flow *flow = flow_at(slot);
	__u32 rule;

	if (!flow)
		return 0;
	rule = flow->rule;
	if (flow->leg.rule != rule)
		flow->leg.drawn = 0;
	for (__u32 id = 0; id < FLOW_LEGS; id++) {
		struct flow_leg *parked = leg_parked(flow, id);
		__u8 drawn = flow->leg.drawn;

		if (!parked || parked->rule != rule ||
		    (parked->flags & (TCP_SIDE_FIN | TCP_SIDE_ENDED)))
			continue;
		parked->drawn = drawn;
		if (leg_resume(slot, id))
			continue;
		if (endpoint_serves(slot, rule))
			return 1;
		if (leg_park(slot))
			leg_end(flow, &flow->leg);
	}
	return 0;
}

#endif
