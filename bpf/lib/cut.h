/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A segment of which only the first bytes may pass. It is built anew and kept within one MSS: a
 * longer one would leave without segmentation offload. Its sender sends the rest again.
 */
#ifndef PATHROUTE_CUT_H
#define PATHROUTE_CUT_H

#include "splice.h"
#include "verify.h"

#define CUT_PAYLOAD_MAX 1448

static __always_inline void cut_segment(struct segment *segment, const struct flow *flow,
					const struct scratch *s, __u32 to_pod)
{
	const struct splice *splice = &s->splice;

	segment->source = to_pod ? flow->client : flow->listener;
	segment->destination = to_pod ? flow->leg.pod : flow->client;
	segment->source_port = splice->ports;
	segment->destination_port = splice->ports >> 16;
	__builtin_memcpy(segment->destination_mac, s->frame.v4.destination_mac, 6);
	__builtin_memcpy(segment->source_mac, s->frame.v4.source_mac, 6);
	segment->seq = splice->seq;
	segment->ack = splice->ack;
	segment->flags = splice->flags & ~(TCP_FIN | TCP_SYN | TCP_RST);
	segment->window = splice->window;
	segment_no_options(segment);
	if (s->packet.has_timestamps)
		segment_timestamps(segment, splice->tsval, splice->tsecr);
}

static __always_inline __u32 cut_limit(const struct flow *flow, __u32 to_pod)
{
	__u32 limit = (to_pod ? flow->leg.mss : flow->client_mss) - 12;

	return limit < CUT_PAYLOAD_MAX ? limit : CUT_PAYLOAD_MAX;
}

/* Passes the first `keep` bytes of the packet at hand on, or as many of them as fit. How many is
 * in s->reading.kept. */
__noinline int cut_send(struct packet_context *ctx, struct scratch *s, __u32 slot, __u32 keep,
			__u32 to_pod)
{
	struct flow *flow = flow_at(slot);
	__u64 length = keep;
	int header;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	if (length > cut_limit(flow, to_pod))
		length = cut_limit(flow, to_pod);
	s->reading.kept = length;
	s->hold.length = 0;
	if (length && hold_append(ctx, &s->hold, s->packet.payload, length))
		return VERDICT_INTERNAL;
	if (to_pod)
		splice_fill_to_pod(flow, s, &s->splice);
	else
		splice_fill_to_client(flow, s, &s->splice);
	cut_segment(&s->segment, flow, s, to_pod);
	s->segment.payload_length = length;
	s->segment.payload_sum = checksum_fold32(hold_sum(&s->hold, 0, length));
	header = segment_write(ctx, s);
	if (header < 0)
		return VERDICT_INTERNAL;
	if (LENGTH_FITS(length, CUT_PAYLOAD_MAX) &&
	    bpf_skb_store_bytes(ctx, header, s->hold.data, length, 0))
		return VERDICT_INTERNAL;
	splice_count_bytes(flow, length, to_pod);
	if (!to_pod)
		splice_note_pod_next(flow, s->splice.seq + length);
	s->packet.action = to_pod ? deliver_to_pod(ctx, flow, s->splice.ifindex)
				  : bpf_redirect(s->splice.ifindex, 0);
	return to_pod ? VERDICT_TO_POD : VERDICT_TO_CLIENT;
}

#endif
