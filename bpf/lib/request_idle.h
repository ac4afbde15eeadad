/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When a connection is idle, so that its next request may go elsewhere; and the one thing that can
 * be done to make it so. The caller has claimed the flow. */
#ifndef PATHROUTE_REQUEST_IDLE_H
#define PATHROUTE_REQUEST_IDLE_H

#include "http_framing.h"
#include "park.h"

/* The last byte of the last request has come. */
static __always_inline int request_is_whole(const struct flow *flow)
{
	return flow->request.phase == FRAMING_HEAD &&
	       !seq_before(flow->client_next, flow->request.next);
}

/* All replies are complete and acknowledged. */
static __always_inline int request_is_answered(const struct flow *flow)
{
	const __u32 ending = FLOW_FINAL | FLOW_CLIENT_FIN | FLOW_POD_FIN;

	return !flow->outstanding_count && flow->request.phase == FRAMING_HEAD &&
	       flow->reply.phase == FRAMING_HEAD && flow->client_ack == flow->reply.next &&
	       !(flow->progress & ending);
}

/* Nothing is under way between client and pod: the next request may go elsewhere. */
static __always_inline int request_is_idle(const struct flow *flow)
{
	return request_is_answered(flow) && !seq_before(flow->leg.pod_ack, flow->request.next);
}

/* Turns the packet into a probe of the pod, which answers what it has. */
__noinline int request_probe(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);

	if (!s || !flow)
		return VERDICT_INTERNAL;
	park_segment_in_use(&s->segment, flow, TCP_ACK, flow->leg.pod_ack - 1);
	if (flow->leg.flags & TCP_SIDE_TIMESTAMPS)
		segment_timestamps(&s->segment, s->packet.tsval,
				   splice_tsecr_to_pod(flow, s->packet.tsecr));
	if (segment_write_probe(ctx, s))
		return VERDICT_INTERNAL;
	s->packet.action = deliver_to_pod(ctx, flow, flow->leg.ifindex);
	return VERDICT_POD_PROBED;
}

/* A request waits for nothing but the pod's acknowledgement of the body in front of it, which it
 * has answered before it came. Its ACK may be delayed, since it has nothing to send. */
static __always_inline int request_needs_probe(const struct flow *flow)
{
	return (flow->progress & FLOW_PENDING) && request_is_answered(flow) &&
	       !seq_before(flow->client_next, flow->request.next);
}

#endif
