/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The end of a connection that cannot be followed any longer, on both sides. */
#ifndef PATHROUTE_ABORT_H
#define PATHROUTE_ABORT_H

#include "leg_choice.h"
#include "way.h"

/* No verdicts, but what is to be done by the caller of the stages: calls may be eight deep only. */
#define PASS_RESTART 1000 /* request_restart() */
#define PASS_ABORT 2000   /* abort_flow(), with the verdict that is added to this */

/* Resets the pod in use, sends FIN to parked ones, and builds the RST for the client in place of
 * the packet. Negative: it could not be built. */
static __always_inline int abort_segment(struct packet_context *ctx, struct scratch *s,
					 struct flow *flow, __u32 slot)
{
	__u32 seq = flow->isn + 1;

	if (flow->state == FLOW_SPLICED) { /* before, the leg has no numbers */
		seq = seq_max(flow->leg.pod_next, flow->client_ack); /* a FIN may be behind it */
		leg_reset(ctx, s, slot);
	}
	park_finish_all(ctx, s, slot);
	reply_segment(&s->segment, flow, seq, TCP_RST | TCP_ACK);
	return segment_write(ctx, s);
}

/* Resets the pod in use and the client, for which the packet is used up; parked pods get FIN. The
 * flow is gone then. */
__noinline int abort_flow(struct packet_context *ctx, struct scratch *s, __u32 slot, __u32 verdict)
{
	struct flow *flow = flow_at(slot);

	if (!s || !flow)
		return VERDICT_INTERNAL;
	if (abort_segment(ctx, s, flow, slot) < 0)
		verdict = VERDICT_INTERNAL;
	else
		s->packet.action = way_to_client(flow);
	flow_free_slot(slot);
	return verdict;
}

/* What a stage yields becomes a verdict. */
static __always_inline int abort_or_reply(struct packet_context *ctx, struct scratch *s, __u32 slot,
					  int verdict)
{
	if (verdict >= PASS_ABORT)
		return abort_flow(ctx, s, slot, verdict - PASS_ABORT);
	return verdict < 0 ? reply_begin(ctx, s, slot, -verdict) : verdict;
}

#endif
