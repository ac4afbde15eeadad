/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route_plan_parts.h"

static int plan_redirect(struct route_plan *plan, const struct table_rule *from,
			 struct image_rule *old, struct image_rule *rule)
{
	int error;

	rule->redirect = malloc(sizeof(*rule->redirect));
	if (!rule->redirect)
		return -ENOMEM;
	*rule->redirect = from->redirect;
	if (old && old->redirect &&
	    !memcmp(old->redirect, rule->redirect, sizeof(*rule->redirect))) {
		rule->value.redirect = old->value.redirect;
		old->redirect_kept = true;
		return 0;
	}
	error = plan_take_id(plan, &plan->input->pools->redirects, "redirects",
			     &rule->value.redirect);
	rule->redirect_fresh = !error;
	return error;
}

int plan_rule_sets(struct route_plan *plan, const struct table_rule *from, struct image_rule *old,
		   struct image_rule *rule)
{
	for (int family = 0; family < IMAGE_FAMILIES; family++) {
		struct image_set *before = old ? old->sets[family] : NULL;
		int error = plan_set(plan, from, family, before, &rule->sets[family]);

		if (error)
			return error;
		if (!rule->sets[family])
			continue;
		rule->value.set[family] = rule->sets[family]->id;
		if (before && !rule->sets[family]->fresh)
			before->kept = true;
	}
	return 0;
}

static int plan_rule(struct route_plan *plan, const struct table_rule *from)
{
	struct image_rule *old = route_image_find_rule(plan->input->old, from->name);
	struct image_rule *rule = route_image_add_rule(plan->image, from->name);
	int error = 0;

	if (!rule)
		return -ENOMEM;
	rule->before = old;
	if (old)
		rule->id = old->id;
	else
		error = plan_take_id(plan, &plan->input->pools->rules, "rules", &rule->id);
	if (error)
		return error;
	rule->fresh = !old;
	if (old)
		old->kept = true;
	rule->value.action = (uint8_t)from->action;
	rule->value.algorithm = (uint8_t)from->algorithm;
	rule->value.ambiguous = (uint8_t)from->ambiguous;
	rule->value.in_use = 1;
	return from->action == RULE_REDIRECT ? plan_redirect(plan, from, old, rule)
					     : plan_rule_sets(plan, from, old, rule);
}

int plan_rules(struct route_plan *plan)
{
	const struct route_table *table = plan->input->table;

	for (size_t i = 0; i < table->rule_count; i++) {
		int error = plan_rule(plan, &table->rules[i]);

		if (error)
			return error;
	}
	return 0;
}
