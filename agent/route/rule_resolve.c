/* SPDX-License-Identifier: Apache-2.0 */
#include "rule_resolve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../base/cleanup.h"
#include "backend_resolve.h"

/* The backends of a rule or of the default. */
struct backends {
	const struct route_backend *first;
	size_t count;
};

static void table_rule_donep(struct table_rule *rule)
{
	table_rule_done(rule);
}

static int name_rule(const struct object *route, const char *name, struct table_rule *rule)
{
	if (asprintf(&rule->name, "%s/%s/%s", route->namespace, route->name, name) < 0) {
		rule->name = NULL;
		return -ENOMEM;
	}
	return 0;
}

static bool has_endpoint(const struct table_rule *rule)
{
	size_t i;

	for (i = 0; i < rule->group_count; i++) {
		if (rule->groups[i].endpoint_count[0] || rule->groups[i].endpoint_count[1])
			return true;
	}
	return false;
}

static int add_group(const struct rule_source *source, const struct route_backend *backend,
		     struct route_condition *condition, struct table_rule *rule)
{
	struct table_group group;
	int error;

	error = backend_resolve(source, backend, condition, &group);
	if (error)
		return error;
	if (group.weight > 0)
		rule->groups[rule->group_count++] = group;
	else
		table_group_done(&group);
	return 0;
}

static int add_groups(const struct rule_source *source, const struct backends *backends,
		      struct route_status *status, struct table_rule *rule)
{
	size_t i;
	int error = 0;

	rule->groups = calloc(backends->count, sizeof(*rule->groups));
	if (!rule->groups)
		return -ENOMEM;
	for (i = 0; i < backends->count && !error; i++)
		error = add_group(source, &backends->first[i], &status->resolved_refs, rule);
	if (!error && !has_endpoint(rule))
		route_condition_fail(&status->ready, "NoReadyEndpoints", "rule %s", rule->name);
	return error;
}

static struct table_rule start_rule(const struct object *route, const struct route_rule *from)
{
	struct table_rule rule = {
		.ambiguous = route->path_route.ambiguous,
		.algorithm = BALANCE_LEAST_REQUESTS,
	};

	if (from) {
		rule.action = from->action;
		rule.algorithm = from->algorithm;
		if (from->action == RULE_REDIRECT)
			rule.redirect = from->redirect;
	}
	return rule;
}

int rule_resolve(const struct rule_source *source, size_t number, struct route_status *status,
		 struct table_rule *ret_rule)
{
	const struct object *route = source->route;
	const struct path_route *content = &route->path_route;
	const struct route_rule *from =
		number < content->rule_count ? &content->rules[number] : NULL;
	_cleanup_(table_rule_donep) struct table_rule rule = start_rule(route, from);
	struct backends backends = {content->default_backend, 1};
	int error;

	if (from)
		backends = (struct backends){from->backends, from->backend_count};
	error = name_rule(route, from ? from->name : ROUTE_DEFAULT_RULE, &rule);
	if (!error && rule.action == RULE_BACKENDS)
		error = add_groups(source, &backends, status, &rule);
	if (error)
		return error;
	*ret_rule = rule;
	rule = (struct table_rule){0};
	return 0;
}
