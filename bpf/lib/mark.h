/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Marks: copies of the few bytes that were read inside a chunked request body, kept until the pod
 * has acknowledged them. A segment that is sent again must say the same at these places: otherwise
 * the pod could read other chunks, and so other requests, than we did.
 */
#ifndef PATHROUTE_MARK_H
#define PATHROUTE_MARK_H

#include "hold.h"

#define MARK_BYTES 11
#define MARKS_MAX (HOLD_LARGE_SIZE / 16)

struct http_mark {
	__u32 seq;
	__u8 length;
	__u8 bytes[MARK_BYTES];
};

_Static_assert(sizeof(struct http_mark) == 16, "http_mark is 16 bytes");

static __always_inline struct http_mark *mark_at(struct hold_large *hold, __u32 index)
{
	return (struct http_mark *)&hold
		->data[(index & (MARKS_MAX - 1)) * sizeof(struct http_mark)];
}

/* Takes a large hold for marks, a ring: `owner` counts those that were acknowledged, `length` all,
 * and `start` is the end of the last one. */
static __always_inline struct hold_large *mark_take(struct flow *flow)
{
	struct hold_large *hold = hold_draw_large(&flow->marks);

	if (!hold)
		return NULL;
	hold->owner = 0;
	hold->start = 0;
	hold->in_use = 0; /* it has no head that could be refused */
	flow->progress |= FLOW_MARKED;
	return hold;
}

/* The flow's marks with room for one more, or NULL. */
static __always_inline struct hold_large *mark_room(struct flow *flow)
{
	struct hold_large *hold;

	if (!(flow->progress & FLOW_MARKED))
		return mark_take(flow);
	hold = hold_large_at(flow->marks);
	return hold && hold->length - hold->owner < MARKS_MAX ? hold : NULL;
}

/* Marks `count` bytes at the start of `read`, at most MARK_BYTES, as read from `seq` on. */
__noinline int mark_add(struct hold_large *marks, struct hold_large *read, __u32 seq, __u32 count)
{
	struct http_mark *mark;

	if (!marks || !read || !count)
		return -1;
	mark = mark_at(marks, marks->length);
	mark->seq = seq;
	mark->length = count;
	for (__u32 i = 0; i < MARK_BYTES; i++)
		mark->bytes[i] = read->data[i];
	marks->length++;
	marks->start = seq + count;
	return 0;
}

#define MARKS_PRUNED 64 /* at most by one packet of the pod */

/* Forgets marks that the pod has acknowledged, and gives them back with the last one. */
static __always_inline void mark_acknowledged(struct flow *flow)
{
	struct hold_large *marks;

	if (!(flow->progress & FLOW_MARKED))
		return;
	marks = hold_large_at(flow->marks);
	if (!marks || !seq_before(flow->leg.pod_ack, marks->start)) {
		hold_drop_marks(flow);
		return;
	}
	for (int i = 0; i < MARKS_PRUNED; i++) {
		struct http_mark *mark = mark_at(marks, READ_ONCE(marks->owner));

		if (seq_after(mark->seq + mark->length, flow->leg.pod_ack))
			break;
		WRITE_ONCE(marks->owner, marks->owner + 1);
	}
}

struct mark_check {
	struct packet_context *ctx;
	struct hold_large *marks;
	__u32 seq;   /* of the packet */
	__u32 acked; /* what the pod has acknowledged need not be compared */
	__u32 payload;
	__u32 length;
	__u32 differs;
};

/* Whether the packet says what a mark says, as far as it has those bytes. */
static __always_inline int mark_bytes_differ(const struct mark_check *check,
					     const struct http_mark *mark, __u32 at)
{
	__u8 byte;

	for (__u32 i = 0; i < MARK_BYTES; i++) {
		if (i >= mark->length || at + i >= check->length)
			continue;
		if (bpf_skb_load_bytes(check->ctx, check->payload + at + i, &byte, 1) ||
		    byte != mark->bytes[i])
			return 1;
	}
	return 0;
}

static __noinline long mark_compare(__u32 index, void *data)
{
	struct mark_check *check = data;
	struct http_mark *mark = mark_at(check->marks, check->marks->owner + index);

	if (index >= check->marks->length - check->marks->owner)
		return 1;
	if (!seq_after(mark->seq + mark->length, check->seq) ||
	    !seq_after(mark->seq + mark->length, check->acked) ||
	    !seq_before(mark->seq, check->seq + check->length))
		return 0;
	check->differs = mark_bytes_differ(check, mark, mark->seq - check->seq);
	return check->differs;
}

/* True when the packet at hand repeats bytes that were read, and they are others. */
__noinline int mark_differs(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct mark_check check = {.ctx = ctx};
	struct flow *flow = flow_at(slot);

	if (!s || !flow || !(flow->progress & FLOW_MARKED))
		return 0;
	check.marks = hold_large_at(flow->marks);
	if (!check.marks)
		return 1;
	if (!seq_before(s->packet.seq, check.marks->start)) /* all of it is new */
		return 0;
	check.seq = s->packet.seq;
	check.acked = flow->leg.pod_ack;
	check.payload = s->packet.payload;
	check.length = s->packet.length;
	bpf_loop(MARKS_MAX, mark_compare, &check, 0);
	return check.differs;
}

#endif
