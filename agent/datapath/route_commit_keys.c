/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route_commit.h"

static const void *pair_either(const struct image_pair *pair)
{
	return pair->after ? pair->after : pair->before;
}

static int path_order(const void *left, const void *right)
{
	const struct image_path *a = pair_either(left), *b = pair_either(right);

	if (a->key.kind != b->key.kind)
		return a->key.kind == PATH_EXACT ? -1 : 1;
	return (int)b->value.length - (int)a->value.length;
}

/* Exact names, then wildcards from the longest, then any host. */
static int host_rank(const struct image_host *host)
{
	int longer_first = 2 * (ROUTE_HOST_MAX - host->value.name_length);

	switch (host->key.kind) {
	case HOST_EXACT:
		return 0;
	case HOST_SINGLE_LABEL:
		return longer_first + 1;
	case HOST_SUFFIX:
		return longer_first + 2;
	default:
		return INT16_MAX;
	}
}

static int host_order(const void *left, const void *right)
{
	return host_rank(pair_either(left)) - host_rank(pair_either(right));
}

/* The map holds the old and the new elements together for a moment. */
static int room_check(const struct route_commit *commit, enum route_map map, size_t before,
		      const struct image_pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		before += !pairs[i].before;
	return before > commit->maps->capacity[map] ? -ENOSPC : 0;
}

static int listeners_compare(struct route_commit *commit, struct commit_keys *keys)
{
	const struct image_shape shape = {
		sizeof(struct image_listener),
		sizeof(struct listener_key),
		sizeof(uint32_t),
	};
	struct image_array before = {commit->old->listeners, commit->old->listener_count};
	struct image_array after = {commit->image->listeners, commit->image->listener_count};

	commit->change->full = "listeners";
	return image_diff(&shape, &before, &after, &keys->listeners, &keys->listener_count)
		       ?: room_check(commit, ROUTE_MAP_listeners, before.count, keys->listeners,
				     keys->listener_count);
}

static int hosts_compare(struct route_commit *commit, struct commit_keys *keys)
{
	const struct image_shape shape = {
		sizeof(struct image_host),
		sizeof(struct host_key),
		sizeof(struct host),
	};
	struct image_array before = {commit->old->hosts, commit->old->host_count};
	struct image_array after = {commit->image->hosts, commit->image->host_count};
	int error = image_diff(&shape, &before, &after, &keys->hosts, &keys->host_count);

	commit->change->full = "hosts";
	if (error)
		return error;
	qsort(keys->hosts, keys->host_count, sizeof(*keys->hosts), host_order);
	return room_check(commit, ROUTE_MAP_hosts, before.count, keys->hosts, keys->host_count);
}

static int paths_compare(struct route_commit *commit, struct commit_keys *keys)
{
	const struct image_shape shape = {
		sizeof(struct image_path),
		sizeof(struct path_key),
		sizeof(struct path_entry),
	};
	struct image_array before = {commit->old->paths, commit->old->path_count};
	struct image_array after = {commit->image->paths, commit->image->path_count};
	int error = image_diff(&shape, &before, &after, &keys->paths, &keys->path_count);

	commit->change->full = "paths";
	if (error)
		return error;
	qsort(keys->paths, keys->path_count, sizeof(*keys->paths), path_order);
	return room_check(commit, ROUTE_MAP_paths, before.count, keys->paths, keys->path_count);
}

int commit_keys_compare(struct route_commit *commit, struct commit_keys *ret_keys)
{
	int error = listeners_compare(commit, ret_keys);

	if (!error)
		error = hosts_compare(commit, ret_keys);
	if (!error)
		error = paths_compare(commit, ret_keys);
	if (!error)
		commit->change->full = NULL;
	return error;
}

void commit_keys_done(struct commit_keys *keys)
{
	free(keys->listeners);
	free(keys->hosts);
	free(keys->paths);
}

/* Rules of both, the new ones first: takes no method away that has a rule now. */
static void path_join(const struct image_pair *pair, struct path_entry *ret_entry)
{
	const struct image_path *before = pair->before, *after = pair->after;

	*ret_entry = after->value;
	for (int method = 0; before && method < HTTP_METHOD_COUNT; method++) {
		if (!ret_entry->rule[method])
			ret_entry->rule[method] = before->value.rule[method];
	}
}

static void path_add(struct route_commit *commit, const struct image_pair *pair)
{
	const struct image_path *path = pair->after;
	struct path_entry joined;

	if (!path)
		return;
	path_join(pair, &joined);
	commit_write(commit, ROUTE_MAP_paths, &path->key, &joined);
}

static void path_remove(struct route_commit *commit, const struct image_pair *pair)
{
	const struct image_path *path = pair->after;
	struct path_entry joined;

	if (!path) {
		commit_delete(commit, ROUTE_MAP_paths, pair->before);
		return;
	}
	path_join(pair, &joined);
	if (memcmp(&joined, &path->value, sizeof(joined)))
		commit_write(commit, ROUTE_MAP_paths, &path->key, &path->value);
}

/* Kinds of paths of both, and the new default rule, if there is one. */
static void host_join(const struct image_pair *pair, struct host *ret_host)
{
	const struct image_host *before = pair->before, *after = pair->after;

	*ret_host = after->value;
	if (!before)
		return;
	ret_host->prefix_depths |= before->value.prefix_depths;
	ret_host->has_exact |= before->value.has_exact;
	if (!ret_host->default_rule)
		ret_host->default_rule = before->value.default_rule;
}

static void host_add(struct route_commit *commit, const struct image_pair *pair)
{
	const struct image_host *host = pair->after;
	struct host joined;

	if (!host)
		return;
	host_join(pair, &joined);
	commit_write(commit, ROUTE_MAP_hosts, &host->key, &joined);
}

/* The least specific that a host loses is its default rule, before any path. */
static void host_remove(struct route_commit *commit, const struct image_pair *pair)
{
	const struct image_host *host = pair->after;
	struct host joined;

	if (!host) {
		commit_delete(commit, ROUTE_MAP_hosts, pair->before);
		return;
	}
	host_join(pair, &joined);
	if (joined.default_rule == host->value.default_rule)
		return;
	joined.default_rule = host->value.default_rule;
	commit_write(commit, ROUTE_MAP_hosts, &host->key, &joined);
}

static void host_finish(struct route_commit *commit, const struct image_pair *pair)
{
	const struct image_host *host = pair->after;
	struct host joined;

	if (!host)
		return;
	host_join(pair, &joined);
	joined.default_rule = host->value.default_rule;
	if (memcmp(&joined, &host->value, sizeof(joined)))
		commit_write(commit, ROUTE_MAP_hosts, &host->key, &host->value);
}

/* What the programs have learnt of a listener's pods stays. */
static void listener_add(struct route_commit *commit, const struct image_pair *pair)
{
	const struct image_listener *listener = pair->after;
	struct listener value = {0};

	if (!listener)
		return;
	bpf_map_lookup_elem(commit->maps->fd[ROUTE_MAP_listeners], &listener->key, &value);
	value.table = listener->table;
	commit_write(commit, ROUTE_MAP_listeners, &listener->key, &value);
}

void commit_keys_add(struct route_commit *commit, const struct commit_keys *keys)
{
	for (size_t i = 0; i < keys->path_count; i++)
		path_add(commit, &keys->paths[i]);
	for (size_t i = 0; i < keys->host_count; i++)
		host_add(commit, &keys->hosts[i]);
	for (size_t i = 0; i < keys->listener_count; i++)
		listener_add(commit, &keys->listeners[i]);
}

static bool has_removed(const struct image_pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!pairs[i].after)
			return true;
	}
	return false;
}

void commit_keys_remove(struct route_commit *commit, const struct commit_keys *keys)
{
	bool hosts_go = has_removed(keys->hosts, keys->host_count);

	for (size_t i = 0; i < keys->listener_count; i++) {
		if (!keys->listeners[i].after)
			commit_delete(commit, ROUTE_MAP_listeners, keys->listeners[i].before);
	}
	if (hosts_go && keys->listener_count)
		commit_wait_readers(commit);
	for (size_t i = keys->host_count; i-- > 0;)
		host_remove(commit, &keys->hosts[i]);
	if (hosts_go)
		commit_wait_readers(commit);
	for (size_t i = keys->path_count; i-- > 0;)
		path_remove(commit, &keys->paths[i]);
	for (size_t i = keys->host_count; i-- > 0;)
		host_finish(commit, &keys->hosts[i]);
}
