/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP replies of our own, in the packet that asked, and what follows them (RFC 9112 9.6): the
 * flow stays in CLOSING, the client's further data is acknowledged and thrown away, so that no
 * RST of ours destroys the reply before it is read.
 */
#ifndef PATHROUTE_REPLY_H
#define PATHROUTE_REPLY_H

#include "gap.h"
#include "park.h"
#include "way.h"

/* A segment towards the flow's client, without payload. */
static __always_inline void reply_segment(struct segment *segment, const struct flow *flow,
					  __u32 seq, __u8 flags)
{
	segment->source = flow->listener;
	segment->destination = flow->client;
	segment->source_port = flow->listener_port;
	segment->destination_port = flow->client_port;
	__builtin_memcpy(segment->destination_mac, flow->client_mac, 6);
	__builtin_memcpy(segment->source_mac, flow->own_mac, 6);
	segment->seq = seq;
	segment->ack = flow->client_next;
	segment->flags = flags;
	segment->window = flow->client_flags & TCP_SIDE_WSCALE ? CLOSING_WINDOW : SEGMENT_WINDOW;
	segment_no_options(segment);
	if (flow->client_flags & TCP_SIDE_TIMESTAMPS)
		segment_timestamps(segment, flow->tsval, flow->client_tsval);
}

/* Pure ACK to the client of all that we have of it. */
__noinline int reply_acknowledge(struct packet_context *ctx, struct scratch *s, __u32 slot,
				 __u32 seq, __u32 verdict)
{
	struct flow *flow = flow_at(slot);

	if (!s || !flow)
		return VERDICT_INTERNAL;
	reply_segment(&s->segment, flow, seq, TCP_ACK);
	if (segment_write(ctx, s) < 0)
		return VERDICT_INTERNAL;
	flow->client_acked = flow->client_next;
	s->packet.action = way_to_client(flow);
	return verdict;
}

/* FIN to a client that has ended its own side between two requests. */
__noinline int reply_fin(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);

	if (!s || !flow)
		return VERDICT_INTERNAL;
	reply_segment(&s->segment, flow, flow->pod_fin - 1, TCP_FIN | TCP_ACK);
	if (segment_write(ctx, s) < 0)
		return VERDICT_INTERNAL;
	s->packet.action = way_to_client(flow);
	return VERDICT_FIN_ANSWERED;
}

/* Tells the client of a joined flow that bytes in front of its segment are missing: it sees no
 * acknowledgement of the pod for it, and would wait for its timer. */
__noinline int reply_acknowledge_gap(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct hold_small *kept;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	reply_segment(&s->segment, flow, flow->leg.pod_next, TCP_ACK);
	s->segment.ack = seq_max(flow->leg.pod_ack, flow->client_acked);
	kept = gap_of_client(flow);
	if (kept)
		segment_sack(&s->segment, kept->start, kept->start + kept->length);
	if (segment_write(ctx, s) < 0)
		return VERDICT_INTERNAL;
	s->packet.action = way_to_client(flow);
	return VERDICT_DUPLICATE_ACKNOWLEDGED;
}

/* Sends the reply of flow->verdict; the flow is CLOSING. */
__noinline int reply_send(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct reply_template *reply;
	__u32 verdict;
	__u64 length;
	int header;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	verdict = flow->verdict;
	reply = bpf_map_lookup_elem(&replies, &verdict);
	if (!reply)
		return VERDICT_INTERNAL;
	length = flow->progress & FLOW_HEAD_METHOD ? reply->head_length : reply->total_length;
	if (!LENGTH_FITS(length, REPLY_MAX))
		return VERDICT_INTERNAL;
	reply_segment(&s->segment, flow, flow->isn + 1, TCP_FIN | TCP_PSH | TCP_ACK);
	s->segment.payload_length = length;
	s->segment.payload_sum = hold_sum_piece((__u8 *)reply->bytes, length);
	flow->pod_fin = flow->isn + 1 + length + 1;
	account_own(slot, flow, (__u8 *)reply->bytes, length);
	header = segment_write(ctx, s);
	if (header < 0 || bpf_skb_store_bytes(ctx, header, reply->bytes, length, 0))
		return VERDICT_INTERNAL;
	s->packet.action = way_to_client(flow);
	return verdict;
}

/* Answers the client with `verdict` and begins to close. The flow is claimed. */
__noinline int reply_begin(struct packet_context *ctx, struct scratch *s, __u32 slot, __u32 verdict)
{
	struct flow *flow = flow_at(slot);

	if (!s || !flow)
		return VERDICT_INTERNAL;
	leg_end(flow, &flow->leg);
	park_finish_all(ctx, s, slot);
	hold_drop(flow);
	flow->outstanding_count = 0; /* this is the reply */
	if (verdict == VERDICT_TLS_HELLO) {
		flow_enter(flow, FLOW_TAIL, s->packet.now);
		return reset_send(ctx, s, verdict);
	}
	flow_enter(flow, FLOW_CLOSING, s->packet.now);
	flow->verdict = verdict;
	flow->progress |= FLOW_POD_FIN;
	return reply_send(ctx, s, slot);
}

/* Another packet of a client that has had its reply. The flow is claimed and CLOSING. */
__noinline int reply_closing(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct packet *packet;
	__u32 end;
	int repeated;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	packet = &s->packet;
	end = packet_seq_end(packet);
	if (packet->flags & TCP_RST) {
		flow_tail(flow, packet);
		return VERDICT_RST_SWALLOWED;
	}
	if (!seq_before(packet->ack, flow->pod_fin)) {
		flow->progress |= FLOW_POD_FIN_ACKED;
		hold_drop(flow);
	}
	if (packet->flags & TCP_FIN)
		flow->progress |= FLOW_CLIENT_FIN;
	repeated = end != packet->seq && !seq_after(end, flow->client_next);
	flow->client_next = seq_max(flow->client_next, end);
	if (packet->has_timestamps)
		flow->client_tsval = packet->tsval;
	if ((flow->progress & FLOW_CLIENT_FIN) && (flow->progress & FLOW_POD_FIN_ACKED))
		flow_enter(flow, FLOW_TAIL, packet->now);
	if (repeated && !(flow->progress & FLOW_POD_FIN_ACKED))
		return reply_send(ctx, s, slot) == (int)flow->verdict ? VERDICT_REPLY_REPEATED
								      : VERDICT_INTERNAL;
	if (end == packet->seq && packet->seq == flow->client_next)
		return VERDICT_ACK_SWALLOWED;
	return reply_acknowledge(ctx, s, slot, flow->pod_fin, VERDICT_CLOSING_ACKNOWLEDGED);
}

#endif
