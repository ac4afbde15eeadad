/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends held bytes to the pod, cut to its MSS: all segments from one packet, each but the last as
 * a clone. Law 1: what we acknowledged stays in the hold until the pod has acknowledged it.
 */
#ifndef PATHROUTE_RELEASE_H
#define PATHROUTE_RELEASE_H

#include "reply.h"
#include "splice.h"

#define RELEASE_PAYLOAD_MAX 1448 /* three pieces of HOLD_CHUNK carry it */
#define RELEASE_SEGMENTS_MAX 36  /* HOLD_LARGE_SIZE at the smallest MSS */

/* HOLD_CHUNK bytes of the flow's hold, `at` bytes behind client_start. */
static __always_inline __u8 *release_piece(const struct flow *flow, __u32 at)
{
	struct hold_small *small;
	struct hold_large *large;

	if (flow->hold_kind == HOLD_SMALL) {
		small = hold_small_at(flow->hold);
		if (!small)
			return NULL;
		at += flow->client_start - small->start;
		return &small->data[at & (HOLD_SMALL_SIZE - 1)];
	}
	large = hold_large_at(flow->hold);
	if (!large)
		return NULL;
	at += flow->client_start - large->start;
	return &large->data[at & (HOLD_LARGE_SIZE - 1)];
}

static __always_inline void release_segment(struct segment *segment, const struct flow *flow,
					    __u32 offset, __u32 count)
{
	const struct flow_leg *leg = &flow->leg;

	segment->source = flow->client;
	segment->destination = leg->pod;
	segment->source_port = leg->source_port;
	segment->destination_port = leg->pod_port;
	__builtin_memcpy(segment->destination_mac, leg->pod_mac, 6);
	__builtin_memcpy(segment->source_mac, leg->own_mac, 6);
	segment->seq = flow->client_start + offset - leg->e;
	segment->ack = flow->client_ack - leg->d;
	segment->flags = TCP_ACK | TCP_PSH;
	segment->window = splice_window_to_pod(flow, &flow->leg, flow->client_window);
	segment_no_options(segment);
	if (leg->flags & TCP_SIDE_TIMESTAMPS)
		segment_timestamps(segment, flow->client_tsval, leg->tsecr_floor);
	segment->payload_length = count;
}

/* Builds the segment of `count` held bytes from `offset` on; `fin` ends the client's side. */
__noinline int release_build(struct packet_context *ctx, struct scratch *s, __u32 slot,
			     __u32 offset, __u32 count)
{
	struct flow *flow = flow_at(slot);
	__u64 sum = 0;
	__u32 done = 0;
	int header;

	if (!s || !flow || count > RELEASE_PAYLOAD_MAX)
		return -1;
	release_segment(&s->segment, flow, offset, count);
	if ((flow->progress & FLOW_CLIENT_FIN) &&
	    flow->client_start + offset + count + 1 == flow->client_fin)
		s->segment.flags |= TCP_FIN;
	for (int i = 0; i < 3; i++) {
		__u8 *bytes = release_piece(flow, offset + done);
		__u64 piece = count - done;

		if (piece > HOLD_CHUNK)
			piece = HOLD_CHUNK;
		if (!bytes || !piece)
			break;
		sum += hold_sum_piece(bytes, piece);
		done += piece;
	}
	s->segment.payload_sum = checksum_fold32(sum);
	header = segment_write(ctx, s);
	if (header < 0)
		return -1;
	for (__u32 i = 0; i < 3; i++) {
		__u8 *bytes = release_piece(flow, offset + HOLD_CHUNK * i);
		__u64 piece = count - HOLD_CHUNK * i;

		if (count <= HOLD_CHUNK * i || !bytes)
			break;
		if (piece > HOLD_CHUNK)
			piece = HOLD_CHUNK;
		if (!LENGTH_FITS(piece, HOLD_CHUNK) ||
		    bpf_skb_store_bytes(ctx, header + HOLD_CHUNK * i, bytes, piece, 0))
			return -1;
	}
	return 0;
}

/* Sends everything from `offset` on. */
__noinline int release_from(struct packet_context *ctx, struct scratch *s, __u32 slot, __u32 offset,
			    __u32 verdict)
{
	struct flow *flow = flow_at(slot);
	__u32 limit;
	__u32 total;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	total = hold_length(flow);
	limit = flow->leg.mss;
	if (flow->leg.flags & TCP_SIDE_TIMESTAMPS)
		limit -= 12;
	if (limit > RELEASE_PAYLOAD_MAX)
		limit = RELEASE_PAYLOAD_MAX;
	for (int i = 0; i < RELEASE_SEGMENTS_MAX; i++) {
		__u32 count = total - offset;

		if (offset >= total)
			break;
		if (count > limit)
			count = limit;
		if (release_build(ctx, s, slot, offset, count))
			return VERDICT_INTERNAL;
		offset += count;
		if (offset < total)
			deliver_clone_to_pod(ctx, flow, flow->leg.ifindex);
	}
	if (!deliver_is_chain() && (flow->leg.flags & TCP_SIDE_PEER))
		splice_redirect_peer(ctx, s, flow->leg.ifindex);
	else
		s->packet.action = deliver_to_pod(ctx, flow, flow->leg.ifindex);
	return verdict;
}

#endif
