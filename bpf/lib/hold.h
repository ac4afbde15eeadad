/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Holds: client bytes that are kept until the pod has acknowledged them.
 *
 * A small hold (2 KiB) takes a request that came whole in one segment; a large one (16 KiB, as
 * much as the window we offer) gathers anything else. Incomplete heads are counted per source
 * address, and refused above a cap.
 */
#ifndef PATHROUTE_HOLD_H
#define PATHROUTE_HOLD_H

#include "flow.h"

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

/* Appends `count` bytes of the packet, from `offset`, to a large hold. The caller has checked
 * that they fit. ret_sum is their checksum part. */
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
		if (bpf_skb_load_bytes(ctx, offset + done, hold_place(hold, at + done), HOLD_CHUNK))
			return -1;
	}
	rest = count & (HOLD_CHUNK - 1);
	if (LENGTH_FITS(rest, HOLD_CHUNK) &&
	    bpf_skb_load_bytes(ctx, offset + count - rest, hold_place(hold, at + count - rest),
			       rest))
		return -1;
	hold->length = at + count;
	return 0;
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

static __always_inline void hold_source_key(const struct flow *flow, struct source_key *ret_key)
{
	int mapped = !flow_is_ipv6(flow);

	ret_key->prefix[0] = flow->client.word[0];
	ret_key->prefix[1] = flow->client.word[1];
	ret_key->prefix[2] = mapped ? flow->client.word[2] : 0;
	ret_key->prefix[3] = mapped ? flow->client.word[3] : 0;
}

/* Counts one incomplete head for the flow's source. False: the source is at its cap. Entries
 * are never deleted, since a deleted one is used again at once; the map forgets the oldest. */
static __always_inline int hold_count_source(struct flow *flow)
{
	struct source fresh = {};
	struct source_key key;
	struct source *source;

	hold_source_key(flow, &key);
	source = bpf_map_lookup_elem(&sources, &key);
	if (!source) {
		bpf_map_update_elem(&sources, &key, &fresh, BPF_NOEXIST);
		source = bpf_map_lookup_elem(&sources, &key);
	}
	if (!source)
		return 1;
	if ((__s32)source->held >= (__s32)settings.source_cap)
		return 0;
	__sync_fetch_and_add(&source->held, 1);
	flow->progress |= FLOW_COUNTED;
	return 1;
}

static __always_inline void hold_forget_source(struct flow *flow)
{
	struct source_key key;
	struct source *source;

	if (!(flow->progress & FLOW_COUNTED))
		return;
	flow->progress &= ~FLOW_COUNTED;
	hold_source_key(flow, &key);
	source = bpf_map_lookup_elem(&sources, &key);
	if (source && (__s32)source->held > 0)
		__sync_fetch_and_add(&source->held, -1);
}

static __always_inline struct hold_small *hold_take_small(struct flow *flow, __u32 slot)
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
	hold->start = flow->client_start;
	flow->hold = index;
	flow->hold_kind = HOLD_SMALL;
	flow->progress |= FLOW_HELD;
	return hold;
}

static __always_inline struct hold_large *hold_take_large(struct flow *flow, __u32 slot, __u32 now)
{
	struct hold_large *hold;
	__u32 index;

	if (bpf_map_pop_elem(&holds_large_free, &index) &&
	    flow_take_fresh(ALLOC_HOLDS_LARGE, settings.holds_large, &index))
		return NULL;
	hold = hold_large_at(index);
	if (!hold)
		return NULL;
	hold->owner = slot;
	hold->generation = flow->generation;
	hold->start = flow->client_start;
	hold->length = 0;
	hold->born = now;
	hold->in_use = 1;
	flow->hold = index;
	flow->hold_kind = HOLD_LARGE;
	flow->progress |= FLOW_HELD;
	return hold;
}

/* Gives the flow's hold back; nothing happens where it has none. */
static __always_inline void hold_drop(struct flow *flow)
{
	__u32 index = flow->hold;
	struct hold_large *hold;

	hold_forget_source(flow);
	if (!(flow->progress & FLOW_HELD))
		return;
	flow->progress &= ~FLOW_HELD;
	if (flow->hold_kind == HOLD_SMALL) {
		bpf_map_push_elem(&holds_small_free, &index, 0);
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
	bpf_map_push_elem(&holds_small_free, &old_index, 0);
	return 0;
}

/* Number of held bytes. */
static __always_inline __u32 hold_length(const struct flow *flow)
{
	struct hold_small *small;
	struct hold_large *large;

	if (!(flow->progress & FLOW_HELD))
		return 0;
	if (flow->hold_kind == HOLD_SMALL) {
		small = hold_small_at(flow->hold);
		return small ? small->length : 0;
	}
	large = hold_large_at(flow->hold);
	return large ? large->length : 0;
}

#endif
