/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A client between two requests whose pod has gone: it is answered by us. */
#ifndef PATHROUTE_PASS_WAITING_H
#define PATHROUTE_PASS_WAITING_H

#include "gone.h"

/* A segment without data between two requests: FIN ends the connection. */
static __always_inline int pass_waiting_end(struct packet_context *ctx, struct scratch *s,
					    struct flow *flow, __u32 slot)
{
	if (!(s->packet.flags & TCP_FIN) || s->packet.seq != flow->client_next)
		return VERDICT_ACK_SWALLOWED;
	park_finish_all(ctx, s, slot);
	flow->client_next++;
	flow->pod_fin = flow->isn + 2;
	flow->verdict = VERDICT_FIN_ANSWERED;
	flow_tail(flow, &s->packet);
	return reply_fin(ctx, s, slot);
}

/* Bytes of an earlier request come again: their acknowledgement was lost. */
static __always_inline int pass_waiting_repeats(const struct flow *flow,
						const struct packet *packet)
{
	return packet->length && packet->ack == flow->isn + 1 &&
	       !seq_after(packet->seq + packet->length, flow->client_next);
}

/* A client between two requests whose pod has gone. */
__noinline int pass_waiting(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct packet *packet;
	int verdict;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	packet = &s->packet;
	if ((packet->flags & (TCP_SYN | TCP_RST | TCP_ACK)) != TCP_ACK)
		return VERDICT_FLAGS_FORBIDDEN;
	if (pass_waiting_repeats(flow, packet) && packet->seq != flow->client_next - 1)
		return reply_acknowledge(ctx, s, slot, flow->isn + 1,
					 VERDICT_DUPLICATE_ACKNOWLEDGED);
	if (!gather_fits(flow, packet))
		return VERDICT_OUT_OF_WINDOW;
	flow->client_window = packet->window;
	flow->client_tsval = packet->tsval;
	if (packet->seq == flow->client_next - 1 && packet->length <= 1 &&
	    !(packet->flags & TCP_FIN))
		return reply_acknowledge(ctx, s, slot, flow->isn + 1, VERDICT_PROBE_ANSWERED);
	s->reading.ack = flow->client_ack;
	if (!packet->length && request_load_pending(s, flow))
		return PASS_RESTART;
	if (!packet->length)
		return pass_waiting_end(ctx, s, flow, slot);
	if (seq_after(packet->seq, flow->client_next))
		return reply_acknowledge(ctx, s, slot, flow->isn + 1,
					 VERDICT_DUPLICATE_ACKNOWLEDGED);
	verdict = verify_packet(ctx, s);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	if (request_load(ctx, s, flow) == REQUEST_TAKEN)
		return s->reading.verdict;
	return PASS_RESTART;
}

#endif
