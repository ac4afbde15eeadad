/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A pod that owes a reply and says nothing. Whether it is slow or has vanished only a sign of life
 * tells: it is asked for one by keep-alive probes (see send.h). One that answers none is left, and
 * its request, if it is safe, goes to another pod.
 */
#ifndef PATHROUTE_SILENT_H
#define PATHROUTE_SILENT_H

#include "gone.h"

#define SILENT_AFTER (10 * TICKS_PER_SECOND) /* without a packet: probed, once a second */
#define SILENT_PROBES 3                      /* that are sent in vain before the pod is left */

/* A safe request is held still, and no byte of its reply has come. */
static __always_inline int silent_is_waiting(const struct flow *flow)
{
	const __u32 kept = FLOW_HELD | FLOW_SAFE;

	return flow->state == FLOW_SPLICED && (flow->progress & kept) == kept &&
	       gone_unanswered(flow);
}

static __always_inline int silent_since(const struct flow *flow, __u32 now, __u32 ticks)
{
	return (__s32)(now - READ_ONCE(flow->seen)) > (__s32)ticks;
}

/* The packet at hand is the first since the probes, and it is the client's. */
static __always_inline int silent_is_dead(const struct flow *flow, const struct packet *packet)
{
	return flow->leg.probes >= SILENT_PROBES && !(packet->flags & TCP_RST) &&
	       silent_is_waiting(flow) && silent_since(flow, packet->now, SILENT_AFTER);
}

/* Leaves the silent pod, which gets a RST. The packet at hand becomes the SYN for another one. */
__noinline int silent_leave(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	__u32 failed;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	flow->seen = s->packet.now;
	flow->leg.probes = 0;
	flow->isn = flow->reply.next - 1;
	failed = flow->leg.endpoint;
	endpoint_failed(failed, s->packet.now);
	leg_reset(ctx, s, slot);
	leg_end(flow, &flow->leg);
	if (flow->request.repeats >= GONE_REPEATS_MAX)
		return -VERDICT_ENDPOINTS_FAILED;
	return gone_repeat(ctx, s, flow, slot, failed);
}

#endif
