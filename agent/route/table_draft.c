/* SPDX-License-Identifier: Apache-2.0 */
#include "table_draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int table_draft_init(struct table_draft *draft)
{
	*draft = (struct table_draft){.table = calloc(1, sizeof(*draft->table))};
	table_index_init(&draft->hosts);
	table_index_init(&draft->paths);
	return draft->table ? 0 : -ENOMEM;
}

void table_draft_done(struct table_draft *draft)
{
	route_table_free(draft->table);
	free(draft->owners);
	table_index_done(&draft->hosts);
	table_index_done(&draft->paths);
}

int table_draft_reserve(void *array, size_t *capacity, size_t count, size_t element_size)
{
	size_t wanted = *capacity ? 2 * *capacity : 16;
	void *elements;

	if (count < *capacity)
		return 0;
	memcpy(&elements, array, sizeof(elements));
	elements = reallocarray(elements, wanted, element_size);
	if (!elements)
		return -ENOMEM;
	memcpy(array, &elements, sizeof(elements));
	*capacity = wanted;
	return 0;
}

static struct table_index_key host_key(uint32_t table, enum host_kind kind, const char *name)
{
	return (struct table_index_key){
		.number = (uint64_t)table << 8 | kind,
		.bytes = name,
		.length = strlen(name),
	};
}

int table_draft_host(struct table_draft *draft, uint32_t table,
		     const struct route_hostname *hostname, size_t *ret_host)
{
	struct table_index_key key = host_key(table, hostname->kind, hostname->name);
	struct route_table *built = draft->table;
	struct table_host host = {
		.table = table,
		.kind = hostname->kind,
		.default_rule = TABLE_NONE,
	};
	size_t found = table_index_find(&draft->hosts, &key);

	*ret_host = found != TABLE_INDEX_NONE ? found : built->host_count;
	if (found != TABLE_INDEX_NONE)
		return 0;
	if (table_draft_reserve(&built->hosts, &draft->host_capacity, built->host_count,
				sizeof(host)))
		return -ENOMEM;
	host.name = strdup(hostname->name);
	if (!host.name)
		return -ENOMEM;
	built->hosts[built->host_count++] = host;
	key.bytes = host.name;
	return table_index_add(&draft->hosts, &key, built->host_count - 1);
}

static struct table_index_key path_key(const struct table_path *path, const char *text)
{
	return (struct table_index_key){
		.number = (uint64_t)path->host << 16 | (uint64_t)path->kind << 8 | path->method,
		.bytes = text,
		.length = strlen(text),
	};
}

size_t table_draft_find_path(const struct table_draft *draft, const struct table_path *path)
{
	struct table_index_key key = path_key(path, path->path);
	size_t found = table_index_find(&draft->paths, &key);

	return found == TABLE_INDEX_NONE ? TABLE_NONE : draft->table->paths[found].rule;
}

int table_draft_add_path(struct table_draft *draft, const struct table_path *path)
{
	struct route_table *built = draft->table;
	struct table_path added = *path;
	struct table_index_key key;

	if (table_draft_reserve(&built->paths, &draft->path_capacity, built->path_count,
				sizeof(added)))
		return -ENOMEM;
	added.path = strdup(path->path);
	if (!added.path)
		return -ENOMEM;
	built->paths[built->path_count++] = added;
	key = path_key(&added, added.path);
	return table_index_add(&draft->paths, &key, built->path_count - 1);
}

int table_draft_add_rule(struct table_draft *draft, struct table_rule *rule,
			 const struct rule_owner *owner, size_t *ret_rule)
{
	struct route_table *built = draft->table;

	if (table_draft_reserve(&built->rules, &draft->rule_capacity, built->rule_count,
				sizeof(*rule)) ||
	    table_draft_reserve(&draft->owners, &draft->owner_capacity, built->rule_count,
				sizeof(*owner)))
		return -ENOMEM;
	draft->owners[built->rule_count] = *owner;
	built->rules[built->rule_count] = *rule;
	*rule = (struct table_rule){0};
	*ret_rule = built->rule_count++;
	return 0;
}
