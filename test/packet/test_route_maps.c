/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "routes_scene.h"

static void a_request_finds_its_endpoint(void **state)
{
	struct rule_set set;
	struct endpoint endpoint;
	struct object_name name;
	uint32_t id;
	struct ip_address expected = small_address("10.0.0.1");

	(void)state;
	small_route(&routes.small, routes.host, "/a", "shop/web/a", "10.0.0.1");
	routes_apply();
	set = routes_set("/a");
	assert_int_equal(set.group_count, 1);
	assert_int_equal(set.group[0].weight_end, 1);
	assert_int_equal(set.group[0].count, 1);
	id = routes_member(&set, 0, 0);
	routes_read("endpoints", &id, &endpoint);
	assert_memory_equal(&endpoint.address, &expected, sizeof(expected));
	assert_int_equal(endpoint.port, htons(8080));
	assert_int_equal(endpoint.in_use, 1);
	id = routes_rule_id("/a");
	routes_read("rule_names", &id, &name);
	assert_string_equal(name.text, "shop/web/a");
}

static void the_host_says_what_to_look_for(void **state)
{
	size_t rule = small_route(&routes.small, routes.host, "/a/b", "r", "10.0.0.1");
	struct host host;

	(void)state;
	routes.small.hosts[routes.host].default_rule = rule;
	routes_apply();
	assert_int_equal(routes_find_host(&host), 0);
	assert_int_equal(host.prefix_depths, 1 << 2);
	assert_int_equal(host.has_exact, 0);
	assert_int_equal(host.default_rule, routes_rule_id("/a/b"));
	assert_int_equal(host.name_length, sizeof(ROUTES_HOST) - 1);
	assert_string_equal(host.name, ROUTES_HOST);
}

static void the_same_table_again_writes_nothing(void **state)
{
	(void)state;
	small_route(&routes.small, routes.host, "/a", "r", "10.0.0.1");
	routes_apply();
	assert_true(routes.change.writes > 0);
	routes_apply();
	assert_int_equal(routes.change.writes, 0);
}

static void a_new_endpoint_changes_one_rule_only(void **state)
{
	uint32_t other, version;

	(void)state;
	small_route(&routes.small, routes.host, "/a", "a", "10.0.0.1");
	small_route(&routes.small, routes.host, "/b", "b", "10.0.0.2");
	routes_apply();
	other = routes_rule("/b").set[0];
	version = routes_set("/a").version;
	assert_int_not_equal(version, 0);
	assert_int_not_equal(routes_set("/b").version, version);
	small_endpoint(&routes.small.groups[0][0], "10.0.0.3");
	routes_apply();
	assert_int_equal(routes.change.endpoints_added, 1);
	assert_int_equal(routes.change.rules_changed, 1);
	assert_int_equal(routes_rule("/b").set[0], other);
	assert_int_equal(routes_set("/a").group[0].count, 2);
	assert_int_not_equal(routes_set("/a").version, version);
}

static void what_goes_is_taken_out_of_every_map(void **state)
{
	struct listener_key key = routes_listener_key(ROUTES_LISTENER);
	struct listener listener;
	struct path_entry entry;
	struct endpoint endpoint;
	struct rule_set set;
	struct rule rule;
	uint32_t id, member;

	(void)state;
	small_route(&routes.small, routes.host, "/a", "a", "10.0.0.1");
	routes_apply();
	id = routes_rule_id("/a");
	set = routes_set("/a");
	member = routes_member(&set, 0, 0);
	routes_begin();
	routes_apply();
	assert_int_equal(routes.change.rules_removed, 1);
	assert_int_equal(routes_find_path("/a", &entry), -ENOENT);
	routes_read("rules", &id, &rule);
	assert_int_equal(rule.in_use, 0);
	routes_read("endpoints", &member, &endpoint);
	assert_int_equal(endpoint.in_use, 0);
	routes.small.table.listener_count = 0;
	routes_apply();
	assert_int_equal(bpf_map_lookup_elem(routes_map("listeners"), &key, &listener), -ENOENT);
}

static void a_rule_may_become_a_redirect_and_back(void **state)
{
	struct table_rule *rule;
	struct redirect redirect;
	uint32_t place;

	(void)state;
	small_route(&routes.small, routes.host, "/a", "a", "10.0.0.1");
	routes_apply();
	rule = &routes.small.rules[0];
	rule->action = RULE_REDIRECT;
	rule->redirect = (struct redirect){.status = 308, .path_length = 4, .path = "/new"};
	routes_apply();
	assert_int_equal(routes_rule("/a").action, RULE_REDIRECT);
	place = routes_rule("/a").redirect;
	routes_read("redirects", &place, &redirect);
	assert_int_equal(redirect.status, 308);
	rule->action = RULE_BACKENDS;
	routes_apply();
	assert_int_equal(routes_rule("/a").action, RULE_BACKENDS);
	assert_int_equal(routes_set("/a").group[0].count, 1);
}

static void what_a_listener_has_learnt_stays(void **state)
{
	struct listener_key key = routes_listener_key("10.96.0.2");
	struct listener listener;
	uint32_t table;

	(void)state;
	small_listener(&routes.small, "10.96.0.2", 80, 1);
	routes_apply();
	routes_read("listeners", &key, &listener);
	table = listener.table;
	listener.learned = LISTENER_NO_SACK;
	bpf_map_update_elem(routes_map("listeners"), &key, &listener, BPF_ANY);
	routes.small.listeners[1].table = 2;
	small_host(&routes.small, 2, HOST_ANY, "");
	routes_apply();
	routes_read("listeners", &key, &listener);
	assert_int_not_equal(listener.table, table);
	assert_int_equal(listener.learned, LISTENER_NO_SACK);
}

static void a_full_map_changes_nothing(void **state)
{
	static char names[ROUTES_RULES + 8][16];

	(void)state;
	small_route(&routes.small, routes.host, "/a", "a", "10.0.0.1");
	routes_apply();
	routes_begin();
	for (int i = 0; i < ROUTES_RULES + 8; i++) {
		snprintf(names[i], sizeof(names[i]), "r%d", i);
		small_rule(&routes.small, names[i]);
	}
	assert_int_equal(route_maps_apply(routes.maps, &routes.small.table, &routes.change),
			 -ENOSPC);
	assert_string_equal(routes.change.full, "rules");
	assert_int_equal(routes_set("/a").group[0].count, 1);
	routes_begin();
	small_route(&routes.small, routes.host, "/a", "a", "10.0.0.1");
	routes_apply();
	assert_int_equal(routes.change.writes, 0);
}

static void an_endpoint_in_use_by_flows_is_not_overwritten(void **state)
{
	struct endpoint_stats stats = {.active = 1};
	struct rule_set set;
	uint32_t old;

	(void)state;
	small_route(&routes.small, routes.host, "/a", "a", "10.0.0.1");
	routes_apply();
	set = routes_set("/a");
	old = routes_member(&set, 0, 0);
	bpf_map_update_elem(routes_map("endpoint_stats"), &old, &stats, BPF_ANY);
	for (int i = 0; i < 62; i++) {
		routes.small.endpoints[0][0][0][0].port = (uint16_t)(9000 + i);
		if (route_maps_apply(routes.maps, &routes.small.table, &routes.change))
			break;
		set = routes_set("/a");
		assert_int_not_equal(routes_member(&set, 0, 0), old);
	}
	routes_read("endpoint_stats", &old, &stats);
	assert_int_equal(stats.active, 1);
}

static const struct CMUnitTest tests[] = {
	TEST(a_request_finds_its_endpoint),
	TEST(the_host_says_what_to_look_for),
	TEST(the_same_table_again_writes_nothing),
	TEST(a_new_endpoint_changes_one_rule_only),
	TEST(what_goes_is_taken_out_of_every_map),
	TEST(a_rule_may_become_a_redirect_and_back),
	TEST(what_a_listener_has_learnt_stays),
	TEST(a_full_map_changes_nothing),
	TEST(an_endpoint_in_use_by_flows_is_not_overwritten),
};

int main(void)
{
	return routes_run_tests("test_route_maps", tests, sizeof(tests) / sizeof(tests[0]));
}
