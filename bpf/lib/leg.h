/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Legs of a flow: the one in use lies in the flow, those that are parked in slots of their own. A
 * parked leg keeps its pod connection open for the next request of its rule. Its packets never
 * reach the client. The caller has claimed the flow.
 */
#ifndef PATHROUTE_LEG_H
#define PATHROUTE_LEG_H

#include "flow.h"

static __always_inline struct flow_leg *leg_slot(__u32 index)
{
	return bpf_map_lookup_elem(&legs, &index);
}

/* Where the flow notes its parked leg of that id. */
static __always_inline __u32 *leg_place(struct flow *flow, __u32 id)
{
	return &flow->parked[id & (FLOW_LEGS_SPACE - 1)];
}

/* The parked leg of that id, or NULL. */
static __always_inline struct flow_leg *leg_parked(struct flow *flow, __u32 id)
{
	__u32 *place = leg_place(flow, id);

	return place && *place ? leg_slot(*place - 1) : NULL;
}

static __always_inline void leg_end(struct flow *flow, struct flow_leg *leg)
{
	flow_drop_leg(leg);
	flow_leave_endpoint(leg);
}

/* Forgets a parked leg; nothing is sent. */
__noinline int leg_forget(__u32 slot, __u32 id)
{
	struct flow *flow = flow_at(slot);
	struct flow_leg *leg = flow ? leg_parked(flow, id) : NULL;
	__u32 *place = flow ? leg_place(flow, id) : NULL;
	__u32 index;

	if (!leg || !place)
		return -1;
	leg_end(flow, leg);
	index = *place - 1;
	*place = 0;
	bpf_map_push_elem(&legs_free, &index, 0);
	return 0;
}

/* Ends all pod connections of the flow in our books. */
static __always_inline void leg_forget_all(struct flow *flow, __u32 slot)
{
	leg_end(flow, &flow->leg);
	for (__u32 id = 0; id < FLOW_LEGS; id++) {
		if (flow->parked[id])
			leg_forget(slot, id);
	}
}

/* Parks the leg in use of an idle flow, whose next request begins at client_start: from here on it
 * counts in the pod's own numbers. Negative: there is no room. */
__noinline int leg_park(__u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct flow_leg *parked;
	__u32 *place;
	__u32 index;

	if (!flow || !flow->leg.pod_port)
		return -1;
	place = leg_place(flow, flow->leg.id);
	if (!place || *place)
		return -1;
	if (bpf_map_pop_elem(&legs_free, &index) &&
	    flow_take_fresh(ALLOC_LEGS, LEGS_DEFAULT, &index))
		return -1;
	parked = leg_slot(index);
	if (!parked)
		return -1;
	*parked = flow->leg;
	parked->e = flow->client_start - parked->e;
	parked->d = flow->isn + 1 - parked->d;
	parked->t = flow->tsval - parked->t;
	*place = index + 1;
	flow->leg.pod_port = 0;
	flow->leg.endpoint = 0;
	flow->switches++;
	return 0;
}

/* Makes a parked leg the one in use, for a request that begins at client_start. */
__noinline int leg_resume(__u32 slot, __u32 id)
{
	struct flow *flow = flow_at(slot);
	struct flow_leg *parked = flow ? leg_parked(flow, id) : NULL;
	__u32 *place = flow ? leg_place(flow, id) : NULL;
	struct flow_leg *leg;
	__u32 index;

	if (!flow || !parked || !place || flow->leg.pod_port)
		return -1;
	leg = &flow->leg;
	flow->switches++;
	*leg = *parked;
	leg->tsecr_floor = leg->t;
	leg->e = flow->client_start - leg->e;
	leg->d = flow->isn + 1 - leg->d;
	leg->t = flow->tsval - leg->t;
	leg->pod_ack = flow->client_start;
	leg->pod_next = flow->isn + 1;
	index = *place - 1;
	*place = 0;
	bpf_map_push_elem(&legs_free, &index, 0);
	return 0;
}

/* The next byte that the pod in use expects if it has got all that was sent to it, in the client's
 * numbering: a RST must have that number (RFC 5961 3.2). */
static __always_inline __u32 leg_expected(const struct flow *flow)
{
	__u32 end = seq_before(flow->client_next, flow->request.next) ? flow->client_next
								      : flow->request.next;

	if ((flow->progress & FLOW_CLIENT_FIN) && flow->client_fin == end + 1)
		end++;
	return seq_max(end, flow->leg.pod_ack);
}

/* An id that no leg has; FLOW_LEGS: all are taken. */
static __always_inline __u32 leg_free_id(const struct flow *flow)
{
	__u32 id;

	for (id = 0; id < FLOW_LEGS; id++) {
		if (!flow->parked[id])
			break;
	}
	return id;
}

#endif
