/* SPDX-License-Identifier: Apache-2.0 */
#include "head_routes.h"

#include <string.h>

#include "../../bpf/lib/route_find.h"

struct head_routes head_routes;

struct host *route_lookup_host(const struct host_key *key)
{
	for (size_t i = 0; i < head_routes.host_count; i++) {
		if (memcmp(&head_routes.hosts[i].key, key, sizeof(*key)) == 0)
			return &head_routes.hosts[i].value;
	}
	return NULL;
}

struct path_entry *route_lookup_path(const struct path_key *key)
{
	for (size_t i = 0; i < head_routes.path_count; i++) {
		if (memcmp(&head_routes.paths[i].key, key, sizeof(*key)) == 0)
			return &head_routes.paths[i].value;
	}
	return NULL;
}

struct rule *route_lookup_rule(__u32 rule)
{
	return rule < HEAD_ROUTES_RULES ? &head_routes.rules[rule] : NULL;
}

void head_routes_init(uint64_t seed)
{
	memset(&head_routes, 0, sizeof(head_routes));
	head_routes.seed = seed;
}

struct head_routes_host *head_routes_host(enum host_kind kind, const char *name,
					  uint32_t default_rule)
{
	struct head_routes_host *host = &head_routes.hosts[head_routes.host_count];
	uint32_t length = (uint32_t)strlen(name);
	struct host_key key = {
		.hash = kind == HOST_ANY ? 0 : route_hash_host(head_routes.seed, name, length),
		.table = HEAD_ROUTES_TABLE,
		.kind = kind,
	};

	for (size_t i = 0; i < head_routes.host_count; i++) {
		if (memcmp(&head_routes.hosts[i].key, &key, sizeof(key)) == 0)
			return &head_routes.hosts[i];
	}
	if (head_routes.host_count == HEAD_ROUTES_HOSTS || length > ROUTE_HOST_MAX)
		return NULL;
	host->key = key;
	host->value.id = (uint32_t)++head_routes.host_count;
	host->value.default_rule = default_rule;
	host->value.name_length = (uint8_t)length;
	memcpy(host->value.name, name, length);
	return host;
}

static uint32_t depth_of(const char *path)
{
	uint32_t depth = 0;

	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

static struct path_entry *path_entry(const struct path_key *key, const char *path)
{
	struct path_entry *entry = route_lookup_path(key);

	if (entry || head_routes.path_count == HEAD_ROUTES_PATHS)
		return entry;
	head_routes.paths[head_routes.path_count].key = *key;
	entry = &head_routes.paths[head_routes.path_count++].value;
	entry->length = (uint16_t)strlen(path);
	memcpy(entry->path, path, entry->length);
	return entry;
}

void head_routes_path(struct head_routes_host *host, enum path_kind kind, const char *path,
		      enum http_method method, uint32_t rule)
{
	struct path_key key = {
		.hash = route_hash_path(head_routes.seed, path, (uint32_t)strlen(path)),
		.host = host->value.id,
		.kind = kind,
	};
	struct path_entry *entry;

	if (strlen(path) > ROUTE_PATH_MAX || depth_of(path) > ROUTE_DEPTH_MAX)
		return;
	entry = path_entry(&key, path);
	if (!entry)
		return;
	entry->rule[method] = rule;
	if (kind == PATH_EXACT)
		host->value.has_exact = 1;
	else
		host->value.prefix_depths |= 1U << depth_of(path);
}

int head_routes_find(struct hold_large *hold, struct route_match *ret_match)
{
	static struct route_scratch scratch;

	memset(&scratch, 0xa5, sizeof(scratch));
	scratch.seed = head_routes.seed;
	scratch.table = HEAD_ROUTES_TABLE;
	return route_find(&scratch, hold, ret_match);
}
