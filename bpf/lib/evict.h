/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * When the large holds are all taken: what can be done without, else the oldest incomplete head of
 * the source that holds most is refused. When the small ones are: what can be done without, else
 * what a source has that holds about half of them. By random samples, which is enough: a flood
 * fills most of what is drawn.
 */
#ifndef PATHROUTE_EVICT_H
#define PATHROUTE_EVICT_H

#include "hold.h"
#include "leg.h"

#define EVICT_SAMPLE 16

/* How many heads the owner's source holds; 0: not one that may be refused. */
static __always_inline __u32 evict_weight(const struct hold_large *hold)
{
	struct flow *flow = flow_at(hold->owner);
	struct source_key key;
	struct source *source;

	if (!hold->in_use || !flow || flow->generation != hold->generation ||
	    flow->state != FLOW_GATHERING)
		return 0;
	hold_source_key(flow, &key);
	source = bpf_map_lookup_elem(&sources, &key);
	return source && (__s32)source->held > 0 ? source->held : 1;
}

static __always_inline void evict_compare(struct evict_choice *best, __u32 index)
{
	struct hold_large *hold = hold_large_at(index);
	__u32 weight = hold ? evict_weight(hold) : 0;

	if (!hold || !weight || weight < best->weight ||
	    (weight == best->weight && !seq_before(hold->born, best->born)))
		return;
	best->weight = weight;
	best->born = hold->born;
	best->index = index;
}

/* Refuses one, whose client is due 408. True if a hold is free now. */
__noinline int evict_one(struct scratch *s)
{
	struct hold_large *hold;
	struct flow *flow;
	__u32 generation;

	if (!s)
		return 0;
	s->evict.weight = 0;
	for (int i = 0; i < EVICT_SAMPLE; i++) {
		barrier();
		evict_compare(&s->evict, bpf_get_prandom_u32() % settings.holds_large);
	}
	hold = s->evict.weight ? hold_large_at(s->evict.index) : NULL;
	flow = hold ? flow_at(hold->owner) : NULL;
	if (!hold || !flow)
		return 0;
	generation = hold->generation;
	if (!flow_claim(flow, generation))
		return 0;
	if (flow->state == FLOW_GATHERING) {
		hold_drop(flow);
		flow_enter(flow, FLOW_OVERDUE, s->packet.now);
		counters_verdict(VERDICT_HOLD_EVICTED);
	}
	flow_release(flow, generation);
	return 1;
}

/* Whether the flow's hold of that kind can be done without: it is empty, or that of a safe request
 * which its pod has acknowledged, kept only so that the request can be repeated. */
static __always_inline int evict_may_take(const struct flow *flow, __u32 kind)
{
	if (!(flow->progress & FLOW_HELD))
		return kind == HOLD_SMALL && flow->hold_kind == HOLD_SPARE;
	return flow->state == FLOW_SPLICED && (flow->progress & FLOW_SAFE) &&
	       flow->hold_kind == kind &&
	       !seq_before(flow->leg.pod_ack, flow->client_start + hold_length(flow));
}

/* Takes a hold from its owner, another flow than ours, which is claimed. */
static __always_inline int evict_from_owner(struct flow *flow, __u32 generation, __u32 index,
					    __u32 kind)
{
	int taken = 0;

	if (!flow || !evict_may_take(flow, kind) || !flow_claim(flow, generation))
		return 0;
	if (flow->hold == index && evict_may_take(flow, kind)) {
		hold_drop(flow);
		hold_drop_spare(flow);
		taken = 1;
	}
	flow_release(flow, generation);
	return taken;
}

/* Makes room when the small holds are all taken, by a random sample as above. True if one is free
 * now. */
__noinline int evict_small(void)
{
	for (int i = 0; i < EVICT_SAMPLE; i++) {
		__u32 index = bpf_get_prandom_u32() % settings.holds_small;
		struct hold_small *hold = hold_small_at(index);

		barrier();
		if (hold &&
		    evict_from_owner(flow_at(hold->owner), hold->generation, index, HOLD_SMALL))
			return 1;
	}
	return 0;
}

/* The same where the large ones are all taken. */
__noinline int evict_large(void)
{
	for (int i = 0; i < EVICT_SAMPLE; i++) {
		__u32 index = bpf_get_prandom_u32() % settings.holds_large;
		struct hold_large *hold = hold_large_at(index);

		barrier();
		if (hold && hold->in_use &&
		    evict_from_owner(flow_at(hold->owner), hold->generation, index, HOLD_LARGE))
			return 1;
	}
	return 0;
}

/* The flow that a random small hold, s->evict.index, was given to. */
static __always_inline struct flow *evict_owner(struct scratch *s)
{
	struct hold_small *hold;
	struct flow *flow;

	s->evict.index = bpf_get_prandom_u32() % settings.holds_small;
	hold = hold_small_at(s->evict.index);
	flow = hold ? flow_at(hold->owner) : NULL;
	return flow && flow->generation == hold->generation ? flow : NULL;
}

/* Of one IPv4 address, or one /64. */
static __always_inline int evict_same_source(const struct flow *one, const struct flow *two)
{
	__u32 differ = (one->client.word[0] ^ two->client.word[0]) |
		       (one->client.word[1] ^ two->client.word[1]);

	if (!flow_is_ipv6(one))
		differ |= (one->client.word[2] ^ two->client.word[2]) |
			  (one->client.word[3] ^ two->client.word[3]);
	return !differ;
}

/* Takes a hold whose bytes were not acknowledged: of a request that waits, or of one whose pod has
 * not answered; that one is refused. */
static __always_inline int evict_unheard(struct flow *flow, __u32 index, __u32 now)
{
	__u32 generation = flow->generation;
	int taken = 1;

	if (!flow_claim(flow, generation))
		return 0;
	if ((flow->progress & FLOW_PENDING) && flow->pending == index) {
		hold_drop_pending(flow);
	} else if (flow->state == FLOW_CONNECTING && (flow->progress & FLOW_HELD) &&
		   flow->hold_kind == HOLD_SMALL && flow->hold == index) {
		hold_drop(flow);
		leg_end(flow, &flow->leg);
		flow_enter(flow, FLOW_OVERDUE, now);
	} else {
		taken = 0;
	}
	flow_release(flow, generation);
	return taken;
}

/* The same when no hold can be done without: a source that has half of them or more, by such a
 * sample, gives one up for the request of any other. */
__noinline int evict_hog(struct scratch *s, __u32 slot)
{
	struct flow *own = flow_at(slot);
	struct flow *hog;

	if (!s || !own)
		return 0;
	hog = evict_owner(s);
	if (!hog || evict_same_source(hog, own))
		return 0;
	s->evict.weight = 0;
	for (int i = 0; i < EVICT_SAMPLE; i++) {
		struct flow *other;

		barrier();
		other = evict_owner(s);
		if (!other || !evict_same_source(hog, other))
			continue;
		s->evict.weight++;
		if (s->evict.weight < EVICT_SAMPLE / 2 ||
		    !evict_unheard(other, s->evict.index, s->packet.now))
			continue;
		counters_verdict(VERDICT_HOLD_EVICTED);
		return 1;
	}
	return 0;
}

static __always_inline struct hold_small *evict_take_small(struct scratch *s, struct flow *flow,
							   __u32 slot)
{
	struct hold_small *hold = hold_take_small(flow, slot);

	if (!hold && (evict_small() || evict_hog(s, slot)))
		hold = hold_take_small(flow, slot);
	return hold;
}

#endif
