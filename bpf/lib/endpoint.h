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

/* The group that a random ticket draws. The index goes through memory: as a register it would be
 * ROUTE_GROUPS_MAX states to the verifier. */
static __always_inline struct rule_group *endpoint_group(struct flow *flow, struct rule_set *set)
{
	__u32 last = set->group_count - 1;
	__u32 ticket;

	if (last >= ROUTE_GROUPS_MAX || !set->group[last].weight_end)
		return NULL;
	ticket = bpf_get_prandom_u32() % set->group[last].weight_end;
	for (__u32 i = 0; i < ROUTE_GROUPS_MAX; i++) {
		WRITE_ONCE(flow->leg.pod_next, i);
		if (ticket < set->group[i].weight_end)
			break;
	}
	return &set->group[READ_ONCE(flow->leg.pod_next) & (ROUTE_GROUPS_MAX - 1)];
}

/* From position `start` on, the first endpoint that is neither `failed` nor ejected; or the last
 * that is not `failed`. */
static __always_inline int endpoint_walk(struct flow *flow, const struct rule_group *group,
					 __u32 start, __u32 failed)
{
	for (__u32 i = 0; i < ENDPOINT_HOPS; i++) {
		__u32 index = (start + i) % (READ_ONCE(group->count) | !group->count);
		__u32 id = endpoint_member(group->first + index);

		if (!id || id == failed)
			continue;
		WRITE_ONCE(flow->leg.endpoint, id);
		WRITE_ONCE(flow->leg.member, index);
		if (!endpoint_ejected(id, flow->seen))
			return VERDICT_CONTINUE;
	}
	if (flow->leg.endpoint)
		return VERDICT_CONTINUE;
	return failed ? VERDICT_ENDPOINTS_FAILED : VERDICT_NO_ENDPOINT;
}

/* Sets flow->leg.endpoint and .member for flow->rule. `failed`: the endpoint that did not answer,
 * 0 at first. Yields VERDICT_CONTINUE or the reply for the client. */
__noinline int endpoint_choose(__u32 slot, __u32 failed)
{
	struct flow *flow = flow_at(slot);
	struct rule_group *group;
	struct rule_set *set;
	struct rule *rule;
	__u32 index;

	if (!flow)
		return VERDICT_INTERNAL;
	index = flow->rule;
	rule = bpf_map_lookup_elem(&rules, &index);
	index = !rule ? 0 : flow_is_ipv6(flow) ? rule->set[1] : rule->set[0];
	set = bpf_map_lookup_elem(&rule_sets, &index);
	group = index && set ? endpoint_group(flow, set) : NULL;
	if (!rule || !group)
		return VERDICT_NO_ENDPOINT;
	if (group->flags & GROUP_MISSING)
		return VERDICT_BACKEND_MISSING;
	if (!group->count)
		return VERDICT_NO_ENDPOINT;
	if (failed && flow->leg.endpoints_tried >= group->count)
		return VERDICT_ENDPOINTS_FAILED;
	index = failed ? flow->leg.member + 1 : endpoint_index(flow, set, group, rule->algorithm);
	flow->leg.endpoint = 0;
	return endpoint_walk(flow, group, index, failed);
}

#endif
