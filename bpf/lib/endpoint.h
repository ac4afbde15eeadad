/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Choice of an endpoint: a group by weight, in the group by the rule's algorithm. Endpoints that
 * failed repeatedly are passed over for a growing time; when none else is found among the next
 * ENDPOINT_HOPS, an ejected one is taken, so that ejection never empties a group.
 */
#ifndef PATHROUTE_ENDPOINT_H
#define PATHROUTE_ENDPOINT_H

#include "flow.h"
#include "siphash.h"

#define ENDPOINT_HOPS 8
#define ENDPOINT_TRIES_MAX 8       /* endpoints tried for one request */
#define ENDPOINT_EJECT_AFTER 3     /* failures in a row */
#define ENDPOINT_EJECT_SHIFT_MAX 6 /* longest ejection: 2^6 s */

static __always_inline struct endpoint_stats *endpoint_stats_at(__u32 id)
{
	return bpf_map_lookup_elem(&endpoint_stats, &id);
}

static __always_inline __u32 endpoint_member(__u32 index)
{
	__u32 *id = bpf_map_lookup_elem(&members, &index);

	return id ? *id : 0;
}

static __always_inline int endpoint_ejected(__u32 id, __u32 now)
{
	struct endpoint_stats *stats = endpoint_stats_at(id);

	return stats && stats->ejected_until && seq_before(now, stats->ejected_until);
}

static __always_inline __u32 endpoint_active(__u32 id)
{
	struct endpoint_stats *stats = endpoint_stats_at(id);

	return stats ? stats->active : 0;
}

static __always_inline void endpoint_failed(__u32 id, __u32 now)
{
	struct endpoint_stats *stats = endpoint_stats_at(id);
	__u32 shift;

	if (!stats)
		return;
	__sync_fetch_and_add(&stats->failures, 1);
	stats->failed_row++;
	if (stats->failed_row < ENDPOINT_EJECT_AFTER)
		return;
	shift = stats->ejections < ENDPOINT_EJECT_SHIFT_MAX ? stats->ejections
							    : ENDPOINT_EJECT_SHIFT_MAX;
	stats->ejections = shift + 1;
	stats->ejected_until = (now + (1024U << shift)) | 1;
	stats->failed_row = 0;
}

static __always_inline void endpoint_succeeded(__u32 id)
{
	struct endpoint_stats *stats = endpoint_stats_at(id);

	if (!stats)
		return;
	__sync_fetch_and_add(&stats->connections, 1);
	if (stats->failed_row | stats->ejections) {
		stats->failed_row = 0;
		stats->ejections = 0;
		stats->ejected_until = 0;
	}
}

static __always_inline __u32 endpoint_client_hash(const struct flow *flow)
{
	struct siphash state;

	siphash_init(&state, 1, 2);
	siphash_word(&state, (__u64)flow->client.word[0] << 32 | flow->client.word[1]);
	siphash_word(&state, (__u64)flow->client.word[2] << 32 | flow->client.word[3]);
	return siphash_end(&state);
}

/* Least requests of two: both random, the less loaded wins. */
static __always_inline __u32 endpoint_of_two(const struct rule_group *group, __u32 count)
{
	__u32 one = bpf_get_prandom_u32() % count;
	__u32 two = bpf_get_prandom_u32() % count;

	if (endpoint_active(endpoint_member(group->first + two)) <
	    endpoint_active(endpoint_member(group->first + one)))
		return two;
	return one;
}

static __always_inline __u32 endpoint_index(const struct flow *flow, struct rule_set *set,
					    const struct rule_group *group, __u32 algorithm)
{
	__u32 count = group->count;

	if (count < 2)
		return 0;
	if (algorithm == BALANCE_ROUND_ROBIN) {
		__sync_fetch_and_add(&set->next, 1);
		return READ_ONCE(set->next) % count;
	}
	if (algorithm == BALANCE_CLIENT_IP)
		return endpoint_client_hash(flow) % count;
	if (algorithm == BALANCE_LEAST_REQUESTS)
		return endpoint_of_two(group, count);
	return bpf_get_prandom_u32() % count;
}

/* Draws a group by weight, into leg.group. The index goes through memory: in a register it would
 * be ROUTE_GROUPS_MAX states to the verifier. */
static __always_inline int endpoint_draw(struct flow *flow, const struct rule_set *set)
{
	__u32 last = set->group_count - 1;
	__u32 drawn = flow->leg.drawn;
	__u32 ticket;

	flow->leg.drawn = 0;
	flow->leg.group_tried = 0;
	flow->leg.groups_tried = 1;
	if (last >= ROUTE_GROUPS_MAX || !set->group[last].weight_end)
		return -1;
	if (drawn && drawn <= set->group_count) {
		flow->leg.group = drawn - 1;
		return 0;
	}
	ticket = bpf_get_prandom_u32() % set->group[last].weight_end;
	for (__u32 i = 0; i < ROUTE_GROUPS_MAX; i++) {
		WRITE_ONCE(flow->leg.group, i);
		if (ticket < set->group[i].weight_end)
			break;
	}
	return 0;
}

/* From position `start` of a group on, the first endpoint that is neither `failed` nor ejected; or
 * the last that is not `failed`. */
__noinline int endpoint_walk(__u32 slot, const struct rule_group *group, __u32 start, __u32 failed)
{
	struct flow *flow = flow_at(slot);

	if (!flow || !group)
		return VERDICT_INTERNAL;
	flow->leg.endpoint = 0;
	flow->leg.group_tried++;
	for (__u32 i = 0; i < ENDPOINT_HOPS; i++) {
		__u32 index = (start + i) % (READ_ONCE(group->count) | !group->count);
		__u32 id = endpoint_member(group->first + index);

		if (!id || id == failed)
			continue;
		WRITE_ONCE(flow->leg.endpoint, id);
		WRITE_ONCE(flow->leg.member, index);
		if (!endpoint_ejected(id, flow->seen))
			break;
	}
	return flow->leg.endpoint ? VERDICT_CONTINUE : VERDICT_NO_ENDPOINT;
}

/* The next group that has endpoints, when those of the present one have failed. */
static __always_inline int endpoint_next_group(struct flow *flow, const struct rule_set *set)
{
	for (__u32 i = 0; i < ROUTE_GROUPS_MAX; i++) {
		const struct rule_group *group;
		__u32 index;

		barrier();
		if (flow->leg.groups_tried >= set->group_count)
			return -1;
		flow->leg.groups_tried++;
		flow->leg.group_tried = 0;
		index = flow->leg.group + 1;
		WRITE_ONCE(flow->leg.group, index < set->group_count ? index : 0);
		group = &set->group[READ_ONCE(flow->leg.group) & (ROUTE_GROUPS_MAX - 1)];
		if (group->count && !(group->flags & GROUP_MISSING))
			return 0;
	}
	return -1;
}

static __always_inline struct rule_group *endpoint_group(const struct flow *flow,
							 struct rule_set *set)
{
	return &set->group[READ_ONCE(flow->leg.group) & (ROUTE_GROUPS_MAX - 1)];
}

/* Another endpoint than the one that failed: of its group, then of the others. */
static __always_inline int endpoint_retry(struct flow *flow, struct rule_set *set, __u32 slot,
					  __u32 failed)
{
	struct rule_group *group = endpoint_group(flow, set);

	if (flow->leg.group_tried < group->count &&
	    endpoint_walk(slot, group, flow->leg.member + 1, failed) == VERDICT_CONTINUE)
		return VERDICT_CONTINUE;
	if (endpoint_next_group(flow, set))
		return VERDICT_ENDPOINTS_FAILED;
	group = endpoint_group(flow, set);
	if (endpoint_walk(slot, group, bpf_get_prandom_u32() % (group->count | !group->count),
			  failed) == VERDICT_CONTINUE)
		return VERDICT_CONTINUE;
	return VERDICT_ENDPOINTS_FAILED;
}

/* The set of the flow's rule for its address family. */
static __always_inline struct rule_set *endpoint_set(const struct flow *flow,
						     const struct rule *rule)
{
	__u32 index = flow_is_ipv6(flow) ? rule->set[1] : rule->set[0];

	return index ? bpf_map_lookup_elem(&rule_sets, &index) : NULL;
}

/* Sets flow->leg.endpoint and .member for flow->rule. `failed`: the endpoint that did not answer,
 * which is not taken; 0 at first. By position it is gone on in the set in which that was found, any
 * other is drawn from. Yields VERDICT_CONTINUE or the reply for the client. */
__noinline int endpoint_choose(__u32 slot, __u32 failed)
{
	struct flow *flow = flow_at(slot);
	struct rule_group *group;
	struct rule_set *set;
	struct rule *rule;
	int known;
	__u32 id;

	if (!flow)
		return VERDICT_INTERNAL;
	id = flow->rule;
	rule = bpf_map_lookup_elem(&rules, &id);
	set = rule ? endpoint_set(flow, rule) : NULL;
	if (!rule || !set)
		return VERDICT_NO_ENDPOINT;
	known = flow->leg.rule == id && flow->leg.set_version == set->version;
	flow->leg.rule = id;
	flow->leg.set_version = set->version;
	if (failed && known)
		return endpoint_retry(flow, set, slot, failed);
	if (endpoint_draw(flow, set))
		return VERDICT_NO_ENDPOINT;
	group = endpoint_group(flow, set);
	if (group->flags & GROUP_MISSING)
		return VERDICT_BACKEND_MISSING;
	if (!group->count)
		return VERDICT_NO_ENDPOINT;
	return endpoint_walk(slot, group, endpoint_index(flow, set, group, rule->algorithm),
			     failed);
}

#define ENDPOINT_WALK_MAX 4096 /* members looked through for an endpoint */

struct endpoint_search {
	struct rule_set *set;
	__u32 endpoint;
	__u32 group;
	__u32 at;
	__u32 found;
};

static __noinline long endpoint_search_step(__u32 index, void *data)
{
	struct endpoint_search *search = data;
	struct rule_group *group = &search->set->group[search->group & (ROUTE_GROUPS_MAX - 1)];

	(void)index;
	if (search->group >= search->set->group_count)
		return 1;
	if (search->at >= group->count) {
		search->group++;
		search->at = 0;
		return 0;
	}
	search->found = endpoint_member(group->first + search->at) == search->endpoint;
	search->at++;
	return search->found;
}

/* Looks for the leg's endpoint in a set that has changed, and notes its group. */
__noinline int endpoint_search(__u32 slot, struct rule_set *set)
{
	struct endpoint_search search = {.set = set};
	struct flow *flow = flow_at(slot);

	if (!flow || !set)
		return 0;
	search.endpoint = flow->leg.endpoint;
	bpf_loop(ENDPOINT_WALK_MAX, endpoint_search_step, &search, 0);
	if (search.found) {
		flow->leg.set_version = set->version;
		flow->leg.group = search.group;
	}
	return search.found;
}

/* Weights choose again at each request: draws a group for it, and tells whether it is the leg's. */
static __always_inline int endpoint_draw_again(struct flow *flow, const struct rule_set *set)
{
	__u8 group = flow->leg.group;

	if (set->group_count < 2)
		return 1;
	if (!flow->leg.drawn) {
		if (endpoint_draw(flow, set))
			return 0;
		flow->leg.drawn = flow->leg.group + 1;
		flow->leg.group = group;
	}
	return flow->leg.drawn == group + 1;
}

/* True when the leg's endpoint may take a request of the rule. What was drawn for the request
 * stays in leg.drawn. */
__noinline int endpoint_serves(__u32 slot, __u32 rule_id)
{
	struct flow *flow = flow_at(slot);
	struct rule_set *set;
	struct rule *rule;

	if (!flow || flow->leg.rule != rule_id ||
	    (flow->leg.flags & (TCP_SIDE_FIN | TCP_SIDE_ENDED)))
		return 0;
	rule = bpf_map_lookup_elem(&rules, &rule_id);
	set = rule ? endpoint_set(flow, rule) : NULL;
	if (!rule || !set || rule->action != RULE_BACKENDS)
		return 0;
	if (flow->leg.set_version != set->version && !endpoint_search(slot, set))
		return 0;
	if (rule->algorithm != BALANCE_CLIENT_IP && !endpoint_draw_again(flow, set))
		return 0;
	flow->leg.drawn = 0;
	return 1;
}

#endif
