/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is said to the pods of parked legs: they are answered by us, and the client hears nothing
 * of it. The caller has claimed the flow.
 */
#ifndef PATHROUTE_PARK_H
#define PATHROUTE_PARK_H

#include "reset.h"
#include "splice.h"

/* A segment to a parked pod, without payload: all that it sent is acknowledged. */
static __always_inline void park_segment(struct segment *segment, const struct flow *flow,
					 const struct flow_leg *leg, __u8 flags)
{
	segment->source = flow->client;
	segment->destination = leg->pod;
	segment->source_port = leg->source_port;
	segment->destination_port = leg->pod_port;
	__builtin_memcpy(segment->destination_mac, leg->pod_mac, 6);
	__builtin_memcpy(segment->source_mac, leg->own_mac, 6);
	segment->seq = leg->e;
	segment->ack = leg->d;
	segment->flags = flags;
	segment->window = splice_window_to_pod(flow, leg, flow->client_window);
	segment_no_options(segment);
	if (leg->flags & TCP_SIDE_TIMESTAMPS)
		segment_timestamps(segment, flow->client_tsval, leg->t);
}

/* The same to the pod in use, with `seq` in the client's numbering: what the client has is
 * acknowledged. Timestamps are the caller's to write. */
static __always_inline void park_segment_in_use(struct segment *segment, const struct flow *flow,
						__u8 flags, __u32 seq)
{
	park_segment(segment, flow, &flow->leg, flags);
	segment->seq = seq - flow->leg.e;
	segment->ack = flow->client_ack - flow->leg.d;
}

/* Sends a segment beside what becomes of the packet at hand, whose bytes are lost by it. */
__noinline int park_tell(struct packet_context *ctx, struct scratch *s, __u32 slot, __u32 id,
			 __u32 flags)
{
	struct flow *flow = flow_at(slot);
	struct flow_leg *leg = flow ? leg_parked(flow, id) : NULL;

	if (!s || !flow || !leg)
		return -1;
	park_segment(&s->segment, flow, leg, flags);
	if (flags & TCP_FIN) {
		leg->flags |= TCP_SIDE_ENDED;
		leg->e++;
	}
	if (segment_write(ctx, s) < 0)
		return -1;
	return deliver_clone_to_pod(ctx, flow, leg->ifindex);
}

/* Ends a parked leg as TCP does; it stays for the pod's answer until its place is needed. */
static __always_inline void park_finish(struct packet_context *ctx, struct scratch *s,
					struct flow *flow, __u32 slot, __u32 id)
{
	struct flow_leg *leg = leg_parked(flow, id);

	if (leg && !(leg->flags & TCP_SIDE_ENDED))
		park_tell(ctx, s, slot, id, TCP_FIN | TCP_ACK);
}

/* Ends all parked legs. What is to be sent of the packet at hand was sent before, or is built
 * anew behind it. */
__noinline int park_finish_all(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);

	if (!s || !flow)
		return -1;
	for (__u32 id = 0; id < FLOW_LEGS; id++) {
		if (flow->parked[id])
			park_finish(ctx, s, flow, slot, id);
	}
	return 0;
}

static __always_inline int park_any(const struct flow *flow)
{
	__u32 any = 0;

	for (__u32 id = 0; id < FLOW_LEGS; id++)
		any |= flow->parked[id];
	return any != 0;
}

/* Turns the packet into an answer to its sender, the pod of a parked leg. */
__noinline int park_answer(struct packet_context *ctx, struct scratch *s, __u32 slot, __u32 id,
			   __u32 flags)
{
	struct flow *flow = flow_at(slot);
	struct flow_leg *leg = flow ? leg_parked(flow, id) : NULL;

	if (!s || !flow || !leg)
		return VERDICT_INTERNAL;
	if ((flags & TCP_FIN) && !(leg->flags & TCP_SIDE_ENDED)) {
		leg->flags |= TCP_SIDE_ENDED;
		leg->e++;
	}
	park_segment(&s->segment, flow, leg, flags);
	s->segment.seq = leg->e - !!(flags & TCP_FIN);
	if (segment_write(ctx, s) < 0)
		return VERDICT_INTERNAL;
	s->packet.action = deliver_to_pod(ctx, flow, leg->ifindex);
	return VERDICT_PARKED_ANSWERED;
}

/* A pod that sends what nobody asked for: its connection is reset, the client's goes on. */
__noinline int park_reset(struct packet_context *ctx, struct scratch *s, __u32 slot, __u32 id)
{
	int verdict;

	if (!s)
		return VERDICT_INTERNAL;
	verdict = reset_send(ctx, s, VERDICT_UNSOLICITED_REPLY);
	leg_forget(slot, id);
	return verdict;
}

/* The parked pod has sent FIN, or sends it again. */
static __always_inline int park_fin(struct packet_context *ctx, struct scratch *s,
				    struct flow_leg *leg, __u32 slot, __u32 id)
{
	int over = (leg->flags & TCP_SIDE_ENDED) && s->packet.ack == leg->e;

	leg->flags |= TCP_SIDE_FIN;
	leg->d = packet_seq_end(&s->packet);
	if (over)
		flow_leave_endpoint(leg);
	return park_answer(ctx, s, slot, id, over ? TCP_ACK : TCP_FIN | TCP_ACK);
}

/* A packet of a parked pod. */
__noinline int park_receive(struct packet_context *ctx, struct scratch *s, __u32 slot, __u32 id)
{
	struct flow *flow = flow_at(slot);
	struct flow_leg *leg = flow ? leg_parked(flow, id) : NULL;
	const struct packet *packet;
	__u32 end;

	if (!s || !flow || !leg)
		return VERDICT_INTERNAL;
	packet = &s->packet;
	end = packet->seq + packet->length;
	if (packet->flags & TCP_RST) {
		if (packet->seq == leg->d)
			leg_forget(slot, id);
		return VERDICT_RST_SWALLOWED;
	}
	if (packet->flags & TCP_SYN)
		return VERDICT_OUT_OF_WINDOW;
	if (packet->has_timestamps && seq_after(packet->tsval, leg->t))
		leg->t = packet->tsval;
	if (packet->length && seq_after(end, leg->d))
		return park_reset(ctx, s, slot, id);
	if ((packet->flags & TCP_FIN) && end + !!(leg->flags & TCP_SIDE_FIN) == leg->d)
		return park_fin(ctx, s, leg, slot, id);
	if (packet->length || packet->seq == leg->d - 1)
		return park_answer(ctx, s, slot, id, TCP_ACK);
	if ((leg->flags & TCP_SIDE_FIN) && (leg->flags & TCP_SIDE_ENDED) && packet->ack == leg->e)
		leg_forget(slot, id);
	return VERDICT_ACK_SWALLOWED;
}

#endif
