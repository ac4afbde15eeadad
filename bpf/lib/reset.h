/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* RST for segments of no connection (RFC 9293 3.10.7.1), limited per CPU. */
#ifndef PATHROUTE_RESET_H
#define PATHROUTE_RESET_H

#include "maps.h"
#include "segment.h"

#define RESET_BURST 1000 /* RSTs that may be sent at once */
#define RESET_PER_TICK 1 /* and how many more each tick (about 1 ms) */

struct reset_bucket {
	__u32 tokens;
	__u32 filled; /* ticks */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reset_bucket);
} reset_buckets SEC(".maps");

static __always_inline int reset_allowed(__u32 now)
{
	__u32 zero = 0;
	struct reset_bucket *bucket = bpf_map_lookup_elem(&reset_buckets, &zero);
	__u32 elapsed;

	if (!bucket)
		return 0;
	elapsed = now - bucket->filled;
	bucket->filled = now;
	if (elapsed > RESET_BURST)
		elapsed = RESET_BURST;
	bucket->tokens += elapsed * RESET_PER_TICK;
	if (bucket->tokens > RESET_BURST)
		bucket->tokens = RESET_BURST;
	if (!bucket->tokens)
		return 0;
	bucket->tokens--;
	return 1;
}

/* Turns the packet into its RST. Yields `verdict`, or why none was sent. */
__noinline int reset_send(struct packet_context *ctx, struct scratch *s, __u32 verdict)
{
	struct segment *segment;
	struct packet *packet;

	if (!s)
		return VERDICT_INTERNAL;
	packet = &s->packet;
	segment = &s->segment;
	if (packet->flags & TCP_RST)
		return VERDICT_RST_SWALLOWED;
	if (!reset_allowed(packet->now))
		return VERDICT_RESET_LIMITED;
	packet_read_macs(ctx, packet);
	segment_turn(segment, packet);
	segment_no_options(segment);
	segment->window = 0;
	if (packet->flags & TCP_ACK) {
		segment->seq = packet->ack;
		segment->ack = 0;
		segment->flags = TCP_RST;
	} else {
		segment->seq = 0;
		segment->ack = packet_seq_end(packet);
		segment->flags = TCP_RST | TCP_ACK;
	}
	if (segment_write(ctx, s) < 0)
		return VERDICT_INTERNAL;
	segment_return(packet);
	return verdict;
}

#endif
