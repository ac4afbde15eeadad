/* SPDX-License-Identifier: Apache-2.0 */
#include "route_refresh.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/cleanup.h"
#include "route_plan_parts.h"

static const struct image_set *set_of(const struct image_rule *rule, int family)
{
	return rule ? rule->sets[family] : NULL;
}

static uint32_t members_of(const struct image_set *set)
{
	return set ? set->member_count : 0;
}

static void uses_add(struct endpoint_use *uses, const struct image_set *set)
{
	for (uint32_t i = 0; i < members_of(set); i++)
		uses[set->members[i]].members++;
}

struct endpoint_use *route_refresh_count(const struct route_image *image,
					 const struct route_pools *pools)
{
	struct endpoint_use *uses = calloc(pools->endpoints.limit, sizeof(*uses));

	if (!uses)
		return NULL;
	for (size_t i = 0; i < image->endpoint_count; i++)
		uses[image->endpoints[i].id].position = (uint32_t)i;
	for (size_t i = 0; i < image->rule_count; i++) {
		for (int family = 0; family < IMAGE_FAMILIES; family++)
			uses_add(uses, image->rules[i].sets[family]);
	}
	return uses;
}

static int rule_plan(struct route_plan *plan, size_t place, struct image_rule *ret_rule)
{
	const struct route_table *table = plan->input->table;
	struct image_rule *old;

	if (place >= plan->image->rule_count || place >= table->rule_count)
		return -ESTALE;
	old = &plan->image->rules[place];
	if (!route_image_is_rule(old, table->rules[place].name) ||
	    table->rules[place].action != RULE_BACKENDS)
		return -ESTALE;
	ret_rule->id = old->id;
	ret_rule->before = old;
	ret_rule->value = old->value;
	for (int family = 0; family < IMAGE_FAMILIES; family++)
		ret_rule->value.set[family] = 0;
	return plan_rule_sets(plan, &table->rules[place], old, ret_rule);
}

static int rules_plan(const struct route_refresh_input *input, struct route_refresh *refresh)
{
	struct route_image none = {0};
	const struct route_plan_input whole = {
		.table = input->table,
		.old = &none, /* what there is, is in the image */
		.pools = input->pools,
		.now_ms = input->now_ms,
		.endpoint_busy = input->endpoint_busy,
		.busy_context = input->busy_context,
	};
	struct route_plan plan = {.input = &whole, .image = input->image};
	int error = 0;

	for (size_t i = 0; i < input->rule_count && !error; i++) {
		refresh->rule_count++;
		error = rule_plan(&plan, input->rules[i], &refresh->rules[i]);
	}
	return error;
}

/* The old set is there no more once the refresh is accepted. */
static bool is_replaced(const struct image_set *old)
{
	return old && !old->kept;
}

static size_t replaced_members(const struct route_refresh *refresh)
{
	size_t count = 0;

	for (size_t i = 0; i < refresh->rule_count; i++) {
		for (int family = 0; family < IMAGE_FAMILIES; family++)
			count += members_of(set_of(refresh->rules[i].before, family));
	}
	return count;
}

static void uses_take(const struct route_refresh_input *input, struct route_refresh *refresh,
		      const struct image_set *set)
{
	for (uint32_t i = 0; i < set->member_count; i++) {
		struct endpoint_use *use = &input->uses[set->members[i]];

		if (!--use->members)
			refresh->gone[refresh->gone_count++] = use->position;
	}
}

static void uses_follow(const struct route_refresh_input *input, struct route_refresh *refresh)
{
	const struct route_image *image = input->image;

	for (size_t i = refresh->first_endpoint; i < image->endpoint_count; i++)
		input->uses[image->endpoints[i].id] =
			(struct endpoint_use){.position = (uint32_t)i};
	for (size_t i = 0; i < 2 * refresh->rule_count; i++) {
		const struct image_set *set = refresh->rules[i / 2].sets[i % 2];

		if (set && set->fresh)
			uses_add(input->uses, set);
	}
	for (size_t i = 0; i < 2 * refresh->rule_count; i++) {
		const struct image_set *set = refresh->rules[i / 2].before->sets[i % 2];

		if (is_replaced(set))
			uses_take(input, refresh, set);
	}
}

/* New endpoints stay in the image as if they had gone again. */
static void plan_undo(const struct route_refresh_input *input, const struct route_refresh *refresh)
{
	struct route_image *image = input->image;

	for (size_t i = refresh->first_endpoint; i < image->endpoint_count; i++) {
		id_pool_return(&input->pools->endpoints, image->endpoints[i].id);
		image->endpoints[i].value.in_use = 0;
	}
	for (size_t i = 0; i < refresh->rule_count; i++) {
		const struct image_rule *before = refresh->rules[i].before;

		plan_rule_return(input->pools, &refresh->rules[i]);
		for (int family = 0; before && family < IMAGE_FAMILIES; family++) {
			if (before->sets[family])
				before->sets[family]->kept = false;
		}
	}
}

int route_refresh_plan(const struct route_refresh_input *input, struct route_refresh *ret_refresh)
{
	_cleanup_(route_refresh_done) struct route_refresh refresh = {
		.rules = calloc(input->rule_count + 1, sizeof(*refresh.rules)),
		.first_endpoint = input->image->endpoint_count,
	};
	int error = refresh.rules ? rules_plan(input, &refresh) : -ENOMEM;

	if (!error) {
		refresh.gone = calloc(replaced_members(&refresh) + 1, sizeof(*refresh.gone));
		error = refresh.gone ? 0 : -ENOMEM;
	}
	if (error) {
		plan_undo(input, &refresh);
		return error;
	}
	uses_follow(input, &refresh);
	*ret_refresh = refresh;
	refresh = (struct route_refresh){0};
	return 0;
}

static void set_accept(const struct route_refresh_input *input, struct image_set **set,
		       struct image_set *next)
{
	if (is_replaced(*set))
		plan_set_retire(input->pools, input->now_ms, *set);
	image_set_free(*set);
	*set = next;
}

void route_refresh_accept(const struct route_refresh_input *input, struct route_refresh *refresh)
{
	struct image_endpoint *endpoints = input->image->endpoints;

	for (size_t i = 0; i < refresh->rule_count; i++) {
		struct image_rule *rule = &input->image->rules[input->rules[i]];

		rule->value = refresh->rules[i].value;
		for (int family = 0; family < IMAGE_FAMILIES; family++)
			set_accept(input, &rule->sets[family],
				   STEAL(refresh->rules[i].sets[family]));
	}
	for (size_t i = 0; i < refresh->gone_count; i++) {
		endpoints[refresh->gone[i]].value.in_use = 0;
		id_pool_retire(&input->pools->endpoints, input->now_ms,
			       endpoints[refresh->gone[i]].id);
	}
}

void route_refresh_done(struct route_refresh *refresh)
{
	for (size_t i = 0; i < refresh->rule_count; i++) {
		image_set_free(refresh->rules[i].sets[0]);
		image_set_free(refresh->rules[i].sets[1]);
	}
	free(refresh->rules);
	free(refresh->gone);
}
