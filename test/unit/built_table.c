/* SPDX-License-Identifier: Apache-2.0 */
#include "built_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/address_text.h"
#include "object_text.h"

struct built_table built_table_with(const char *yaml, const struct route_table_options *options)
{
	struct built_table built = {0};

	assert_int_equal(route_store_new(&built.store), 0);
	object_text_store(built.store, yaml);
	assert_int_equal(route_table_build(built.store, options, &built.table, &built.report), 0);
	return built;
}

struct built_table built_table_from(const char *yaml)
{
	struct route_table_options options = {0};

	return built_table_with(yaml, &options);
}

void built_table_done(struct built_table *built)
{
	route_table_free(built->table);
	route_report_done(&built->report);
	route_store_free(built->store);
}

uint32_t built_table_of_listener(const struct built_table *built, const char *listener)
{
	char text[ADDRESS_PORT_TEXT_MAX];
	size_t i;

	for (i = 0; i < built->table->listener_count; i++) {
		const struct table_listener *at = &built->table->listeners[i];

		if (!strcmp(address_port_text(&at->address, at->port, text), listener))
			return at->table;
	}
	return 0;
}

static size_t find_host(const struct route_table *table, const struct table_host *wanted)
{
	size_t i;

	for (i = 0; i < table->host_count; i++) {
		if (table->hosts[i].table == wanted->table &&
		    table->hosts[i].kind == wanted->kind &&
		    !strcmp(table->hosts[i].name, wanted->name))
			return i;
	}
	return TABLE_NONE;
}

const char *built_table_rule(const struct built_table *built, const struct table_host *wanted,
			     enum path_kind kind, enum http_method method, const char *path)
{
	const struct route_table *table = built->table;
	size_t host = find_host(table, wanted), i;

	if (host == TABLE_NONE)
		return NULL;
	if (!strcmp(path, ROUTE_DEFAULT_RULE))
		return table->hosts[host].default_rule == TABLE_NONE
			       ? NULL
			       : table->rules[table->hosts[host].default_rule].name;
	for (i = 0; i < table->path_count; i++) {
		if (table->paths[i].host == host && table->paths[i].kind == kind &&
		    table->paths[i].method == method && !strcmp(table->paths[i].path, path))
			return table->rules[table->paths[i].rule].name;
	}
	return NULL;
}

const char *built_table_prefix(const struct built_table *built, const char *host, const char *path)
{
	struct table_host wanted = {.table = 1, .kind = HOST_EXACT, .name = (char *)host};

	return built_table_rule(built, &wanted, PATH_PREFIX, HTTP_METHOD_OTHER, path);
}

const struct table_rule *built_table_rule_named(const struct built_table *built, const char *name)
{
	size_t i;

	for (i = 0; i < built->table->rule_count; i++) {
		if (!strcmp(built->table->rules[i].name, name))
			return &built->table->rules[i];
	}
	fail_msg("no rule %s", name);
	return NULL;
}

const struct route_status *built_table_status(const struct built_table *built, const char *name)
{
	size_t i;

	for (i = 0; i < built->report.route_count; i++) {
		if (!strcmp(built->report.routes[i].name, name))
			return &built->report.routes[i];
	}
	fail_msg("no status of %s", name);
	return NULL;
}

char *built_table_endpoints(const struct table_group *group, int family)
{
	size_t size = group->endpoint_count[family] * ADDRESS_PORT_TEXT_MAX + 1, length = 0, i;
	char *text = calloc(1, size), one[ADDRESS_PORT_TEXT_MAX];

	assert_non_null(text);
	for (i = 0; i < group->endpoint_count[family]; i++)
		length +=
			(size_t)snprintf(text + length, size - length, "%s%s", i ? " " : "",
					 address_port_text(&group->endpoints[family][i].address,
							   group->endpoints[family][i].port, one));
	return text;
}
