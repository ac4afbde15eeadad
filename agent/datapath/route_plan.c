/* SPDX-License-Identifier: Apache-2.0 */
#include "route_plan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "route_plan_parts.h"

#define SPARE_ENDPOINTS 64

void route_pools_done(struct route_pools *pools)
{
	id_pool_done(&pools->endpoints);
	id_pool_done(&pools->rules);
	id_pool_done(&pools->sets);
	id_pool_done(&pools->redirects);
	id_pool_done(&pools->hosts);
	id_pool_done(&pools->tables);
	extent_pool_done(&pools->members);
}

int plan_take_id(struct route_plan *plan, struct id_pool *pool, const char *map, uint32_t *ret_id)
{
	bool may_be_busy = pool == &plan->input->pools->endpoints;
	int error = id_pool_take(pool, plan->input->now_ms,
				 may_be_busy ? plan->input->endpoint_busy : NULL,
				 plan->input->busy_context, ret_id);

	if (error)
		plan->full = map;
	return error;
}

/* Mostly nothing has changed, and all come in the same order. */
static struct image_endpoint *endpoint_before(struct route_plan *plan, const struct endpoint *value,
					      const char *name)
{
	struct route_image *old = plan->input->old;
	struct image_endpoint *found = &old->endpoints[plan->next_old];

	if (plan->next_old >= old->endpoint_count || !route_image_is_endpoint(found, value, name))
		found = route_image_find_endpoint(old, value, name);
	if (found)
		plan->next_old = (size_t)(found - old->endpoints) + 1;
	return found;
}

int plan_endpoint(struct route_plan *plan, const struct table_endpoint *endpoint, const char *name,
		  uint32_t *ret_id)
{
	struct endpoint value = {
		.address = endpoint->address,
		.port = htons(endpoint->port),
		.in_use = 1,
	};
	struct image_endpoint *old = endpoint_before(plan, &value, name);
	/* What is kept is in the image already. */
	struct image_endpoint *known = old ? (old->kept ? old : NULL)
					   : route_image_find_endpoint(plan->image, &value, name);
	struct image_endpoint *added;
	uint32_t id;
	int error;

	if (known) {
		*ret_id = known->id;
		return 0;
	}
	id = old ? old->id : 0;
	error = old ? 0 : plan_take_id(plan, &plan->input->pools->endpoints, "endpoints", &id);
	if (error)
		return error;
	added = route_image_add_endpoint(plan->image, &value, name);
	if (!added) {
		if (!old)
			id_pool_return(&plan->input->pools->endpoints, id);
		return -ENOMEM;
	}
	added->id = id;
	added->fresh = !old;
	if (old)
		old->kept = true;
	*ret_id = id;
	return 0;
}

static struct image_limits limits_of_table(const struct route_table *table)
{
	struct image_limits limits = {
		.rules = table->rule_count,
		.listeners = table->listener_count,
		.hosts = table->host_count,
		.paths = table->path_count,
	};

	for (size_t i = 0; i < table->rule_count; i++) {
		const struct table_rule *rule = &table->rules[i];

		for (size_t j = 0; j < rule->group_count; j++)
			limits.endpoints += rule->groups[j].endpoint_count[0] +
					    rule->groups[j].endpoint_count[1];
	}
	/* For those that come before the next whole plan, see route_refresh.h. */
	limits.endpoints += limits.endpoints / 4 + SPARE_ENDPOINTS;
	return limits;
}

static void set_return(struct route_pools *pools, const struct image_set *set)
{
	if (!set || !set->fresh)
		return;
	id_pool_return(&pools->sets, set->id);
	extent_pool_return(&pools->members, set->first, set->member_count);
}

void plan_rule_return(struct route_pools *pools, const struct image_rule *rule)
{
	set_return(pools, rule->sets[0]);
	set_return(pools, rule->sets[1]);
	if (rule->redirect_fresh)
		id_pool_return(&pools->redirects, rule->value.redirect);
	if (rule->fresh)
		id_pool_return(&pools->rules, rule->id);
}

static void marks_clear(struct route_image *old)
{
	for (size_t i = 0; i < old->endpoint_count; i++)
		old->endpoints[i].kept = false;
	for (size_t i = 0; i < old->rule_count; i++) {
		struct image_rule *rule = &old->rules[i];

		rule->kept = rule->redirect_kept = false;
		for (int family = 0; family < IMAGE_FAMILIES; family++) {
			if (rule->sets[family])
				rule->sets[family]->kept = false;
		}
	}
}

static void plan_undo(struct route_plan *plan)
{
	struct route_pools *pools = plan->input->pools;
	const struct route_image *image = plan->image;

	for (size_t i = 0; i < image->endpoint_count; i++) {
		if (image->endpoints[i].fresh)
			id_pool_return(&pools->endpoints, image->endpoints[i].id);
	}
	for (size_t i = 0; i < image->rule_count; i++)
		plan_rule_return(pools, &image->rules[i]);
	for (size_t i = 0; i < image->host_count; i++) {
		if (!route_image_find_host(plan->input->old, &image->hosts[i].key))
			id_pool_return(&pools->hosts, image->hosts[i].value.id);
	}
	for (uint32_t i = 0; i < plan->table_limit; i++) {
		if (plan->table_fresh[i])
			id_pool_return(&pools->tables, plan->table_ids[i]);
	}
	marks_clear(plan->input->old);
}

/* Two hosts of one key would overwrite each other; so would two listeners. */
static bool has_double_key(const void *items, size_t count, size_t size, size_t key_size)
{
	const char *item = items;

	for (size_t i = 1; i < count; i++, item += size) {
		if (!memcmp(item, item + size, key_size))
			return true;
	}
	return false;
}

static int image_finish(struct route_image *image)
{
	route_image_sort(image);
	if (has_double_key(image->hosts, image->host_count, sizeof(*image->hosts),
			   sizeof(struct host_key)) ||
	    has_double_key(image->listeners, image->listener_count, sizeof(*image->listeners),
			   sizeof(struct listener_key)))
		return -EEXIST;
	return 0;
}

static int plan_run(struct route_plan *plan)
{
	int error = plan_rules(plan);

	if (!error)
		error = plan_tables(plan);
	if (!error)
		error = plan_hosts(plan);
	if (!error)
		error = plan_paths(plan);
	if (!error)
		error = image_finish(plan->image);
	if (error)
		plan_undo(plan);
	return error;
}

static void plan_done(struct route_plan *plan)
{
	route_image_free(plan->image);
	free(plan->table_ids);
	free(plan->table_fresh);
	free(plan->table_claimed);
	free(plan->host_ids);
}

int route_plan_make(const struct route_plan_input *input, struct route_image **ret_image,
		    const char **ret_full)
{
	struct image_limits limits = limits_of_table(input->table);
	_cleanup_(plan_done) struct route_plan plan = {.input = input};
	int error = route_image_new(&limits, &plan.image);

	if (error)
		return error;
	error = plan_run(&plan);
	if (error) {
		*ret_full = plan.full;
		return error;
	}
	*ret_image = STEAL(plan.image);
	return 0;
}

void plan_set_retire(struct route_pools *pools, uint64_t now_ms, const struct image_set *set)
{
	id_pool_retire(&pools->sets, now_ms, set->id);
	extent_pool_retire(&pools->members, now_ms, set->first, set->member_count);
}

static void set_retire(const struct route_plan_input *input, const struct image_set *set)
{
	if (set && !set->kept)
		plan_set_retire(input->pools, input->now_ms, set);
}

static void rules_retire(const struct route_plan_input *input)
{
	for (size_t i = 0; i < input->old->rule_count; i++) {
		const struct image_rule *rule = &input->old->rules[i];

		set_retire(input, rule->sets[0]);
		set_retire(input, rule->sets[1]);
		if (rule->redirect && !rule->redirect_kept)
			id_pool_retire(&input->pools->redirects, input->now_ms,
				       rule->value.redirect);
		if (!rule->kept)
			id_pool_retire(&input->pools->rules, input->now_ms, rule->id);
	}
}

static int table_compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

/* The listeners' tables in order; NULL: no memory, then the numbers are lost until a restart. */
static uint32_t *tables_sorted(const struct route_image *image)
{
	uint32_t *tables = calloc(image->listener_count + 1, sizeof(*tables));

	for (size_t i = 0; tables && i < image->listener_count; i++)
		tables[i] = image->listeners[i].table;
	if (tables)
		qsort(tables, image->listener_count, sizeof(*tables), table_compare);
	return tables;
}

static void tables_retire(const struct route_plan_input *input, const struct route_image *image)
{
	_cleanup_free_ uint32_t *before = tables_sorted(input->old);
	_cleanup_free_ uint32_t *now = tables_sorted(image);

	for (size_t i = 0; before && now && i < input->old->listener_count; i++) {
		bool is_last = i + 1 == input->old->listener_count || before[i + 1] != before[i];

		if (is_last &&
		    !bsearch(&before[i], now, image->listener_count, sizeof(*now), table_compare))
			id_pool_retire(&input->pools->tables, input->now_ms, before[i]);
	}
}

void route_plan_accept(const struct route_plan_input *input, struct route_image *image)
{
	const struct route_image *old = input->old;

	for (size_t i = 0; i < old->endpoint_count; i++) {
		if (!old->endpoints[i].kept && old->endpoints[i].value.in_use)
			id_pool_retire(&input->pools->endpoints, input->now_ms,
				       old->endpoints[i].id);
	}
	rules_retire(input);
	tables_retire(input, image);
	for (size_t i = 0; i < old->host_count; i++) {
		if (!route_image_find_host(image, &old->hosts[i].key))
			id_pool_retire(&input->pools->hosts, input->now_ms, old->hosts[i].value.id);
	}
	for (size_t i = 0; i < image->rule_count; i++)
		image->rules[i].before = NULL;
}
