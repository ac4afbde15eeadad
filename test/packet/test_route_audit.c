/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/datapath/route_audit.h"
#include "../../bpf/lib/route_hash.h"
#include "routes_scene.h"

#define TOLD_MAX 32

static struct {
	size_t count;
	char lines[TOLD_MAX][256];
} told;

static void difference_note(void *context, const struct audit_difference *difference)
{
	(void)context;
	assert_true(told.count < TOLD_MAX);
	snprintf(told.lines[told.count++], sizeof(told.lines[0]), "%s %s %s%s%s", difference->kind,
		 difference->name, route_audit_word(difference->finding),
		 *difference->detail ? ": " : "", difference->detail);
}

static size_t audit(void)
{
	struct audit_sink sink = {.tell = difference_note, .report = &routes.sink};
	size_t count = 0;

	told.count = 0;
	assert_int_equal(route_audit_run(routes.directory, &routes.small.table, &sink, &count), 0);
	assert_int_equal(count, told.count);
	return count;
}

static void expect(const char *line)
{
	for (size_t i = 0; i < told.count; i++) {
		if (!strcmp(told.lines[i], line))
			return;
		print_message("told: %s\n", told.lines[i]);
	}
	fail_msg("not told: %s", line);
}

static void routes_make(void)
{
	size_t old = small_rule(&routes.small, "shop/web/old");

	routes.small.rules[old].action = RULE_REDIRECT;
	routes.small.rules[old].redirect.status = 302;
	small_path(&routes.small, routes.host, "/old", old);
	small_route(&routes.small, routes.host, "/api", "shop/web/api", "10.0.0.1");
	small_route(&routes.small, routes.host, "/img", "shop/web/img", "10.0.0.2");
	routes_apply();
	assert_int_equal(audit(), 0);
}

/* Believes nothing of the maps, writes what differs, and nothing is left to tell. */
static void repair(void)
{
	route_maps_forget(routes.maps);
	routes_apply();
	assert_true(routes.change.writes > 0);
	assert_int_equal(audit(), 0);
}

static struct path_key path_key_of(const char *path)
{
	struct host host;

	assert_int_equal(routes_find_host(&host), 0);
	return (struct path_key){
		.hash = route_hash_path(routes_seed(), path, (uint32_t)strlen(path)),
		.host = host.id,
		.kind = PATH_PREFIX,
	};
}

static void maps_as_written_do_not_differ(void **state)
{
	(void)state;
	routes_make();
	routes_restart();
	assert_int_equal(audit(), 0);
}

static void an_audit_writes_nothing(void **state)
{
	(void)state;
	routes_make();
	small_route(&routes.small, routes.host, "/new", "shop/web/new", "10.0.0.3");
	assert_int_equal(audit(), 3);
	expect("path a.example /new/ at 10.96.0.1:80 missing");
	expect("rule shop/web/new missing");
	expect("endpoint 10.0.0.3:8080 of shop/web/new missing");
	assert_int_equal(audit(), 3);
}

static void a_path_that_was_deleted_is_told_and_repaired(void **state)
{
	struct path_key key;

	(void)state;
	routes_make();
	key = path_key_of("/api");
	assert_int_equal(bpf_map_delete_elem(routes_map("paths"), &key), 0);
	assert_int_equal(audit(), 1);
	expect("path a.example /api/ at 10.96.0.1:80 missing");
	repair();
}

static void a_port_that_was_cleared_is_told_and_repaired(void **state)
{
	uint32_t listeners = PORTS_USED_WORD(PORTS_LISTENER, htons(80));
	uint32_t endpoints = PORTS_USED_WORD(PORTS_ENDPOINT, htons(8080));
	uint64_t none = 0;

	(void)state;
	routes_make();
	bpf_map_update_elem(routes_map("ports_used"), &listeners, &none, BPF_ANY);
	bpf_map_update_elem(routes_map("ports_used"), &endpoints, &none, BPF_ANY);
	assert_int_equal(audit(), 2);
	expect("port 80 of listeners missing");
	expect("port 8080 of endpoints missing");
	repair();
}

static void a_listener_that_nobody_asked_for_is_told_and_repaired(void **state)
{
	struct listener_key key = routes_listener_key("10.96.0.99");
	struct listener listener = {.table = 1};

	(void)state;
	routes_make();
	assert_int_equal(bpf_map_update_elem(routes_map("listeners"), &key, &listener, BPF_ANY), 0);
	assert_int_equal(audit(), 1);
	expect("listener 10.96.0.99:80 unexpected");
	repair();
}

static void a_path_that_leads_elsewhere_is_told_and_repaired(void **state)
{
	struct path_key key;
	struct path_entry entry;

	(void)state;
	routes_make();
	key = path_key_of("/api");
	routes_read("paths", &key, &entry);
	entry.rule[0] = routes_rule_id("/img");
	assert_int_equal(bpf_map_update_elem(routes_map("paths"), &key, &entry, BPF_ANY), 0);
	assert_int_equal(audit(), 1);
	expect("path a.example /api/ at 10.96.0.1:80 different: leads to another rule");
	repair();
}

static void another_member_of_a_rule_is_told_and_repaired(void **state)
{
	struct rule_set api, img;
	uint32_t member;

	(void)state;
	routes_make();
	api = routes_set("/api");
	img = routes_set("/img");
	routes_read("members", &img.group[0].first, &member);
	assert_int_equal(
		bpf_map_update_elem(routes_map("members"), &api.group[0].first, &member, BPF_ANY),
		0);
	assert_int_equal(audit(), 1);
	expect("rule shop/web/api different: endpoints (IPv4)");
	repair();
}

static void an_endpoint_with_another_address_is_told_and_repaired(void **state)
{
	struct rule_set set;
	struct endpoint endpoint;
	uint32_t member;

	(void)state;
	routes_make();
	set = routes_set("/api");
	routes_read("members", &set.group[0].first, &member);
	routes_read("endpoints", &member, &endpoint);
	endpoint.address = small_address("10.66.66.66");
	assert_int_equal(bpf_map_update_elem(routes_map("endpoints"), &member, &endpoint, BPF_ANY),
			 0);
	audit();
	expect("endpoint 10.66.66.66:8080 of shop/web/api unexpected");
	expect("endpoint 10.0.0.1:8080 of shop/web/api missing");
	repair();
}

static void a_rule_that_does_something_else_is_told_and_repaired(void **state)
{
	struct rule rule;
	uint32_t id;

	(void)state;
	routes_make();
	id = routes_rule_id("/api");
	rule = routes_rule("/api");
	rule.ambiguous = AMBIGUOUS_RAW;
	assert_int_equal(bpf_map_update_elem(routes_map("rules"), &id, &rule, BPF_ANY), 0);
	assert_int_equal(audit(), 1);
	expect("rule shop/web/api different: settings");
	repair();
}

static void a_redirect_to_elsewhere_is_told_and_repaired(void **state)
{
	struct redirect redirect;
	uint32_t id;

	(void)state;
	routes_make();
	id = routes_rule("/old").redirect;
	routes_read("redirects", &id, &redirect);
	redirect.status = 308;
	assert_int_equal(bpf_map_update_elem(routes_map("redirects"), &id, &redirect, BPF_ANY), 0);
	assert_int_equal(audit(), 1);
	expect("rule shop/web/old different: redirect");
	repair();
}

static void where_nothing_is_installed_there_is_nothing_to_audit(void **state)
{
	struct audit_sink sink = {.tell = difference_note, .report = &routes.sink};
	char directory[PINS_PATH_MAX + 8];
	size_t count = 77;

	(void)state;
	snprintf(directory, sizeof(directory), "%s-none", routes.directory);
	assert_int_equal(route_audit_run(directory, &routes.small.table, &sink, &count), -ENOENT);
	assert_int_equal(count, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(maps_as_written_do_not_differ),
		TEST(an_audit_writes_nothing),
		TEST(a_path_that_was_deleted_is_told_and_repaired),
		TEST(a_port_that_was_cleared_is_told_and_repaired),
		TEST(a_listener_that_nobody_asked_for_is_told_and_repaired),
		TEST(a_path_that_leads_elsewhere_is_told_and_repaired),
		TEST(another_member_of_a_rule_is_told_and_repaired),
		TEST(an_endpoint_with_another_address_is_told_and_repaired),
		TEST(a_rule_that_does_something_else_is_told_and_repaired),
		TEST(a_redirect_to_elsewhere_is_told_and_repaired),
		TEST(where_nothing_is_installed_there_is_nothing_to_audit),
	};

	return routes_run_tests("route audit", tests, sizeof(tests) / sizeof(tests[0]));
}
