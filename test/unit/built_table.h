/* SPDX-License-Identifier: Apache-2.0 */
/* A table built from YAML for tests, and questions to it. Anything unexpected fails the test. */
#ifndef PATHROUTE_TEST_BUILT_TABLE_H
#define PATHROUTE_TEST_BUILT_TABLE_H

#include "agent/route/route_table_build.h"

struct built_table {
	struct route_store *store;
	struct route_table *table;
	struct route_report report;
};

struct built_table built_table_from(const char *yaml);
struct built_table built_table_with(const char *yaml, const struct route_table_options *options);
void built_table_done(struct built_table *built);

/* "10.0.0.1:80" -> its table; 0: there is no such listener. */
uint32_t built_table_of_listener(const struct built_table *built, const char *listener);

/* Name of the rule; NULL: none. `path` as in struct table_path, "(default)" for the default. */
const char *built_table_rule(const struct built_table *built, const struct table_host *host,
			     enum path_kind kind, enum http_method method, const char *path);

/* The same for the first listener's table, an exact host, a Prefix and any method. */
const char *built_table_prefix(const struct built_table *built, const char *host, const char *path);

const struct table_rule *built_table_rule_named(const struct built_table *built, const char *name);

const struct route_status *built_table_status(const struct built_table *built, const char *name);

/* "10.0.0.1:80 10.0.0.2:80", in a buffer that the caller frees. */
char *built_table_endpoints(const struct table_group *group, int family);

#endif
