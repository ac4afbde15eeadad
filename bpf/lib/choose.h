/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a complete head to the rule of the flow. */
#ifndef PATHROUTE_CHOOSE_H
#define PATHROUTE_CHOOSE_H

#include "flow.h"
#include "http_path.h"

#include "route_find.h"

static __always_inline int choose_is_redirect(__u32 id)
{
	struct rule *rule = bpf_map_lookup_elem(&rules, &id);

	return rule && rule->action == RULE_REDIRECT;
}

/* Finds the rule for the complete head in `hold`, into s->match, or yields the verdict to answer
 * with. */
__noinline int choose_rule(struct scratch *s, struct hold_large *hold, __u32 slot)
{
	struct listener_key key = {};
	struct flow *flow = flow_at(slot);
	struct listener *listener;
	struct route_meta *meta;
	__u32 zero = 0;

	if (!s || !hold || !flow)
		return VERDICT_INTERNAL;
	s->match.rule = 0;
	key.address = flow->listener;
	key.port = flow->listener_port;
	listener = bpf_map_lookup_elem(&listeners, &key);
	meta = bpf_map_lookup_elem(&route_meta, &zero);
	if (!listener || !meta)
		return VERDICT_NO_ROUTE;
	s->route.table = listener->table;
	s->route.seed = meta->hash_seed;
	return route_find(&s->route, hold, &s->match);
}

#endif
