/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Holds: client bytes that are kept until the pod has acknowledged them.
 *
 * A small hold (2 KiB) takes a request that came whole in one segment; a large one (16 KiB, as
 * much as the window we offer) gathers anything else. Incomplete heads are counted per source
 * address, and refused above a cap. Small ones also serve marks, begun lines of replies, and
 * requests that wait.
 */
#ifndef PATHROUTE_HOLD_H
#define PATHROUTE_HOLD_H

#include "flow.h"
#include "hold_source.h"

static __always_inline struct hold_large *hold_large_at(__u32 index)
{
	return bpf_map_lookup_elem(&holds_large, &index);
}

static __always_inline struct hold_small *hold_small_at(__u32 index)
{
	return bpf_map_lookup_elem(&holds_small, &index);
}

/* HOLD_CHUNK bytes may be used behind the place, and 8 more. */
static __always_inline __u8 *hold_place(struct hold_large *hold, __u32 at)
{
	return &hold->data[at & (HOLD_LARGE_SIZE - 1)];
}

/* Sum of at most HOLD_CHUNK bytes, which need not be a multiple of 4. */
static __always_inline __u32 hold_sum_piece(const __u8 *bytes, __u32 count)
{
	__u64 sum = (__u32)bpf_csum_diff(NULL, 0, (__be32 *)bytes, count & 0x3fc, 0);
	__u32 odd = count & 3;
	__u32 tail;

	if (odd) {
		tail = *(volatile const __u32 *)(bytes + (count & 0x1fc));
		sum += tail & (0xffffffffU >> (32 - 8 * odd));
	}
	return checksum_fold32(sum);
}

/* Appends `count` bytes of the packet, from `offset`, to a large hold. Negative: they do not fit,
 * or cannot be read. */
__noinline int hold_append(struct packet_context *ctx, struct hold_large *hold, __u32 offset,
			   __u32 count)
{
	__u64 rest;
	__u32 at;

	if (!hold)
		return -1;
	at = hold->length;
	if (count > HOLD_LARGE_SIZE || at > HOLD_LARGE_SIZE || at + count > HOLD_LARGE_SIZE)
		return -1;
	for (__u32 done = 0; done < HOLD_LARGE_SIZE; done += HOLD_CHUNK) {
		if (count < done + HOLD_CHUNK)
			break;
		if (packet_load(ctx, offset + done, hold_place(hold, at + done), HOLD_CHUNK))
			return -1;
	}
	rest = count & (HOLD_CHUNK - 1);
	if (LENGTH_FITS(rest, HOLD_CHUNK) &&
	    packet_load(ctx, offset + count - rest, hold_place(hold, at + count - rest), rest))
		return -1;
	hold->length = at + count;
	return 0;
}

#define HOLD_COPY_STEP 64 /* bytes */

struct hold_copying {
	struct hold_large *to;
	struct hold_large *from;
	__u32 count;
	__u32 pad;
};

static __noinline long hold_copy_step(__u32 index, void *data)
{
	struct hold_copying *copying = data;
	__u32 at = index * HOLD_COPY_STEP;

	if (at >= copying->count)
		return 1;
	for (int i = 0; i < HOLD_COPY_STEP; i += 8)
		*(__u64 *)hold_place(copying->to, at + i) =
			*(__u64 *)hold_place(copying->from, at + i);
	return 0;
}

/* Copies the first `count` bytes of one large hold to another. */
__noinline int hold_copy(struct hold_large *to, struct hold_large *from, __u32 count)
{
	struct hold_copying copying = {.to = to, .from = from, .count = count};

	if (!to || !from)
		return -1;
	bpf_loop(HOLD_LARGE_SIZE / HOLD_COPY_STEP, hold_copy_step, &copying, 0);
	to->length = count;
	return 0;
}

/* Copies `count` bytes from `at` on to a small hold, as many of them as fit. */
__noinline int hold_fill_small(struct hold_small *to, struct hold_large *from, __u32 at,
			       __u32 count)
{
	if (!to || !from)
		return -1;
	for (__u32 i = 0; i < HOLD_SMALL_SIZE; i += 8) {
		if (i >= count)
			break;
		*(__u64 *)&to->data[i] = load_word(hold_place(from, at + i));
	}
	to->length = count < HOLD_SMALL_SIZE ? count : HOLD_SMALL_SIZE;
	return 0;
}

/* Copies what a small hold has from `at` on to the start of a large one. Yields how much it is. */
__noinline int hold_read_small(struct hold_large *to, struct hold_small *from, __u32 at)
{
	__u32 count;

	if (!to || !from || at >= from->length)
		return 0;
	count = from->length - at;
	for (__u32 i = 0; i < HOLD_SMALL_SIZE; i += 8) {
		if (i >= count)
			break;
		*(__u64 *)&to->data[i] = load_word(&from->data[(at + i) & (HOLD_SMALL_SIZE - 1)]);
	}
	return count;
}

/* Sum of `count` bytes at `from`, which must be even. */
__noinline __u64 hold_sum(struct hold_large *hold, __u32 from, __u32 count)
{
	__u64 sum = 0;
	__u32 rest;

	if (!hold)
		return 0;
	for (__u32 done = 0; done < HOLD_LARGE_SIZE; done += HOLD_CHUNK) {
		if (count < done + HOLD_CHUNK)
			break;
		sum += (__u32)bpf_csum_diff(NULL, 0, (__be32 *)hold_place(hold, from + done),
					    HOLD_CHUNK, 0);
	}
	rest = count & (HOLD_CHUNK - 1);
	return sum + hold_sum_piece(hold_place(hold, from + count - rest), rest);
}

/* Gives back the small hold that was kept for the next request, if there is one. */
static __always_inline void hold_drop_spare(struct flow *flow)
{
	__u32 index = flow->hold;

	if (flow->hold_kind != HOLD_SPARE)
		return;
	flow->hold_kind = HOLD_SMALL;
	bpf_map_push_elem(&holds_small_free, &index, 0);
}

/* Draws a large hold that nobody has; NULL: all are taken. */
static __always_inline struct hold_large *hold_draw_large(__u32 *ret_index)
{
	struct hold_large *hold;
	__u32 index;

	if (bpf_map_pop_elem(&holds_large_free, &index) &&
	    flow_take_fresh(ALLOC_HOLDS_LARGE, settings.holds_large, &index))
		return NULL;
	hold = hold_large_at(index);
	if (!hold)
		return NULL;
	hold->length = 0;
	*ret_index = index;
	return hold;
}

static __always_inline struct hold_large *hold_take_large(struct flow *flow, __u32 slot, __u32 now)
{
	struct hold_large *hold;

	hold_drop_spare(flow);
	hold = hold_draw_large(&flow->hold);
	if (!hold)
		return NULL;
	hold->owner = slot;
	hold->generation = flow->generation;
	hold->start = flow->client_start;
	hold->born = now;
	hold->in_use = 1;
	flow->hold_kind = HOLD_LARGE;
	flow->progress |= FLOW_HELD;
	return hold;
}

/* Takes a small hold that is not the flow's own: for marks, a line of a reply, a request that
 * waits. */
static __always_inline struct hold_small *hold_take_other(struct flow *flow, __u32 slot,
							  __u32 *ret_index)
{
	struct hold_small *hold;
	__u32 index;

	if (bpf_map_pop_elem(&holds_small_free, &index) &&
	    flow_take_fresh(ALLOC_HOLDS_SMALL, settings.holds_small, &index))
		return NULL;
	hold = hold_small_at(index);
	if (!hold)
		return NULL;
	hold->owner = slot;
	hold->generation = flow->generation;
	hold->start = 0;
	hold->length = 0;
	*ret_index = index;
	return hold;
}

static __always_inline void hold_drop_marks(struct flow *flow)
{
	__u32 index = flow->marks;

	if (!(flow->progress & FLOW_MARKED))
		return;
	flow->progress &= ~FLOW_MARKED;
	bpf_map_push_elem(&holds_large_free, &index, 0);
}

static __always_inline void hold_drop_carry(struct flow *flow)
{
	__u32 index = flow->carry;

	if (!(flow->progress & FLOW_CARRY))
		return;
	flow->progress &= ~FLOW_CARRY;
	bpf_map_push_elem(&holds_small_free, &index, 0);
}

static __always_inline void hold_drop_pending(struct flow *flow)
{
	__u32 index = flow->pending;

	if (!(flow->progress & FLOW_PENDING))
		return;
	flow->progress &= ~FLOW_PENDING;
	bpf_map_push_elem(&holds_small_free, &index, 0);
}

/* Marks and carry: what belongs to messages under way. */
static __always_inline void hold_drop_others(struct flow *flow)
{
	hold_drop_marks(flow);
	hold_drop_carry(flow);
}

static __always_inline struct hold_small *hold_take_small(struct flow *flow, __u32 slot)
{
	struct hold_small *hold;

	if (flow->hold_kind == HOLD_SPARE) {
		hold = hold_small_at(flow->hold);
		if (hold)
			hold->length = 0;
	} else {
		hold = hold_take_other(flow, slot, &flow->hold);
	}
	if (!hold)
		return NULL;
	hold->start = flow->client_start;
	flow->hold_kind = HOLD_SMALL;
	flow->progress |= FLOW_HELD;
	return hold;
}

/* Gives the flow's hold back; nothing happens where it has none. After a later request
 * a small one is kept for the next: queues are slow, and where all holds are taken, evict_small()
 * takes those that are kept. */
static __always_inline void hold_drop(struct flow *flow)
{
	__u32 index = flow->hold;
	struct hold_large *hold;

	hold_forget_source(flow);
	if (!(flow->progress & FLOW_HELD))
		return;
	flow->progress &= ~(FLOW_HELD | FLOW_SAFE);
	if (flow->hold_kind == HOLD_SMALL) {
		flow->hold_kind = HOLD_SPARE;
		if (flow->state != FLOW_SPLICED || flow->client_start == flow->client_first)
			hold_drop_spare(flow);
		return;
	}
	hold = hold_large_at(index);
	if (hold)
		hold->in_use = 0;
	bpf_map_push_elem(&holds_large_free, &index, 0);
}

/* Moves a small hold's bytes to a large one, so that more can be appended. */
__noinline int hold_promote(__u32 slot, __u32 now)
{
	struct flow *flow = flow_at(slot);
	struct hold_small *small;
	struct hold_large *large;
	__u32 old_index;

	if (!flow)
		return -1;
	old_index = flow->hold;
	small = hold_small_at(old_index);
	large = small ? hold_take_large(flow, slot, now) : NULL;
	if (!small || !large)
		return -1;
	for (int i = 0; i < HOLD_SMALL_SIZE; i += 8)
		*(__u64 *)&large->data[i] = *(__u64 *)&small->data[i];
	large->length = small->length;
	large->start = small->start;
	bpf_map_push_elem(&holds_small_free, &old_index, 0);
	return 0;
}

/* Keeps only the first `length` bytes from client_start on. */
static __always_inline void hold_cut(const struct flow *flow, __u32 length)
{
	struct hold_small *small;
	struct hold_large *large;

	if (flow->hold_kind == HOLD_SMALL) {
		small = hold_small_at(flow->hold);
		if (small)
			small->length = length + flow->client_start - small->start;
		return;
	}
	large = hold_large_at(flow->hold);
	if (large)
		large->length = length + flow->client_start - large->start;
}

/* Number of held bytes from client_start on. */
static __always_inline __u32 hold_length(const struct flow *flow)
{
	struct hold_small *small;
	struct hold_large *large;

	if (!(flow->progress & FLOW_HELD))
		return 0;
	if (flow->hold_kind == HOLD_SMALL) {
		small = hold_small_at(flow->hold);
		return small ? small->length + small->start - flow->client_start : 0;
	}
	large = hold_large_at(flow->hold);
	return large ? large->length + large->start - flow->client_start : 0;
}

#endif
