/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The look-ups of route_find.h in the kernel's maps. */
#ifndef PATHROUTE_ROUTE_LOOKUP_H
#define PATHROUTE_ROUTE_LOOKUP_H

#include "maps.h"

static __always_inline struct host *route_lookup_host(const struct host_key *key)
{
	return bpf_map_lookup_elem(&hosts, key);
}

static __always_inline struct path_entry *route_lookup_path(const struct path_key *key)
{
	return bpf_map_lookup_elem(&paths, key);
}

static __always_inline struct rule *route_lookup_rule(__u32 rule)
{
	return bpf_map_lookup_elem(&rules, &rule);
}

#endif
