/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>

#include "../../bpf/lib/route_hash.h"
#include "harness_routes.h"

#define SEED 0x0123456789abcdefULL

static void put(const struct routes *routes, const char *map, uint32_t index, const void *value)
{
	bpf_map_update_elem(testbed_map(routes->testbed, map), &index, value, BPF_ANY);
}

struct ip_address routes_pod_address(bool ipv6, unsigned pod)
{
	char text[64];

	snprintf(text, sizeof(text), ipv6 ? "fd00:10:%x::2" : "10.1.%u.2", pod);
	return segment_address(text);
}

struct ip_address routes_listener(bool ipv6, bool other)
{
	if (ipv6)
		return segment_address(other ? "fd00:5::81" : "fd00:5::80");
	return segment_address(other ? "198.51.100.81" : "198.51.100.80");
}

uint32_t routes_endpoint(const struct routes *routes, unsigned pod)
{
	return 1 + pod + (routes->ipv6 ? NETWORK_PODS : 0);
}

void routes_use_port(const struct routes *routes, enum ports_kind kind, uint16_t port)
{
	uint32_t index = PORTS_USED_WORD(kind, htons(port));
	int map = testbed_map(routes->testbed, "ports_used");
	uint64_t word = 0;

	bpf_map_lookup_elem(map, &index, &word);
	word |= PORTS_USED_BIT(htons(port));
	bpf_map_update_elem(map, &index, &word, BPF_ANY);
}

static void write_endpoints(struct routes *routes)
{
	for (unsigned pod = 0; pod < NETWORK_PODS; pod++) {
		struct endpoint endpoint = {
			.address = routes_pod_address(routes->ipv6, pod),
			.port = htons(ROUTES_POD_PORT),
			.in_use = 1,
		};

		put(routes, "endpoints", routes_endpoint(routes, pod), &endpoint);
	}
	routes_use_port(routes, PORTS_ENDPOINT, ROUTES_POD_PORT);
}

uint32_t routes_add_members(struct routes *routes, const unsigned *pods, unsigned count)
{
	uint32_t first = routes->members;

	for (unsigned i = 0; i < count; i++) {
		uint32_t endpoint = routes_endpoint(routes, pods[i]);

		put(routes, "members", routes->members++, &endpoint);
	}
	return first;
}

void routes_set_rule(struct routes *routes, enum routes_rule number, const struct rule_set *set,
		     enum load_balancing algorithm)
{
	struct rule rule = {.algorithm = (uint8_t)algorithm, .in_use = 1};
	struct rule_set version = *set;

	version.version = ++routes->versions;
	put(routes, "rule_sets", routes->sets, &version);
	rule.set[routes->ipv6] = routes->sets++;
	put(routes, "rules", number, &rule);
}

static void write_rule(struct routes *routes, enum routes_rule rule, const unsigned *pods,
		       unsigned count, uint32_t flags)
{
	struct rule_set set = {
		.group_count = 1,
		.group[0] = {1, routes_add_members(routes, pods, count), count, flags},
	};

	routes_set_rule(routes, rule, &set, BALANCE_ROUND_ROBIN);
}

void routes_set_pods(struct routes *routes, enum routes_rule rule, const unsigned *pods,
		     unsigned count)
{
	write_rule(routes, rule, pods, count, 0);
}

void routes_set_redirect(struct routes *routes, const struct redirect *redirect)
{
	struct rule rule = {.action = RULE_REDIRECT, .in_use = 1, .redirect = 1};

	put(routes, "redirects", 1, redirect);
	put(routes, "rules", RULE_MOVED, &rule);
}

static void write_path(struct routes *routes, uint32_t host, const char *path, uint32_t rule)
{
	struct path_entry entry = {.length = (uint16_t)strlen(path)};
	struct path_key key = {
		.hash = route_hash_path(SEED, (const uint8_t *)path, entry.length),
		.host = host,
		.kind = PATH_PREFIX,
	};

	entry.rule[HTTP_METHOD_OTHER] = rule;
	memcpy(entry.path, path, entry.length);
	bpf_map_update_elem(testbed_map(routes->testbed, "paths"), &key, &entry, BPF_ANY);
}

static void write_any_host(const struct routes *routes, uint32_t table, uint32_t id,
			   uint32_t depths)
{
	struct host_key key = {.table = table, .kind = HOST_ANY};
	struct host host = {.id = id, .prefix_depths = depths};

	bpf_map_update_elem(testbed_map(routes->testbed, "hosts"), &key, &host, BPF_ANY);
}

void routes_add_listener(struct routes *routes, const struct ip_address *address, uint16_t port,
			 uint32_t table)
{
	struct listener_key key = {.address = *address, .port = htons(port)};
	struct listener listener = {.table = table};

	routes_use_port(routes, PORTS_LISTENER, port);
	bpf_map_update_elem(testbed_map(routes->testbed, "listeners"), &key, &listener, BPF_ANY);
}

void routes_write_cookie_keys(const struct testbed *testbed, uint64_t word)
{
	for (uint32_t i = 0; i < COOKIE_KEYS; i++) {
		struct cookie_key key = {{word ? word + i : 0, word}};

		bpf_map_update_elem(testbed_map(testbed, "cookie_keys"), &i, &key, BPF_ANY);
	}
}

static void write_reply(const struct routes *routes, uint32_t verdict, int status, const char *text)
{
	struct reply_template reply = {};
	int head, total;

	head = snprintf(reply.bytes, sizeof(reply.bytes),
			"HTTP/1.1 %d Refused\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
			status, strlen(text));
	total = head + snprintf(reply.bytes + head, sizeof(reply.bytes) - (size_t)head, "%s", text);
	reply.head_length = (uint16_t)head;
	reply.total_length = (uint16_t)total;
	put(routes, "replies", verdict, &reply);
}

static void write_replies(const struct routes *routes)
{
#define X(symbol, label, class, status, text)                                    \
	if (VERDICT_CLASS_##class == VERDICT_CLASS_REPLY && (status) / 100 != 3) \
		write_reply(routes, VERDICT_##symbol, status, text "\n");
	VERDICTS(X)
#undef X
}

static void write_devices(const struct routes *routes)
{
	const struct network *network = &routes->testbed->network;
	const int ifindexes[] = {network->client.ifindex, network->pod[0].ifindex,
				 network->pod[1].ifindex, network->pod[2].ifindex};

	for (unsigned i = 0; i < sizeof(ifindexes) / sizeof(ifindexes[0]); i++) {
		struct device device = {.flags = DEVICE_PEER, .mtu = 1500};

		bpf_map_update_elem(testbed_map(routes->testbed, "devices"), &ifindexes[i], &device,
				    BPF_ANY);
	}
}

static void write_rules(struct routes *routes)
{
	static const unsigned pods[] = {0, 1, 2};
	const struct redirect moved = {
		.status = 301,
		.flags = REDIRECT_HAS_PATH,
		.path_length = 4,
		.path = "/new",
	};

	routes_set_pods(routes, RULE_ROOT, pods, 1);
	routes_set_pods(routes, RULE_API, pods + 1, 1);
	routes_set_pods(routes, RULE_PAIR, pods, 2);
	routes_set_pods(routes, RULE_EMPTY, pods, 0);
	routes_set_pods(routes, RULE_ONLY, pods, 1);
	write_rule(routes, RULE_MISSING, pods, 0, GROUP_MISSING);
	routes_set_redirect(routes, &moved);
	for (unsigned i = 0; i < ROUTES_MORE; i++)
		routes_set_pods(routes, RULE_MORE + i, pods + 2, 1);
}

static void write_paths(struct routes *routes)
{
	char path[] = "/more/0";

	for (unsigned i = 0; i < ROUTES_MORE; i++, path[6]++)
		write_path(routes, 1, path, RULE_MORE + i);
	write_any_host(routes, ROUTES_TABLE, 1, 1 << 0 | 1 << 1 | 1 << 2);
	write_path(routes, 1, "", RULE_ROOT);
	write_path(routes, 1, "/api", RULE_API);
	write_path(routes, 1, "/pair", RULE_PAIR);
	write_path(routes, 1, "/empty", RULE_EMPTY);
	write_path(routes, 1, "/missing", RULE_MISSING);
	write_path(routes, 1, "/moved", RULE_MOVED);
	write_any_host(routes, ROUTES_OTHER_TABLE, 2, 1 << 1);
	write_path(routes, 2, "/only", RULE_ONLY);
}

void routes_write(struct routes *routes, struct testbed *testbed, bool ipv6)
{
	struct route_meta meta = {.hash_seed = SEED};
	struct ip_address listener = routes_listener(ipv6, false);
	struct ip_address other = routes_listener(ipv6, true);

	*routes = (struct routes){.testbed = testbed, .sets = 1, .members = 1, .ipv6 = ipv6};
	put(routes, "route_meta", 0, &meta);
	routes_write_cookie_keys(testbed, 0x1122334455667788ULL);
	write_replies(routes);
	write_devices(routes);
	write_endpoints(routes);
	write_rules(routes);
	write_paths(routes);
	routes_add_listener(routes, &listener, 80, ROUTES_TABLE);
	routes_add_listener(routes, &other, 80, ROUTES_OTHER_TABLE);
}
