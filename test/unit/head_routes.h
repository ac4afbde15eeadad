/* SPDX-License-Identifier: Apache-2.0 */
/* A few hosts, paths and rules in memory, where route_find() looks them up. One set at a time. */
#ifndef PATHROUTE_TEST_HEAD_ROUTES_H
#define PATHROUTE_TEST_HEAD_ROUTES_H

#include <stddef.h>
#include <stdint.h>

#include "../../bpf/lib/hold_large.h"
#include "../../bpf/lib/route_match.h"

#define HEAD_ROUTES_HOSTS 16
#define HEAD_ROUTES_PATHS 64
#define HEAD_ROUTES_RULES 64
#define HEAD_ROUTES_TABLE 7

struct head_routes_host {
	struct host_key key;
	struct host value;
};

struct head_routes_path {
	struct path_key key;
	struct path_entry value;
};

struct head_routes {
	uint64_t seed;
	struct head_routes_host hosts[HEAD_ROUTES_HOSTS];
	struct head_routes_path paths[HEAD_ROUTES_PATHS];
	struct rule rules[HEAD_ROUTES_RULES];
	size_t host_count;
	size_t path_count;
};

extern struct head_routes head_routes;

/* Forgets everything. */
void head_routes_init(uint64_t seed);

/* Adds a host, named as in struct host, or finds it; NULL when there is no room. */
struct head_routes_host *head_routes_host(enum host_kind kind, const char *name,
					  uint32_t default_rule);

/* Adds a rule for a path (a Prefix without trailing slash) of a host. */
void head_routes_path(struct head_routes_host *host, enum path_kind kind, const char *path,
		      enum http_method method, uint32_t rule);

/* Routes a head that was parsed. */
int head_routes_find(struct hold_large *hold, struct route_match *ret_match);

#endif
