/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/lib/route_hash.h"
#include "../base/cleanup.h"
#include "maglev.h"
#include "route_plan_parts.h"

/* One seed everywhere and for ever: every node sends a client to the same endpoint. */
#define AFFINITY_SEED 0x70617468726f7574ULL

static uint64_t inputs_hash(uint64_t seed, const void *bytes, size_t length)
{
	return route_hash_path(seed, bytes, (uint32_t)length);
}

static size_t endpoints_count(const struct table_rule *rule, int family)
{
	size_t count = 0;

	for (size_t i = 0; i < rule->group_count; i++)
		count += rule->groups[i].endpoint_count[family];
	return count;
}

static bool rule_has_missing(const struct table_rule *rule)
{
	for (size_t i = 0; i < rule->group_count; i++) {
		if (rule->groups[i].missing)
			return true;
	}
	return false;
}

/* Numbers of all the rule's endpoints of a family, group after group. */
static int ids_list(struct route_plan *plan, const struct table_rule *rule, int family,
		    uint32_t *ret_ids)
{
	uint32_t *next = ret_ids;

	for (size_t i = 0; i < rule->group_count; i++) {
		const struct table_group *group = &rule->groups[i];

		for (size_t j = 0; j < group->endpoint_count[family]; j++) {
			int error = plan_endpoint(plan, &group->endpoints[family][j], group->name,
						  next++);

			if (error)
				return error;
		}
	}
	return 0;
}

static uint64_t set_digest(const struct table_rule *rule, int family, const uint32_t *ids)
{
	uint64_t digest = inputs_hash(2 + (rule->algorithm == BALANCE_CLIENT_IP), ids,
				      endpoints_count(rule, family) * sizeof(*ids));

	for (size_t i = 0; i < rule->group_count; i++) {
		const struct table_group *group = &rule->groups[i];

		digest = route_hash_step(digest ^ group->weight, 0);
		digest = route_hash_step(digest ^ group->missing, 0);
		digest = route_hash_step(digest ^ group->endpoint_count[family], 0);
	}
	return digest ?: 1;
}

static uint32_t group_size(const struct table_rule *rule, const struct table_group *group,
			   int family)
{
	size_t count = group->endpoint_count[family];

	return rule->algorithm == BALANCE_CLIENT_IP ? maglev_size(count) : (uint32_t)count;
}

/* `first` of each group counts from the set's own beginning here. */
static void groups_lay_out(const struct table_rule *rule, int family, struct image_set *set)
{
	uint32_t weight_end = 0;

	for (size_t i = 0; i < rule->group_count && i < ROUTE_GROUPS_MAX; i++) {
		const struct table_group *group = &rule->groups[i];

		weight_end += group->weight;
		set->groups[i] = (struct rule_group){
			.weight_end = weight_end,
			.first = set->member_count,
			.count = group_size(rule, group, family),
			.flags = group->missing ? GROUP_MISSING : 0,
		};
		set->member_count += set->groups[i].count;
		set->group_count++;
	}
}

static uint64_t affinity_seed(const struct table_endpoint *endpoint)
{
	return inputs_hash(AFFINITY_SEED ^ endpoint->port, &endpoint->address,
			   sizeof(endpoint->address));
}

static int members_spread(const struct table_group *group, int family, const uint32_t *ids,
			  uint32_t size, uint32_t *ret_members)
{
	size_t count = group->endpoint_count[family];
	_cleanup_free_ uint64_t *seeds = calloc(count + 1, sizeof(*seeds));
	int error;

	if (!seeds)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		seeds[i] = affinity_seed(&group->endpoints[family][i]);
	error = maglev_fill(seeds, count, size, ret_members);
	for (uint32_t i = 0; !error && i < size; i++)
		ret_members[i] = ids[ret_members[i]];
	return error;
}

static int members_fill(const struct table_rule *rule, int family, const uint32_t *ids,
			struct image_set *set)
{
	set->members = calloc((size_t)set->member_count + 1, sizeof(*set->members));
	if (!set->members)
		return -ENOMEM;
	if (rule->algorithm != BALANCE_CLIENT_IP) {
		memcpy(set->members, ids, set->member_count * sizeof(*ids));
		return 0;
	}
	for (size_t i = 0; i < set->group_count; i++) {
		int error = members_spread(&rule->groups[i], family, ids, set->groups[i].count,
					   set->members + set->groups[i].first);

		if (error)
			return error;
		ids += rule->groups[i].endpoint_count[family];
	}
	return 0;
}

static void image_set_freep(struct image_set **set)
{
	image_set_free(*set);
}

static int set_copy(const struct image_set *old, struct image_set **ret_set)
{
	size_t size = old->member_count * sizeof(*old->members);
	_cleanup_(image_set_freep) struct image_set *copy = malloc(sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *old;
	copy->fresh = copy->kept = false;
	copy->members = malloc(size + 1);
	if (!copy->members)
		return -ENOMEM;
	memcpy(copy->members, old->members, size);
	*ret_set = STEAL(copy);
	return 0;
}

static bool set_matches(const struct image_set *set, const struct image_set *old)
{
	if (set->group_count != old->group_count || set->member_count != old->member_count)
		return false;
	for (uint32_t i = 0; i < set->group_count; i++) {
		const struct rule_group *a = &set->groups[i], *b = &old->groups[i];

		if (a->weight_end != b->weight_end || a->count != b->count ||
		    a->flags != b->flags || a->first != b->first - old->first)
			return false;
	}
	return !memcmp(set->members, old->members, set->member_count * sizeof(*set->members));
}

/* 0 would say that the set has none. */
static uint32_t version_take(struct route_pools *pools)
{
	if (!++pools->set_version)
		pools->set_version = 1;
	return pools->set_version;
}

/* Finds the set a place: that of the old one if it says the same, else a new one. */
static int set_settle(struct route_plan *plan, const struct image_set *old, struct image_set *set)
{
	struct route_pools *pools = plan->input->pools;
	int error;

	if (old && set_matches(set, old)) {
		set->id = old->id;
		set->first = old->first;
		set->version = old->version;
	} else {
		error = plan_take_id(plan, &pools->sets, "rule_sets", &set->id);
		if (error)
			return error;
		error = extent_pool_take(&pools->members, plan->input->now_ms, set->member_count,
					 &set->first);
		if (error) {
			id_pool_return(&pools->sets, set->id);
			plan->full = "members";
			return error;
		}
		set->version = version_take(pools);
		set->fresh = true;
	}
	for (uint32_t i = 0; i < set->group_count; i++)
		set->groups[i].first += set->first;
	return 0;
}

int plan_set(struct route_plan *plan, const struct table_rule *rule, int family,
	     const struct image_set *old, struct image_set **ret_set)
{
	size_t count = endpoints_count(rule, family);
	_cleanup_(image_set_freep) struct image_set *set = calloc(1, sizeof(*set));
	_cleanup_free_ uint32_t *ids = calloc(count + 1, sizeof(*ids));
	int error = set && ids ? ids_list(plan, rule, family, ids) : -ENOMEM;

	if (error)
		return error;
	if (!count && !rule_has_missing(rule)) {
		*ret_set = NULL;
		return 0;
	}
	set->inputs = set_digest(rule, family, ids);
	if (old && old->inputs == set->inputs)
		return set_copy(old, ret_set);
	groups_lay_out(rule, family, set);
	error = members_fill(rule, family, ids, set);
	if (!error)
		error = set_settle(plan, old, set);
	if (!error)
		*ret_set = STEAL(set);
	return error;
}
