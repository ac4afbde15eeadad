/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "../base/cleanup.h"
#include "readings_map.h"
#include "route_maps_parts.h"

struct adoption {
	struct route_maps *maps;
	struct route_image *image;
	struct image_limits limits;
	size_t contradictions;
};

static int walk(struct adoption *adoption, enum route_map map, readings_map_visit visit)
{
	struct readings_map_walk wish = {.visit = visit, .context = adoption};

	return readings_map_walk(adoption->maps->fd[map], &wish);
}

static int lookup(const struct adoption *adoption, enum route_map map, uint32_t id, void *ret_value)
{
	return bpf_map_lookup_elem(adoption->maps->fd[map], &id, ret_value) ? -errno : 0;
}

static int endpoint_count(const void *key, const void *value, void *context)
{
	struct adoption *adoption = context;
	const struct endpoint *endpoint = value;

	(void)key;
	adoption->limits.endpoints += endpoint->in_use != 0;
	return 0;
}

static int rule_count(const void *key, const void *value, void *context)
{
	struct adoption *adoption = context;
	const struct rule *rule = value;

	(void)key;
	adoption->limits.rules += rule->in_use != 0;
	return 0;
}

static int listener_count(const void *key, const void *value, void *context)
{
	struct adoption *adoption = context;

	(void)key, (void)value;
	adoption->limits.listeners++;
	return 0;
}

static int host_count(const void *key, const void *value, void *context)
{
	struct adoption *adoption = context;

	(void)key, (void)value;
	adoption->limits.hosts++;
	return 0;
}

static int path_count(const void *key, const void *value, void *context)
{
	struct adoption *adoption = context;

	(void)key, (void)value;
	adoption->limits.paths++;
	return 0;
}

static int name_read(const struct adoption *adoption, enum route_map map, uint32_t id,
		     struct object_name *ret_name)
{
	int error = lookup(adoption, map, id, ret_name);

	ret_name->text[ROUTE_NAME_MAX - 1] = '\0';
	return error;
}

/* A place that was in use once may still be known to flows of the time before. */
static void place_rest(struct id_pool *pool, uint32_t id, const struct object_name *name)
{
	if (name->text[0] && id_pool_claim(pool, id))
		id_pool_retire(pool, 0, id);
}

static int endpoint_adopt(const void *key, const void *value, void *context)
{
	struct adoption *adoption = context;
	const struct endpoint *endpoint = value;
	uint32_t id = *(const uint32_t *)key;
	struct object_name name = {0};
	struct image_endpoint *added;
	int error = name_read(adoption, ROUTE_MAP_endpoint_names, id, &name);

	if (error || !id)
		return error;
	if (!endpoint->in_use) {
		place_rest(&adoption->maps->pools.endpoints, id, &name);
		return 0;
	}
	added = route_image_add_endpoint(adoption->image, endpoint, name.text);
	if (!added)
		return -ENOMEM;
	added->id = id;
	id_pool_claim(&adoption->maps->pools.endpoints, id);
	return 0;
}

static int members_adopt(const struct adoption *adoption, struct image_set *set)
{
	set->members = calloc((size_t)set->member_count + 1, sizeof(*set->members));
	if (!set->members)
		return -ENOMEM;
	for (uint32_t i = 0; i < set->member_count; i++) {
		int error = lookup(adoption, ROUTE_MAP_members, set->first + i, &set->members[i]);

		if (error)
			return error;
	}
	return 0;
}

/* The members of all groups lie in a row. */
static bool set_unpack(const struct rule_set *value, struct image_set *set)
{
	if (!value->group_count || value->group_count > ROUTE_GROUPS_MAX || !value->version)
		return false;
	set->version = value->version;
	set->group_count = value->group_count;
	set->first = value->group[0].first;
	memcpy(set->groups, value->group, set->group_count * sizeof(value->group[0]));
	for (uint32_t i = 0; i < set->group_count; i++) {
		if (value->group[i].first != set->first + set->member_count)
			return false;
		set->member_count += value->group[i].count;
	}
	return true;
}

static bool set_claim(struct route_pools *pools, const struct image_set *set)
{
	if (!id_pool_claim(&pools->sets, set->id))
		return false;
	return !extent_pool_claim(&pools->members, set->first, set->member_count);
}

static void image_set_freep(struct image_set **set)
{
	image_set_free(*set);
}

/* A set that contradicts itself is left out, so that the first apply writes a new one. */
static int set_adopt(struct adoption *adoption, uint32_t id, struct image_set **ret_set)
{
	_cleanup_(image_set_freep) struct image_set *set = calloc(1, sizeof(*set));
	struct rule_set value;
	int error;

	if (!set)
		return -ENOMEM;
	set->id = id;
	if (lookup(adoption, ROUTE_MAP_rule_sets, id, &value) || !set_unpack(&value, set) ||
	    !set_claim(&adoption->maps->pools, set)) {
		adoption->contradictions++;
		return 0;
	}
	error = members_adopt(adoption, set);
	if (!error)
		*ret_set = STEAL(set);
	return error;
}

static int redirect_adopt(struct adoption *adoption, struct image_rule *rule)
{
	struct redirect *redirect = malloc(sizeof(*redirect));

	if (!redirect)
		return -ENOMEM;
	if (lookup(adoption, ROUTE_MAP_redirects, rule->value.redirect, redirect) ||
	    !id_pool_claim(&adoption->maps->pools.redirects, rule->value.redirect)) {
		adoption->contradictions++;
		free(redirect);
		return 0;
	}
	rule->redirect = redirect;
	return 0;
}

static int rule_references_adopt(struct adoption *adoption, struct image_rule *rule)
{
	int error = 0;

	if (rule->value.redirect)
		error = redirect_adopt(adoption, rule);
	for (int family = 0; !error && family < IMAGE_FAMILIES; family++) {
		if (rule->value.set[family])
			error = set_adopt(adoption, rule->value.set[family], &rule->sets[family]);
	}
	return error;
}

static int rule_adopt(const void *key, const void *value, void *context)
{
	struct adoption *adoption = context;
	const struct rule *rule = value;
	uint32_t id = *(const uint32_t *)key;
	struct object_name name = {0};
	struct image_rule *added;
	int error = name_read(adoption, ROUTE_MAP_rule_names, id, &name);

	if (error || !id)
		return error;
	if (!rule->in_use) {
		place_rest(&adoption->maps->pools.rules, id, &name);
		return 0;
	}
	added = route_image_add_rule(adoption->image, name.text);
	if (!added)
		return -ENOMEM;
	added->id = id;
	added->value = *rule;
	id_pool_claim(&adoption->maps->pools.rules, id);
	return rule_references_adopt(adoption, added);
}

static int listener_adopt(const void *key, const void *value, void *context)
{
	struct adoption *adoption = context;
	struct route_image *image = adoption->image;
	const struct listener *listener = value;

	if (image->listener_count == adoption->limits.listeners)
		return 0;
	memcpy(&image->listeners[image->listener_count].key, key, sizeof(struct listener_key));
	image->listeners[image->listener_count++].table = listener->table;
	id_pool_claim(&adoption->maps->pools.tables, listener->table);
	return 0;
}

static int host_adopt(const void *key, const void *value, void *context)
{
	struct adoption *adoption = context;
	struct route_image *image = adoption->image;
	struct image_host *host = &image->hosts[image->host_count];

	if (image->host_count == adoption->limits.hosts)
		return 0;
	memcpy(&host->key, key, sizeof(host->key));
	memcpy(&host->value, value, sizeof(host->value));
	image->host_count++;
	id_pool_claim(&adoption->maps->pools.hosts, host->value.id);
	id_pool_claim(&adoption->maps->pools.tables, host->key.table);
	return 0;
}

/* Paths whose host is gone, left by an apply that was cut short, block the host's number. */
static int path_adopt(const void *key, const void *value, void *context)
{
	struct adoption *adoption = context;
	struct route_image *image = adoption->image;
	struct image_path *path = &image->paths[image->path_count];

	if (image->path_count == adoption->limits.paths)
		return 0;
	memcpy(&path->key, key, sizeof(path->key));
	memcpy(&path->value, value, sizeof(path->value));
	image->path_count++;
	id_pool_claim(&adoption->maps->pools.hosts, path->key.host);
	return 0;
}

static int pools_init(struct route_maps *maps)
{
	struct route_pools *pools = &maps->pools;
	const uint32_t *capacity = maps->capacity;

	if (id_pool_init(&pools->endpoints, capacity[ROUTE_MAP_endpoints]) ||
	    id_pool_init(&pools->rules, capacity[ROUTE_MAP_rules]) ||
	    id_pool_init(&pools->sets, capacity[ROUTE_MAP_rule_sets]) ||
	    id_pool_init(&pools->redirects, capacity[ROUTE_MAP_redirects]) ||
	    id_pool_init(&pools->hosts, 4 * capacity[ROUTE_MAP_hosts]) ||
	    id_pool_init(&pools->tables, 4 * capacity[ROUTE_MAP_listeners]) ||
	    extent_pool_init(&pools->members, capacity[ROUTE_MAP_members]))
		return -ENOMEM;
	return 0;
}

struct adoption_step {
	enum route_map map;
	readings_map_visit visit;
};

static int steps_run(struct adoption *adoption, const struct adoption_step *steps, size_t count)
{
	int error = 0;

	for (size_t i = 0; !error && i < count; i++)
		error = walk(adoption, steps[i].map, steps[i].visit);
	return error;
}

static int image_read(struct adoption *adoption)
{
	static const struct adoption_step counts[] = {
		{ROUTE_MAP_endpoints, endpoint_count}, {ROUTE_MAP_rules, rule_count},
		{ROUTE_MAP_listeners, listener_count}, {ROUTE_MAP_hosts, host_count},
		{ROUTE_MAP_paths, path_count},
	};
	static const struct adoption_step adopts[] = {
		{ROUTE_MAP_endpoints, endpoint_adopt}, {ROUTE_MAP_rules, rule_adopt},
		{ROUTE_MAP_listeners, listener_adopt}, {ROUTE_MAP_hosts, host_adopt},
		{ROUTE_MAP_paths, path_adopt},
	};
	int error = steps_run(adoption, counts, sizeof(counts) / sizeof(counts[0]));

	if (!error)
		error = route_image_new(&adoption->limits, &adoption->image);
	return error ?: steps_run(adoption, adopts, sizeof(adopts) / sizeof(adopts[0]));
}

int route_maps_adopt(struct route_maps *maps)
{
	struct adoption adoption = {.maps = maps};
	int error = pools_init(maps);

	if (!error)
		error = route_ports_read(&maps->ports, maps->fd[ROUTE_MAP_ports_used]);
	if (!error)
		error = image_read(&adoption);
	if (error) {
		route_image_free(adoption.image);
		route_pools_done(&maps->pools);
		return error;
	}
	if (adoption.contradictions)
		report_print(maps->sink, LOG_WARNING,
			     "%zu places of the pinned route maps contradict each other and "
			     "will be written anew",
			     adoption.contradictions);
	route_image_sort(adoption.image);
	maps->image = adoption.image;
	return 0;
}
