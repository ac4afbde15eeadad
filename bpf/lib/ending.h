/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How spliced flows end: both FINs and their acknowledgements, RST, and ACK storms. */
#ifndef PATHROUTE_ENDING_H
#define PATHROUTE_ENDING_H

#include "flow_end.h"

#define ENDING_REACH (1U << 30) /* the largest window there is (RFC 7323 2.3) */
#define STORM_TICKS 5           /* equal ACKs further apart than this are no storm */
#define STORM_LIMIT 100

/* Follows FINs. `end` is the packet's end and `ack` its acknowledgement, in client numbering. */
static __always_inline void ending_note(struct flow *flow, const struct packet *packet, int side,
					__u32 end, __u32 ack)
{
	__u32 both = FLOW_CLIENT_FIN_ACKED | FLOW_POD_FIN_ACKED;
	__u32 own = side == FLOW_SIDE_CLIENT ? FLOW_CLIENT_FIN : FLOW_POD_FIN;
	__u32 other = side == FLOW_SIDE_CLIENT ? FLOW_POD_FIN : FLOW_CLIENT_FIN;
	__u32 other_end = side == FLOW_SIDE_CLIENT ? flow->pod_fin : flow->client_fin;
	__u32 base = side == FLOW_SIDE_CLIENT ? flow->leg.pod_ack : flow->client_ack;

	flow->progress &= ~FLOW_RESET_SEEN;
	if ((packet->flags & TCP_FIN) && !(flow->progress & own) && end - base <= ENDING_REACH) {
		flow->progress |= own;
		if (side == FLOW_SIDE_CLIENT)
			flow->client_fin = end;
		else
			flow->pod_fin = end;
	}
	if ((flow->progress & other) && !seq_before(ack, other_end))
		flow->progress |= other << 2;
	if ((flow->progress & both) == both && flow->state == FLOW_SPLICED)
		flow_tail(flow, packet);
}

/* Only a RST with exactly the number the other side expects ends the flow (RFC 5961 3.2). Any
 * other passes, so that its receiver can challenge it; one in the window that nobody challenges
 * has ended the flow too, and the sweep takes it soon. `seq` is in client numbering. */
static __always_inline void ending_reset(struct flow *flow, const struct packet *packet, int side,
					 __u32 seq)
{
	__u32 expected = side == FLOW_SIDE_CLIENT ? flow->leg.pod_ack : flow->client_ack;
	__u32 last = side == FLOW_SIDE_CLIENT ? flow->client_next : flow->leg.pod_next;

	if (flow->state != FLOW_SPLICED)
		return;
	if (seq == expected)
		flow_tail(flow, packet);
	else if (!seq_before(seq, expected) && !seq_after(seq, last + 1))
		flow->progress |= FLOW_RESET_SEEN;
}

/* Counts equal pure ACKs that alternate in direction without a pause. Keep-alive and window probe
 * answers are equal ACKs too, but seconds apart. True: stop this one. */
static __always_inline int ending_storm(struct flow *flow, const struct packet *packet, int side)
{
	__u32 digest = (packet->seq ^ (packet->ack << 16 | packet->ack >> 16)) +
		       packet->window * 0x9e3779b1U;
	__u32 last = side == FLOW_SIDE_CLIENT ? flow->storm_client : flow->storm_pod;
	__u16 elapsed = (__u16)packet->now - flow->storm_tick;

	if (elapsed >= STORM_TICKS || digest != last || flow->storm_side == side)
		flow->storm_count = 0;
	else if (flow->storm_count < 255)
		flow->storm_count++;
	if (side == FLOW_SIDE_CLIENT)
		flow->storm_client = digest;
	else
		flow->storm_pod = digest;
	flow->storm_side = side;
	flow->storm_tick = packet->now;
	return flow->storm_count > STORM_LIMIT;
}

#endif
