/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/lib/route_hash.h"
#include "route_plan_parts.h"

#define TABLE_NUMBER_MAX (1U << 20)

/* A rule of the table has the same index in the image. */
static int rule_id(const struct route_plan *plan, size_t index, uint32_t *ret_id)
{
	if (index >= plan->image->rule_count)
		return -EINVAL;
	*ret_id = plan->image->rules[index].id;
	return 0;
}

static int tables_allocate(struct route_plan *plan)
{
	const struct route_table *table = plan->input->table;
	uint32_t highest = 0;

	for (size_t i = 0; i < table->listener_count; i++) {
		if (table->listeners[i].table > highest)
			highest = table->listeners[i].table;
	}
	if (highest > TABLE_NUMBER_MAX)
		return -EINVAL;
	plan->table_ids = calloc((size_t)highest + 1, sizeof(*plan->table_ids));
	plan->table_fresh = calloc((size_t)highest + 1, sizeof(*plan->table_fresh));
	plan->table_claimed =
		calloc(plan->input->pools->tables.limit, sizeof(*plan->table_claimed));
	if (!plan->table_ids || !plan->table_fresh || !plan->table_claimed)
		return -ENOMEM;
	plan->table_limit = highest + 1;
	return 0;
}

static void listener_add(struct route_plan *plan, const struct table_listener *from)
{
	struct image_listener *listener = &plan->image->listeners[plan->image->listener_count++];

	listener->key.address = from->address;
	listener->key.port = htons(from->port);
	listener->table = from->table; /* ours comes later */
}

/* A table keeps the number that one of its listeners leads to now, so that a packet finds the
 * listener's hosts under one number or the other at any time. */
static void table_keep_id(struct route_plan *plan, const struct image_listener *listener)
{
	const struct image_listener *old =
		route_image_find_listener(plan->input->old, &listener->key);

	if (!old || plan->table_ids[listener->table] || plan->table_claimed[old->table])
		return;
	plan->table_ids[listener->table] = old->table;
	plan->table_claimed[old->table] = true;
}

static int table_take_id(struct route_plan *plan, uint32_t table)
{
	int error;

	if (plan->table_ids[table])
		return 0;
	error = plan_take_id(plan, &plan->input->pools->tables, "listeners",
			     &plan->table_ids[table]);
	plan->table_fresh[table] = !error;
	return error;
}

int plan_tables(struct route_plan *plan)
{
	const struct route_table *table = plan->input->table;
	struct route_image *image = plan->image;
	int error = tables_allocate(plan);

	for (size_t i = 0; !error && i < table->listener_count; i++)
		listener_add(plan, &table->listeners[i]);
	for (size_t i = 0; !error && i < image->listener_count; i++)
		table_keep_id(plan, &image->listeners[i]);
	for (size_t i = 0; !error && i < image->listener_count; i++) {
		error = table_take_id(plan, image->listeners[i].table);
		image->listeners[i].table = plan->table_ids[image->listeners[i].table];
	}
	return error;
}

static struct host_key host_key(const struct route_plan *plan, const struct table_host *from)
{
	size_t length = strlen(from->name);

	return (struct host_key){
		.hash = from->kind == HOST_ANY
				? 0
				: route_hash_host(plan->input->seed, from->name, (uint32_t)length),
		.table = plan->table_ids[from->table],
		.kind = from->kind,
	};
}

static int plan_host(struct route_plan *plan, const struct table_host *from, uint32_t *ret_id)
{
	struct image_host *host = &plan->image->hosts[plan->image->host_count];
	size_t length = strlen(from->name);
	const struct image_host *old;
	int error = 0;

	if (length > ROUTE_HOST_MAX)
		return -EINVAL;
	host->key = host_key(plan, from);
	host->value.name_length = (uint8_t)length;
	memcpy(host->value.name, from->name, length);
	if (from->default_rule != TABLE_NONE)
		error = rule_id(plan, from->default_rule, &host->value.default_rule);
	if (error)
		return error;
	old = route_image_find_host(plan->input->old, &host->key);
	if (old)
		host->value.id = old->value.id;
	else
		error = plan_take_id(plan, &plan->input->pools->hosts, "hosts", &host->value.id);
	if (error)
		return error;
	plan->image->host_count++;
	*ret_id = host->value.id;
	return 0;
}

int plan_hosts(struct route_plan *plan)
{
	const struct route_table *table = plan->input->table;

	plan->host_ids = calloc(table->host_count + 1, sizeof(*plan->host_ids));
	if (!plan->host_ids)
		return -ENOMEM;
	for (size_t i = 0; i < table->host_count; i++) {
		const struct table_host *host = &table->hosts[i];
		int error;

		if (host->table >= plan->table_limit || !plan->table_ids[host->table])
			continue;
		error = plan_host(plan, host, &plan->host_ids[i]);
		if (error)
			return error;
	}
	return 0;
}

static uint32_t path_depth(const char *path, size_t length)
{
	uint32_t depth = 0;

	for (size_t i = 0; i < length; i++)
		depth += path[i] == '/';
	return depth;
}

static int plan_path(struct route_plan *plan, const struct table_path *from)
{
	struct image_path *path = &plan->image->paths[plan->image->path_count];
	size_t length = strlen(from->path);
	uint32_t rule;

	if (length > ROUTE_PATH_MAX || from->method >= HTTP_METHOD_COUNT ||
	    (from->kind == PATH_PREFIX && path_depth(from->path, length) > ROUTE_DEPTH_MAX) ||
	    rule_id(plan, from->rule, &rule))
		return -EINVAL;
	path->key.hash = route_hash_path(plan->input->seed, from->path, (uint32_t)length);
	path->key.host = plan->host_ids[from->host];
	path->key.kind = from->kind;
	path->value.rule[from->method] = rule;
	path->value.length = (uint16_t)length;
	memcpy(path->value.path, from->path, length);
	plan->image->path_count++;
	return 0;
}

/* Entries of one path for different methods become one. */
static int paths_merge(struct route_image *image)
{
	size_t kept = 0;

	for (size_t i = 1; i < image->path_count; i++) {
		struct image_path *last = &image->paths[kept], *path = &image->paths[i];

		if (memcmp(&last->key, &path->key, sizeof(path->key))) {
			image->paths[++kept] = *path;
			continue;
		}
		if (last->value.length != path->value.length ||
		    memcmp(last->value.path, path->value.path, path->value.length))
			return -EEXIST;
		for (int method = 0; method < HTTP_METHOD_COUNT; method++) {
			if (!last->value.rule[method])
				last->value.rule[method] = path->value.rule[method];
		}
	}
	if (image->path_count)
		image->path_count = kept + 1;
	return 0;
}

static int host_number_compare(const void *left, const void *right)
{
	const struct image_host *const *a = left, *const *b = right;

	return (*a)->value.id < (*b)->value.id ? -1 : (*a)->value.id > (*b)->value.id;
}

static int host_number_find(const void *key, const void *member)
{
	uint32_t id = *(const uint32_t *)key;
	const struct image_host *const *host = member;

	return id < (*host)->value.id ? -1 : id > (*host)->value.id;
}

/* Tells each host what kinds of paths it has. */
static int hosts_summarise(struct route_image *image)
{
	struct image_host **by_id = calloc(image->host_count + 1, sizeof(*by_id));

	if (!by_id)
		return -ENOMEM;
	for (size_t i = 0; i < image->host_count; i++)
		by_id[i] = &image->hosts[i];
	qsort(by_id, image->host_count, sizeof(*by_id), host_number_compare);
	for (size_t i = 0; i < image->path_count; i++) {
		const struct image_path *path = &image->paths[i];
		struct image_host **host = bsearch(&path->key.host, by_id, image->host_count,
						   sizeof(*by_id), host_number_find);

		if (host && path->key.kind == PATH_EXACT)
			(*host)->value.has_exact = 1;
		else if (host)
			(*host)->value.prefix_depths |=
				1U << path_depth(path->value.path, path->value.length);
	}
	free(by_id);
	return 0;
}

int plan_paths(struct route_plan *plan)
{
	const struct route_table *table = plan->input->table;
	int error;

	for (size_t i = 0; i < table->path_count; i++) {
		const struct table_path *path = &table->paths[i];

		if (path->host >= table->host_count)
			return -EINVAL;
		if (!plan->host_ids[path->host])
			continue;
		error = plan_path(plan, path);
		if (error)
			return error;
	}
	route_image_sort(plan->image);
	error = paths_merge(plan->image);
	return error ?: hosts_summarise(plan->image);
}
