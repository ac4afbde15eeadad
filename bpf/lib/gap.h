/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Behind a hole in a chunked body nothing can be read, and so nothing passes. Its sender must learn
 * of the hole: one that negotiated SACK (RFC 2018) takes bare duplicate acknowledgements for
 * nothing, and would wait for its timer. So one segment behind the hole is kept, and that one is
 * named in a SACK block. When the hole is filled, the kept segment comes in once more, as if its
 * sender had sent it then. What was dropped is named nowhere; all of it counts as lost to a sender
 * that goes by time (RFC 8985), or by the next holes.
 */
#ifndef PATHROUTE_GAP_H
#define PATHROUTE_GAP_H

#include "http_framing.h"
#include "segment.h"
#include "verify.h"
#include "way.h"

/* Bytes of the packet to keep: one segment as its sender sent it, since part of one does not count
 * for Linux. 0: it is too long. */
static __always_inline __u32 gap_count(struct packet_context *ctx, const struct packet *packet)
{
	__u32 size = packet_gso_size(ctx);

	if (!size || size > packet->length)
		size = packet->length;
	return size <= HOLD_SMALL_SIZE ? size : 0;
}

/* Keeps the first segment of the packet at hand, which begins at `seq`. Negative: it cannot. */
__noinline int gap_fill(struct packet_context *ctx, struct scratch *s, struct hold_small *kept,
			__u32 seq)
{
	__u32 count;

	if (!s || !kept)
		return -1;
	count = gap_count(ctx, &s->packet);
	if (!count || verify_packet(ctx, s) != VERDICT_CONTINUE || verify_take(ctx, s, 0, count))
		return -1;
	kept->start = seq;
	return hold_fill_small(kept, &s->hold, 0, count);
}

/* What is kept behind the hole in the client's bytes, or NULL. */
static __always_inline struct hold_small *gap_of_client(const struct flow *flow)
{
	struct hold_small *kept;

	if (!(flow->progress & FLOW_PENDING))
		return NULL;
	kept = hold_small_at(flow->pending);
	return kept && seq_after(kept->start, flow->request.next) ? kept : NULL;
}

/* The client's packet at hand lies behind a hole: keeps it, if none is kept. A request that waits
 * uses the same hold, but never while a body is read. */
__noinline int gap_keep_client(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct hold_small *kept;

	if (!s || !flow || !(flow->client_flags & TCP_SIDE_SACK) ||
	    !framing_is_chunked(&flow->request) || gap_of_client(flow))
		return -1;
	kept = flow->progress & FLOW_PENDING ? hold_small_at(flow->pending)
					     : hold_take_other(flow, slot, &flow->pending);
	if (!kept)
		return -1;
	flow->progress |= FLOW_PENDING;
	if (!gap_fill(ctx, s, kept, s->packet.seq))
		return 0;
	hold_drop_pending(flow);
	return -1;
}

/* True when the hole in front of the kept segment is filled. */
static __always_inline int gap_client_is_filled(const struct flow *flow)
{
	const struct hold_small *kept;

	if (!(flow->progress & FLOW_PENDING) || !framing_is_chunked(&flow->request))
		return 0;
	kept = hold_small_at(flow->pending);
	return kept && !seq_after(kept->start, flow->request.next);
}

/* True when the kept segment has not passed: its client may have sent it again. */
static __always_inline int gap_client_is_missing(const struct flow *flow)
{
	const struct hold_small *kept = hold_small_at(flow->pending);

	return kept && seq_after(kept->start + kept->length, flow->client_next);
}

/* Builds s->segment with `count` bytes of s->hold in place of the packet. Negative: it cannot. */
__noinline int gap_write(struct packet_context *ctx, struct scratch *s, __u32 count)
{
	__u64 length = count;
	int header;

	if (!s || !LENGTH_FITS(length, HOLD_SMALL_SIZE))
		return -1;
	s->segment.payload_length = length;
	s->segment.payload_sum = checksum_fold32(hold_sum(&s->hold, 0, length));
	header = segment_write(ctx, s);
	if (header < 0)
		return -1;
	return bpf_skb_store_bytes(ctx, header, s->hold.data, length, 0);
}

/* Turns the packet, which is used up, into the client's kept segment, and lets it come in. */
__noinline int gap_repeat_client(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct hold_small *kept;
	__u32 count;

	if (!s || !flow || !(flow->progress & FLOW_PENDING))
		return -1;
	s->packet.action = ACTION_DROP;
	kept = hold_small_at(flow->pending);
	if (!kept)
		return -1;
	count = hold_read_small(&s->hold, kept, 0);
	segment_of_client(&s->segment, flow);
	s->segment.seq = kept->start;
	s->segment.ack = flow->client_ack;
	s->segment.flags |= TCP_PSH;
	hold_drop_pending(flow);
	if (gap_write(ctx, s, count))
		return -1;
	s->packet.action = way_from_client(flow);
	return 0;
}

#endif
