/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The routes that every packet test begins with, written into the maps. Any host:
 *   /          pod 0                    /pair     pods 0 and 1, in turn
 *   /api       pod 1                    /empty    a backend without endpoint
 *   /moved     redirect 301             /missing  a backend that does not exist
 *   /more/0 ... /more/3   pod 2, each a rule of its own
 *   anything else is below "/"; the second listener knows only /only, on pod 0.
 */
#ifndef PATHROUTE_TEST_HARNESS_ROUTES_H
#define PATHROUTE_TEST_HARNESS_ROUTES_H

#include "harness_testbed.h"

#define ROUTES_TABLE 1
#define ROUTES_OTHER_TABLE 2
#define ROUTES_POD_PORT 8080
#define ROUTES_MORE 4 /* rules from RULE_MORE on */

enum routes_rule {
	RULE_NONE = 0,
	RULE_ROOT,
	RULE_API,
	RULE_PAIR,
	RULE_EMPTY,
	RULE_MISSING,
	RULE_MOVED,
	RULE_ONLY,
	RULE_MORE,
};

struct routes {
	struct testbed *testbed;
	uint32_t sets, members, hosts;
	uint32_t versions; /* given to sets so far */
	bool ipv6;
};

void routes_write(struct routes *routes, struct testbed *testbed, bool ipv6);

/* Endpoint ids are those of the pods: pod 0 of IPv4 is 1, of IPv6 is 1 + NETWORK_PODS. */
uint32_t routes_endpoint(const struct routes *routes, unsigned pod);
struct ip_address routes_pod_address(bool ipv6, unsigned pod);
struct ip_address routes_listener(bool ipv6, bool other);

/* Points a rule at these pods, in turn: a new set, as the agent writes it. */
void routes_set_pods(struct routes *routes, enum routes_rule rule, const unsigned *pods,
		     unsigned count);

/* Parts of the same: members in the list, and a rule with a set of any groups. */
uint32_t routes_add_members(struct routes *routes, const unsigned *pods, unsigned count);
void routes_set_rule(struct routes *routes, enum routes_rule rule, const struct rule_set *set,
		     enum load_balancing algorithm);

/* What RULE_MOVED answers. */
void routes_set_redirect(struct routes *routes, const struct redirect *redirect);

/* As the agent does before it adds a listener or an endpoint of that port. */
void routes_use_port(const struct routes *routes, enum ports_kind kind, uint16_t port);

void routes_add_listener(struct routes *routes, const struct ip_address *address, uint16_t port,
			 uint32_t table);

/* All keys of the cookies the same (0: none). */
void routes_write_cookie_keys(const struct testbed *testbed, uint64_t word);

#endif
