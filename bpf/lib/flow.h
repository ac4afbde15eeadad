/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flow table: slots with generations, reached through the index by either tuple.
 *
 * Two CPUs may hold packets of one flow. Everything but the translation of spliced segments is
 * done by the CPU that has claimed the flow (FLOW_BUSY); the other one drops its packet, and TCP
 * sends it again. A claim lasts for one packet, so nothing can be left claimed. The spin lock
 * guards only the claim: helpers may not be called under it.
 */
#ifndef PATHROUTE_FLOW_H
#define PATHROUTE_FLOW_H

#include "config.h"
#include "counters.h"
#include "packet.h"
#include "seq.h"

static __always_inline struct flow *flow_at(__u32 slot)
{
	return bpf_map_lookup_elem(&flow_slots, &slot);
}

/* True when the slot still holds that generation and is now ours until flow_release(). */
static __always_inline int flow_claim(struct flow *flow, __u32 generation)
{
	int claimed = 0;

	bpf_spin_lock(&flow->lock);
	if (flow->generation == generation && flow->state != FLOW_FREE &&
	    !(flow->progress & FLOW_BUSY)) {
		flow->progress |= FLOW_BUSY;
		claimed = 1;
	}
	bpf_spin_unlock(&flow->lock);
	return claimed;
}

/* Ends a claim; a slot that was freed meanwhile is no longer ours to touch. No lock: only who has
 * claimed a flow changes its progress, or frees it. */
static __always_inline void flow_release(struct flow *flow, __u32 generation)
{
	if (READ_ONCE(flow->generation) == generation)
		WRITE_ONCE(flow->progress, flow->progress & ~FLOW_BUSY);
}

#define FLOW_SYN_SHIFT 8
#define FLOW_SYN_KEPT 240 /* a minute */

/* A SYN came for the flow's tuple: for a while its client's packets are checked for a cookie. A
 * field of its own, so that no claim is needed: a forged SYN must not disturb the flow. */
static __always_inline void flow_note_syn(struct flow *flow, __u32 now)
{
	flow->syn_seen = now >> FLOW_SYN_SHIFT | 1;
}

static __always_inline int flow_syn_seen(struct flow *flow, __u32 now)
{
	__u16 age;

	if (!flow->syn_seen)
		return 0;
	age = (__u16)(now >> FLOW_SYN_SHIFT | 1) - flow->syn_seen;
	if (age > FLOW_SYN_KEPT)
		flow->syn_seen = 0;
	return age <= FLOW_SYN_KEPT;
}

/* Takes a slot that was never used before, where the free list has none. */
static __always_inline int flow_take_fresh(__u32 pool, __u32 limit, __u32 *ret_slot)
{
	struct alloc_mark *mark = bpf_map_lookup_elem(&alloc, &pool);
	__u32 slot;

	if (!mark)
		return -1;
	bpf_spin_lock(&mark->lock);
	slot = mark->high_water;
	if (slot < limit)
		mark->high_water = slot + 1;
	bpf_spin_unlock(&mark->lock);
	if (slot >= limit)
		return -1;
	*ret_slot = slot;
	return 0;
}

static __always_inline void flow_enter(struct flow *flow, __u32 state, __u32 now)
{
	counters_state(flow->state, -1);
	counters_state(state, 1);
	flow->state = state;
	flow->born = now;
}

static __always_inline int flow_is_ipv6(const struct flow *flow)
{
	return flow->client.word[0] || flow->client.word[1] ||
	       flow->client.word[2] != bpf_htonl(0xffff);
}

static __always_inline int flow_addresses_differ(const struct ip_address *one,
						 const struct ip_address *two)
{
	return (one->word[0] ^ two->word[0]) | (one->word[1] ^ two->word[1]) |
	       (one->word[2] ^ two->word[2]) | (one->word[3] ^ two->word[3]);
}

/* The tuple of the client's packets. */
static __always_inline void flow_client_key(const struct flow *flow, struct flow_key *ret_key)
{
	ret_key->source = flow->client;
	ret_key->destination = flow->listener;
	ret_key->source_port = flow->client_port;
	ret_key->destination_port = flow->listener_port;
}

/* The tuple of the packets of a leg's pod. */
static __always_inline void flow_leg_key(const struct flow_leg *leg, struct flow_key *ret_key)
{
	ret_key->source = leg->pod;
	ret_key->destination = leg->source;
	ret_key->source_port = leg->pod_port;
	ret_key->destination_port = leg->source_port;
}

/* Here and below: Linux 6.1 takes keys on the stack or in a map only, no argument of a function. */
static __always_inline int flow_index(const struct flow_key *key, __u32 slot, __u32 tag)
{
	struct flow_ref ref = {.slot = slot, .tag = tag};

	return bpf_map_update_elem(&flows, key, &ref, BPF_NOEXIST);
}

/* The flow that a tuple leads to. The entry is read in one piece: it may be another's already. */
static __always_inline struct flow *flow_find(const struct flow_key *key, struct flow_ref *ret_ref)
{
	const volatile __u64 *found = bpf_map_lookup_elem(&flows, key);
	struct flow *flow;
	__u64 word;

	if (!found)
		return NULL;
	word = *found;
	ret_ref->slot = (__u32)word;
	ret_ref->tag = word >> 32;
	flow = flow_at(ret_ref->slot);
	return flow && flow->generation == FLOW_TAG_GENERATION(ret_ref->tag) ? flow : NULL;
}

/* See "ports_used". */
static __always_inline int flow_port_used(enum ports_kind kind, __be16 port)
{
	__u32 index = PORTS_USED_WORD(kind, port);
	__u64 *word = bpf_map_lookup_elem(&ports_used, &index);

	return word && *word & PORTS_USED_BIT(port);
}

/* The listener that a packet is for. */
static __always_inline struct listener *flow_find_listener(const struct packet *packet)
{
	struct listener_key key = {
		.address = packet->key.destination,
		.port = packet->key.destination_port,
	};

	return bpf_map_lookup_elem(&listeners, &key);
}

/* The endpoint no longer carries this leg. */
static __always_inline void flow_leave_endpoint(struct flow_leg *leg)
{
	struct endpoint_stats *stats;
	__u32 id = leg->endpoint;

	if (!id)
		return;
	leg->endpoint = 0;
	stats = bpf_map_lookup_elem(&endpoint_stats, &id);
	if (stats)
		__sync_fetch_and_add(&stats->active, -1);
}

/* Takes the pod's tuple out of the index; `pod_port` 0 means that it is not there. */
static __always_inline void flow_drop_leg(struct flow_leg *leg)
{
	struct flow_key key;

	if (!leg->pod_port)
		return;
	flow_leg_key(leg, &key);
	bpf_map_delete_elem(&flows, &key);
	leg->pod_port = 0;
}

#endif
