/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A pod that goes away. Between requests its client does not hear of it, and the next request opens
 * a leg to another endpoint. A request that no pod can have begun to answer goes to another one:
 * it lies in the hold as long as the pod has not acknowledged it, and if its method is safe until
 * the first byte of the reply.
 */
#ifndef PATHROUTE_GONE_H
#define PATHROUTE_GONE_H

#include "answer.h"
#include "ending.h"
#include "way.h"

#define GONE_REPEATS_MAX 3     /* pods that a request may meet besides the first */
#define GONE_PROBED_TICKS 1000 /* how long a client is probed that acknowledges nothing new */

/* No byte of a reply to the outstanding request has come. */
static __always_inline int gone_unanswered(const struct flow *flow)
{
	return flow->outstanding_count == 1 && flow->reply.phase == FRAMING_HEAD &&
	       !flow->reply.status && !flow->reply.spent && !flow->reply.interims &&
	       !(flow->progress & FLOW_CARRY) && flow->client_ack == flow->reply.next;
}

static __always_inline int gone_is_unread(const struct flow *flow)
{
	return seq_before(flow->leg.pod_ack, flow->client_start + hold_length(flow));
}

/* The held request may go to another pod. If the pod has acknowledged a part of the hold, it may
 * have begun to work on the request, or have answered one in front of it. */
static __always_inline int gone_may_repeat(const struct flow *flow)
{
	if (!(flow->progress & FLOW_HELD) || (flow->progress & FLOW_MARKED) ||
	    framing_is_chunked(&flow->request) || !gone_unanswered(flow) ||
	    flow->request.repeats >= GONE_REPEATS_MAX)
		return 0;
	return (flow->progress & FLOW_SAFE) || !seq_after(flow->leg.pod_ack, flow->client_start);
}

/* Turns the packet into the SYN that carries the held request to another pod than that of the
 * endpoint `failed`. The flow has no leg any more. */
static __always_inline int gone_repeat(struct packet_context *ctx, struct scratch *s,
				       struct flow *flow, __u32 slot, __u32 failed)
{
	flow->request.repeats++;
	flow->isn = flow->reply.next - 1;
	flow->client_next = flow->client_start + hold_length(flow);
	flow->switches++;
	counters_verdict(VERDICT_POD_REPLACED);
	return connect_begin(ctx, s, slot, failed);
}

/* Parks the leg whose pod has sent FIN, which is acknowledged with its own. */
static __always_inline int gone_park(struct packet_context *ctx, struct scratch *s,
				     struct flow *flow, __u32 slot)
{
	__u32 expected = flow->leg.pod_ack - flow->leg.e;
	__u32 id = flow->leg.id;
	struct flow_leg *parked;

	if (leg_park(slot))
		return leg_reset(ctx, s, slot);
	parked = leg_parked(flow, id);
	if (!parked)
		return -1;
	parked->flags |= TCP_SIDE_FIN;
	parked->e = expected;
	parked->d = packet_seq_end(&s->packet);
	return park_tell(ctx, s, slot, id, TCP_FIN | TCP_ACK);
}

/* FIN behind the last reply: the leg takes no more requests. What else the segment says, the client
 * must hear: it may acknowledge the end of a body. */
static __always_inline int gone_fin_idle(struct packet_context *ctx, struct scratch *s,
					 struct flow *flow, __u32 slot)
{
	int acks = s->reading.ack != flow->leg.pod_ack;

	flow->leg.flags |= TCP_SIDE_FIN;
	if (!request_is_idle(flow)) {
		s->packet.flags &= ~TCP_FIN;
		return s->packet.length || acks ? VERDICT_CONTINUE : VERDICT_POD_END_SWALLOWED;
	}
	request_rebase(flow);
	gone_park(ctx, s, flow, slot);
	flow_enter(flow, FLOW_WAITING, s->packet.now);
	s->packet.action = ACTION_DROP;
	return acks ? reply_acknowledge(ctx, s, slot, flow->isn + 1, VERDICT_POD_END_SWALLOWED)
		    : VERDICT_POD_END_SWALLOWED;
}

/* The head of a reply has been read, and not all of a body whose end is known. */
static __always_inline int gone_is_inside(const struct flow *flow)
{
	return !flow->outstanding_count && flow->reply.phase == FRAMING_HEAD && flow->reply.status;
}

/* Requests and replies are complete, though the client may not have acknowledged all of it. */
static __always_inline int gone_is_between(const struct flow *flow)
{
	return !flow->outstanding_count && flow->reply.phase == FRAMING_HEAD &&
	       !flow->reply.status && request_is_whole(flow);
}

/* The pod has sent FIN, and all in front of it was read. VERDICT_CONTINUE: it is the client's. */
__noinline int gone_fin(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	__u32 failed;
	__u32 end;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	end = answer_seq(flow, s) + s->packet.length;
	if ((flow->progress & (FLOW_FINAL | FLOW_CLIENT_FIN | FLOW_POD_FIN)) ||
	    flow->reply.phase == FRAMING_OPAQUE) {
		if (flow->reply.status)
			answer_complete(flow, slot);
		return VERDICT_CONTINUE;
	}
	if (flow->reply.phase == FRAMING_HEAD &&
	    seq_after(end + gone_is_inside(flow), flow->reply.next))
		return answer_gap(ctx, s, slot);
	if (gone_is_between(flow))
		return gone_fin_idle(ctx, s, flow, slot);
	if (gone_may_repeat(flow)) {
		if (!(flow->progress & FLOW_SAFE))
			return VERDICT_POD_END_SWALLOWED; /* RST or an acknowledgement follows */
		flow->isn = flow->reply.next - 1;
		failed = flow->leg.endpoint;
		gone_park(ctx, s, flow, slot);
		return gone_repeat(ctx, s, flow, slot, failed);
	}
	answer_make_final(flow);
	return VERDICT_CONTINUE;
}

/* Turns the packet into a probe of the client, which answers what it has of the reply: it may lack
 * bytes, and would wait for them. */
static __always_inline int gone_probe(struct packet_context *ctx, struct scratch *s,
				      struct flow *flow, __u32 verdict)
{
	reply_segment(&s->segment, flow, flow->client_ack - 1, TCP_ACK);
	s->segment.ack = seq_max(flow->leg.pod_ack, flow->client_acked);
	if (segment_write_probe(ctx, s))
		return VERDICT_INTERNAL;
	s->packet.action = way_to_client(flow);
	return verdict;
}

/* The pod has sent RST. VERDICT_CONTINUE: it is the client's. */
__noinline int gone_reset(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	__u32 failed;
	__u32 seq;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	seq = answer_seq(flow, s);
	if (seq != flow->client_ack && seq != flow->leg.pod_next)
		return VERDICT_CONTINUE;
	if (gone_may_repeat(flow)) {
		failed = flow->leg.endpoint;
		leg_end(flow, &flow->leg);
		return gone_repeat(ctx, s, flow, slot, failed);
	}
	if (request_is_idle(flow)) {
		leg_lost(flow, s->packet.now);
		return VERDICT_POD_END_SWALLOWED;
	}
	if (!gone_is_between(flow) || seq_before(flow->leg.pod_ack, flow->request.next) ||
	    (flow->progress & (FLOW_FINAL | FLOW_CLIENT_FIN | FLOW_POD_FIN)))
		return VERDICT_CONTINUE;
	flow->leg.flags |= TCP_SIDE_ENDED; /* if the client has got all of the reply, it is idle */
	flow->quiet_since = s->packet.now;
	return gone_probe(ctx, s, flow, VERDICT_POD_END_SWALLOWED);
}

/* The client's packet answers our probe: it names the byte as received twice (RFC 2883). All that
 * the pod has sent has come before that, or is lost. Not all clients tell. */
static __always_inline int gone_probe_answered(const struct scratch *s, const struct flow *flow)
{
	if (!(flow->client_flags & TCP_SIDE_SACK) ||
	    (__s32)(s->packet.now - flow->quiet_since) > GONE_PROBED_TICKS)
		return 1;
	return s->packet.odd_options && s->options.sack_at &&
	       seq_before(tcp_options_word(&s->option_bytes[0][s->options.sack_at & 63]),
			  s->packet.ack);
}

/* A client's packet on a leg that was reset behind a whole reply. VERDICT_CONTINUE: the flow is
 * WAITING now, or the client ends it. */
__noinline int gone_after_reset(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	__u32 before;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	before = flow->client_ack;
	s->reading.ack = before;
	if (s->packet.flags & TCP_RST)
		return VERDICT_CONTINUE;
	if (seq_after(s->packet.ack, before) && !seq_after(s->packet.ack, flow->reply.next))
		flow->client_ack = s->packet.ack;
	if (request_is_idle(flow)) {
		leg_lost(flow, s->packet.now);
		return VERDICT_CONTINUE;
	}
	if (flow->client_ack != before)
		flow->quiet_since = s->packet.now;
	if (flow->client_ack != before || !gone_probe_answered(s, flow))
		return gone_probe(ctx, s, flow, VERDICT_CLIENT_PROBED);
	flow->leg.pod_next = before; /* nobody can send again what the client waits for */
	return PASS_ABORT + VERDICT_NO_FLOW;
}

#endif
