/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet of a flow, by the state that the flow is in: what cannot go the quick way is done by
 * one CPU at a time, which has claimed the flow.
 */
#ifndef PATHROUTE_PASS_H
#define PATHROUTE_PASS_H

#include "deliver.h"
#include "pass_kept.h"
#include "pass_waiting.h"
#include "silent.h"
#include "translate.h"
#include "way.h"

/* A segment of the client in the tail of a flow that we ended ourselves. */
static __always_inline int pass_after_reply(struct packet_context *ctx, struct scratch *s,
					    struct flow *flow, __u32 slot)
{
	if (!flow->verdict)
		return reset_send(ctx, s, VERDICT_NO_FLOW);
	if (packet_seq_end(&s->packet) == s->packet.seq)
		return VERDICT_ACK_SWALLOWED;
	if (flow->verdict == VERDICT_FIN_ANSWERED)
		return reply_fin(ctx, s, slot);
	return reply_acknowledge(ctx, s, slot, flow->pod_fin, VERDICT_CLOSING_ACKNOWLEDGED);
}

/* Sends the translated packet, and FIN to all parked pods beside it. */
static __always_inline int pass_with_farewell(struct packet_context *ctx, struct scratch *s,
					      struct flow *flow, __u32 slot, __u32 to_pod)
{
	int verdict = pass_translate(ctx, s, slot, to_pod);

	if ((verdict != VERDICT_TO_POD && verdict != VERDICT_TO_CLIENT) || !park_any(flow))
		return verdict;
	if (to_pod)
		deliver_clone_to_pod(ctx, flow, &flow->leg);
	else
		way_clone_to_client(ctx, flow);
	park_finish_all(ctx, s, slot);
	s->packet.action = ACTION_DROP;
	return verdict;
}

/* The packet repeats bytes that are held, and that the pod has not acknowledged. What lies in front
 * of the hold is the end of an earlier body, and passes by itself. */
static __always_inline int pass_repeats_held(const struct flow *flow, const struct packet *packet)
{
	__u32 end;

	if (!(flow->progress & FLOW_HELD) || !packet->length)
		return 0;
	if (seq_before(flow->leg.pod_ack, flow->client_start) &&
	    !seq_after(packet->seq + packet->length, flow->client_start))
		return 0;
	end = flow->client_start + hold_length(flow);
	return seq_before(packet->seq, end) && seq_before(flow->leg.pod_ack, end);
}

/* Sends what is held in place of the packet, or first the packet's bytes in front of it. */
static __always_inline int pass_held(struct packet_context *ctx, struct scratch *s,
				     struct flow *flow, __u32 slot)
{
	__u32 start = flow->client_start;
	__u32 front = start - s->packet.seq;

	if (seq_before(flow->leg.pod_ack, start) && seq_before(s->packet.seq, start)) {
		if (unshare(ctx, s, flow->client_ifindex))
			return VERDICT_INTERNAL;
		if (request_differs(ctx, s, flow, slot))
			return PASS_ABORT + VERDICT_COPY_DIFFERS;
		return cut_send(ctx, s, slot, front, 1);
	}
	return release_from(ctx, s, slot, seq_max(flow->leg.pod_ack, start) - start,
			    VERDICT_HOLD_REPEATED);
}

/* Bytes that will be read must be such that the pod takes them too. No look at timestamps: what
 * they are compared with could be forged. */
static __always_inline int pass_check(const struct scratch *s, const struct flow *flow)
{
	const struct packet *packet = &s->packet;

	if (flow->state != FLOW_SPLICED || !packet->length || (packet->flags & TCP_RST) ||
	    !seq_after(packet->seq + packet->length, flow->request.next))
		return VERDICT_CONTINUE;
	if ((packet->flags & (TCP_SYN | TCP_ACK)) != TCP_ACK)
		return VERDICT_FLAGS_FORBIDDEN;
	if (packet->odd_options && s->options.forbidden)
		return VERDICT_FLAGS_FORBIDDEN;
	return flow->leg.pod_next + 1 - packet->ack > ENDING_REACH ? VERDICT_OUT_OF_WINDOW
								   : VERDICT_CONTINUE;
}

/* A segment of the client on a joined flow: SPLICED or TAIL. */
static __always_inline int pass_client_slow(struct packet_context *ctx, struct scratch *s,
					    struct flow *flow, __u32 slot)
{
	struct packet *packet = &s->packet;
	int verdict;

	if (!flow->leg.pod_port)
		return pass_after_reply(ctx, s, flow, slot);
	if (flow->state == FLOW_TAIL && packet->length &&
	    seq_after(packet->seq + packet->length, flow->leg.pod_ack))
		return VERDICT_AFTER_LAST; /* unread, and the pod need not have believed a RST */
	verdict = pass_check(s, flow);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	s->reading.ack = flow->client_ack;
	splice_note_to_pod(flow, packet);
	if (pass_repeats_held(flow, packet))
		return pass_held(ctx, s, flow, slot);
	if (packet->flags & TCP_RST) {
		ending_reset(flow, packet, FLOW_SIDE_CLIENT, packet->seq);
		return flow->state == FLOW_TAIL ? pass_with_farewell(ctx, s, flow, slot, 1)
						: pass_translate(ctx, s, slot, 1);
	}
	if (!packet->length && request_load_pending(s, flow)) {
		splice_note_clock(flow, packet, flow->request.next + s->reading.count);
		return PASS_RESTART;
	}
	if (flow->state == FLOW_SPLICED && packet_seq_end(packet) != packet->seq) {
		verdict = request_receive(ctx, s, flow, slot);
		if (verdict != VERDICT_CONTINUE)
			return verdict;
	}
	ending_note(flow, packet, FLOW_SIDE_CLIENT, packet_seq_end(packet), packet->ack);
	return packet->flags & TCP_FIN ? pass_with_farewell(ctx, s, flow, slot, 1)
				       : pass_before_kept(ctx, s, flow, slot);
}

/* What the pod has acknowledged need not be kept any longer. */
static __always_inline void pass_drop_acknowledged(struct flow *flow)
{
	mark_acknowledged(flow);
	if ((flow->progress & FLOW_HELD) && !(flow->progress & FLOW_SAFE) && !gone_is_unread(flow))
		hold_drop(flow);
}

/* What is read of the pod's segment, and what becomes of its end. VERDICT_CONTINUE: it passes. */
static __always_inline int pass_read_pod(struct packet_context *ctx, struct scratch *s,
					 struct flow *flow, __u32 slot)
{
	int verdict = VERDICT_CONTINUE;

	if (flow->state != FLOW_SPLICED)
		return VERDICT_CONTINUE;
	if (s->packet.length)
		verdict = answer_receive(ctx, s, flow, slot);
	if (verdict == VERDICT_CONTINUE && (s->packet.flags & TCP_FIN))
		verdict = gone_fin(ctx, s, slot);
	return verdict;
}

/* RST of the pod. */
static __always_inline int pass_reset_pod(struct packet_context *ctx, struct scratch *s,
					  struct flow *flow, __u32 slot)
{
	int verdict = VERDICT_CONTINUE;

	if (flow->state == FLOW_SPLICED)
		verdict = gone_reset(ctx, s, slot);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	ending_reset(flow, &s->packet, FLOW_SIDE_POD, answer_seq(flow, s));
	return flow->state == FLOW_TAIL ? pass_with_farewell(ctx, s, flow, slot, 0)
					: pass_translate(ctx, s, slot, 0);
}

/* The pod's segment may make the connection idle: it acknowledges a body that came behind its
 * reply. A request that waits for that begins, as if it came now; the client has nothing to say.
 * What was to leave for the client leaves first. */
static __always_inline int pass_begin_pending(struct packet_context *ctx, struct scratch *s,
					      struct flow *flow, int verdict)
{
	if ((verdict != VERDICT_TO_CLIENT && verdict != VERDICT_POD_END_SWALLOWED) ||
	    !request_load_pending(s, flow))
		return verdict;
	if (s->packet.action != ACTION_DROP)
		way_clone_to_client(ctx, flow);
	s->packet.action = ACTION_DROP;
	s->packet.flags = TCP_ACK; /* its FIN, if any, is not the client's */
	s->reading.ack = flow->client_ack;
	return PASS_RESTART;
}

/* A segment of the pod in use on a joined flow: SPLICED or TAIL. */
static __always_inline int pass_pod_slow(struct packet_context *ctx, struct scratch *s,
					 struct flow *flow, __u32 slot)
{
	struct packet *packet = &s->packet;
	int verdict;

	if (packet->flags & TCP_SYN) /* our ACK was lost: it goes again with the hold */
		return (flow->progress & FLOW_HELD) && gone_is_unread(flow)
			       ? release_from(ctx, s, slot, 0, VERDICT_HOLD_REPEATED)
			       : VERDICT_OUT_OF_WINDOW;
	s->reading.ack = flow->leg.pod_ack;
	splice_note_to_client(flow, packet, packet->ack + flow->leg.e, packet->tsval + flow->leg.t);
	if (packet->flags & TCP_RST)
		return pass_reset_pod(ctx, s, flow, slot);
	verdict = pass_read_pod(ctx, s, flow, slot);
	if (verdict == VERDICT_CONTINUE) {
		splice_note_pod_next(flow, answer_seq(flow, s) + packet->length);
		ending_note(flow, packet, FLOW_SIDE_POD, packet_seq_end(packet) + flow->leg.d,
			    packet->ack + flow->leg.e);
		verdict = packet->flags & TCP_FIN ? pass_with_farewell(ctx, s, flow, slot, 0)
						  : pass_translate(ctx, s, slot, 0);
	}
	pass_drop_acknowledged(flow);
	return pass_begin_pending(ctx, s, flow, verdict);
}

/* Whether the packet may be of a client that starts anew on the tuple of an old flow. */
static __always_inline int pass_may_begin(struct flow *flow, const struct packet *packet)
{
	if ((packet->flags & (TCP_SYN | TCP_RST | TCP_ACK)) != TCP_ACK ||
	    packet->seq == flow->client_first)
		return 0;
	if (flow_syn_seen(flow, packet->now))
		return 1;
	return packet->length && (flow->state == FLOW_TAIL || flow->state == FLOW_CLOSING ||
				  flow->state == FLOW_OVERDUE);
}

/* The packet came by a device of which it is known that its sender is not behind it: behind a veth
 * is one client or pod, and it speaks for nobody else. Both know enough of the other's numbers. */
static __always_inline int pass_is_strange(const struct flow *flow, const struct packet *packet,
					   int side)
{
	const struct flow_leg *leg = &flow->leg;
	int to_pod = side == FLOW_SIDE_CLIENT;
	__u32 own = to_pod ? flow->client_ifindex : leg->ifindex;
	__u8 known = to_pod ? flow->client_flags : leg->flags;

	if (packet->ifindex == own || packet->egress)
		return 0;
	if (packet->ifindex == (to_pod ? leg->ifindex : flow->client_ifindex) &&
	    flow_addresses_differ(&leg->pod, &flow->client)) /* a pod may ask itself */
		known |= to_pod ? leg->flags : flow->client_flags;
	return known & TCP_SIDE_PEER;
}

/* Turns the packet into a RST for the pod of a flow that its client has forgotten. */
__noinline int pass_reset_leg(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);

	if (!s || !flow)
		return VERDICT_INTERNAL;
	park_finish_all(ctx, s, slot);
	release_segment(&s->segment, flow, 0, 0);
	segment_no_options(&s->segment);
	s->segment.seq = leg_expected(flow) - flow->leg.e;
	s->segment.flags = TCP_RST;
	if (segment_write(ctx, s) < 0)
		return VERDICT_INTERNAL;
	s->packet.action = deliver_to_pod(ctx, flow, &flow->leg);
	return VERDICT_OLD_LEG_RESET;
}

/* A client that has proved by a cookie that it starts anew: the old flow makes room. Its pod is
 * told in place of the handshake's ACK, so that no stale connection is in the way of ours. */
__noinline int pass_begin_anew(struct packet_context *ctx, struct scratch *s)
{
	int verdict = VERDICT_ACK_SWALLOWED;
	struct flow *flow;

	if (!s)
		return VERDICT_INTERNAL;
	flow = flow_at(s->packet.slot);
	if (!flow || !flow_claim(flow, s->packet.generation))
		return VERDICT_CONTENDED;
	if (!s->packet.length && flow->state == FLOW_SPLICED)
		verdict = pass_reset_leg(ctx, s, s->packet.slot);
	flow_free_slot(s->packet.slot);
	return s->packet.length ? gather_first(ctx, s) : verdict;
}

static __always_inline int pass_client_claimed(struct packet_context *ctx, struct scratch *s,
					       struct flow *flow, __u32 slot)
{
	struct packet *packet = &s->packet;
	int verdict;

	if (silent_is_dead(flow, packet))
		return silent_leave(ctx, s, slot);
	flow->seen = packet->now;
	if (packet->odd_options && packet_load_options(ctx, s))
		return VERDICT_FLAGS_FORBIDDEN;
	if (flow->state == FLOW_SPLICED && (flow->leg.flags & TCP_SIDE_ENDED)) {
		verdict = gone_after_reset(ctx, s, slot);
		if (verdict != VERDICT_CONTINUE)
			return verdict;
	}
	if (redirect_is_lost(flow, packet))
		return redirect_repeat(ctx, s, slot);
	if (flow->state == FLOW_CLOSING)
		return reply_closing(ctx, s, slot);
	if (flow->state == FLOW_OVERDUE && !(packet->flags & TCP_RST))
		return -VERDICT_HEAD_TIMEOUT;
	if (flow->state == FLOW_SPLICED || flow->state == FLOW_TAIL)
		return pass_client_slow(ctx, s, flow, slot);
	if (packet->flags & TCP_RST) {
		if (packet->seq - flow->client_next <= !!(flow->progress & FLOW_CLIENT_FIN)) {
			park_finish_all(ctx, s, slot);
			flow_free_slot(slot);
		}
		return VERDICT_RST_SWALLOWED;
	}
	if (flow->state == FLOW_WAITING)
		return pass_waiting(ctx, s, slot);
	if ((packet->flags & (TCP_SYN | TCP_ACK)) != TCP_ACK)
		return VERDICT_FLAGS_FORBIDDEN;
	if (packet->odd_options && s->options.forbidden)
		return VERDICT_FLAGS_FORBIDDEN;
	if (!gather_fits(flow, packet))
		return VERDICT_OUT_OF_WINDOW;
	flow->client_window = packet->window;
	if (!seq_after(packet->seq, flow->client_next)) /* RFC 7323 4.3 */
		flow->client_tsval = packet->tsval;
	return flow->state == FLOW_GATHERING ? gather_more(ctx, s, slot)
					     : gather_waiting(ctx, s, slot);
}

/* The claimed way of a client's packet. */
__noinline int pass_from_client(struct packet_context *ctx, struct scratch *s)
{
	struct flow *flow;
	int verdict;

	if (!s)
		return VERDICT_INTERNAL;
	flow = flow_at(s->packet.slot);
	if (!flow || !flow_claim(flow, s->packet.generation))
		return VERDICT_CONTENDED;
	verdict = pass_client_claimed(ctx, s, flow, s->packet.slot);
	if (verdict == PASS_RESTART)
		verdict = request_restart(ctx, s, s->packet.slot);
	verdict = abort_or_reply(ctx, s, s->packet.slot, verdict);
	flow_release(flow, s->packet.generation);
	return verdict;
}

/* The pod answers a SYN that was not ours: on the tuple of a leg that is over, client and pod have
 * begun a connection without us. It is none of ours, and the leg's tuple neither. */
static __always_inline int pass_leave_tuple(struct flow *flow, __u32 slot, __u32 id)
{
	if (id == flow->leg.id && flow->leg.pod_port) {
		flow->switches++;
		leg_end(flow, &flow->leg);
	} else {
		leg_forget(slot, id);
	}
	return VERDICT_NOT_OURS;
}

static __always_inline int pass_is_anothers(const struct flow *flow, const struct packet *packet)
{
	return flow->state == FLOW_TAIL &&
	       (packet->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK);
}

/* The claimed way of a pod's packet. */
__noinline int pass_from_pod(struct packet_context *ctx, struct scratch *s)
{
	struct flow *flow;
	int verdict;

	if (!s)
		return VERDICT_INTERNAL;
	flow = flow_at(s->packet.slot);
	if (!flow || !flow_claim(flow, s->packet.generation))
		return VERDICT_CONTENDED;
	if (s->packet.leg == flow->leg.id && flow->leg.pod_port) /* a parked one keeps no flow */
		flow->seen = s->packet.now;
	if (s->packet.odd_options && packet_load_options(ctx, s))
		verdict = VERDICT_FLAGS_FORBIDDEN;
	else if (pass_is_anothers(flow, &s->packet))
		verdict = pass_leave_tuple(flow, s->packet.slot, s->packet.leg);
	else if (s->packet.leg != flow->leg.id || !flow->leg.pod_port)
		verdict = park_receive(ctx, s, s->packet.slot, s->packet.leg);
	else if (flow->state == FLOW_SPLICED || flow->state == FLOW_TAIL)
		verdict = pass_pod_slow(ctx, s, flow, s->packet.slot);
	else if (flow->state == FLOW_CONNECTING)
		verdict = join_from_pod(ctx, s, flow, s->packet.slot);
	else
		verdict = reset_send(ctx, s, VERDICT_NO_FLOW);
	if (verdict == PASS_RESTART)
		verdict = request_restart(ctx, s, s->packet.slot);
	verdict = abort_or_reply(ctx, s, s->packet.slot, verdict);
	flow_release(flow, s->packet.generation);
	return verdict;
}

#endif
