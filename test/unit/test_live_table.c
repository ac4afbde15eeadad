/* SPDX-License-Identifier: Apache-2.0 */
/* A table that follows changes of endpoints always equals one that is built from the same store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/route/live_table.h"
#include "object_text.h"
#include "random_below.h"

#define STEPS 2000
#define SLICES 12
#define ENDPOINTS_MAX 4
#define SERVICES 5

static const char *const namespaces[] = {"shop", "forum"};

static const char objects[] =
	"---\n{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: "
	"{clusterIP: 10.96.0.10, ports: [{name: http, port: 80}]}}\n"
	"---\n{apiVersion: v1, kind: Service, metadata: {name: web, namespace: forum}, spec: "
	"{clusterIP: 10.96.0.11, ports: [{name: http, port: 80}]}}\n"
	"---\n{apiVersion: v1, kind: Service, metadata: {name: s0, namespace: shop}, spec: "
	"{ports: [{name: http, port: 80}, {name: admin, port: 81}]}}\n"
	"---\n{apiVersion: v1, kind: Service, metadata: {name: s1, namespace: shop}, spec: "
	"{ports: [{name: http, port: 80}], publishNotReadyAddresses: true}}\n"
	"---\n{apiVersion: v1, kind: Service, metadata: {name: s2, namespace: shop}, spec: "
	"{ports: [{name: http, port: 80}]}}\n"
	"---\n{apiVersion: v1, kind: Service, metadata: {name: s0, namespace: forum}, spec: "
	"{ports: [{name: http, port: 80}]}}\n";

static const char routes[] =
	"---\n"
	"apiVersion: pathroute.io/v1alpha1\n"
	"kind: PathRoute\n"
	"metadata: {name: a, namespace: shop}\n"
	"spec:\n"
	"  listeners: [{service: {name: web, port: 80}}]\n"
	"  rules:\n"
	"  - {name: one, match: {path: {value: /one}}, backends: [{service: {name: s0, port: "
	"http}}]}\n"
	"  - name: two\n"
	"    match: {path: {value: /two}}\n"
	"    backends: [{service: {name: s0, port: 80}}, {service: {name: s0, port: admin}, "
	"weight: 5}]\n"
	"  - {name: go, match: {path: {value: /go}}, redirect: {path: /one}}\n"
	"  defaultBackend: {service: {name: s2, port: http}}\n"
	"---\n"
	"apiVersion: pathroute.io/v1alpha1\n"
	"kind: PathRoute\n"
	"metadata: {name: b, namespace: shop}\n"
	"spec:\n"
	"  listeners: [{service: {name: web, port: 80}}]\n"
	"  rules:\n"
	"  - {name: lost, match: {path: {value: /one}}, backends: [{service: {name: s2, port: "
	"http}}]}\n"
	"  - name: own\n"
	"    match: {path: {value: /own}}\n"
	"    backends: [{service: {name: s1, port: http}}, {service: {name: s2, port: http}}]\n"
	"    loadBalancing: {algorithm: ClientIP}\n"
	"---\n"
	"apiVersion: pathroute.io/v1alpha1\n"
	"kind: PathRoute\n"
	"metadata: {name: c, namespace: shop}\n"
	"spec:\n"
	"  listeners: [{service: {name: web, port: 80}}]\n"
	"  rules:\n"
	"  - name: off\n"
	"    match: {path: {value: /off}}\n"
	"    backends: [{service: {name: s1, port: http}}, {service: {name: s2, port: http}, "
	"weight: 0}]\n"
	"  - {name: none, match: {path: {value: /none}}, backends: [{service: {name: s3, port: "
	"http}}]}\n"
	"---\n"
	"apiVersion: pathroute.io/v1alpha1\n"
	"kind: PathRoute\n"
	"metadata: {name: d, namespace: shop}\n"
	"spec:\n"
	"  className: other\n"
	"  listeners: [{service: {name: web, port: 80}}]\n"
	"  rules: [{name: x, match: {path: {value: /x}}, backends: [{service: {name: s0, port: "
	"http}}]}]\n"
	"---\n"
	"apiVersion: pathroute.io/v1alpha1\n"
	"kind: PathRoute\n"
	"metadata: {name: a, namespace: forum}\n"
	"spec:\n"
	"  listeners: [{service: {name: web, port: 80}}]\n"
	"  rules: [{name: one, match: {path: {value: /one}}, backends: [{service: {name: s0, port: "
	"http}}]}]\n";

static const struct route_table_options options = {.place = {"zone-a", "node-1"}};

static void group_compare(const struct table_group *left, const struct table_group *right)
{
	assert_string_equal(left->name, right->name);
	assert_int_equal(left->weight, right->weight);
	assert_int_equal(left->missing, right->missing);
	for (int family = 0; family < 2; family++) {
		assert_int_equal(left->endpoint_count[family], right->endpoint_count[family]);
		for (size_t i = 0; i < left->endpoint_count[family]; i++) {
			assert_memory_equal(&left->endpoints[family][i].address,
					    &right->endpoints[family][i].address,
					    sizeof(struct ip_address));
			assert_int_equal(left->endpoints[family][i].port,
					 right->endpoints[family][i].port);
		}
	}
}

static void rules_compare(const struct route_table *left, const struct route_table *right)
{
	assert_int_equal(left->rule_count, right->rule_count);
	for (size_t i = 0; i < left->rule_count; i++) {
		assert_string_equal(left->rules[i].name, right->rules[i].name);
		assert_int_equal(left->rules[i].action, right->rules[i].action);
		assert_int_equal(left->rules[i].algorithm, right->rules[i].algorithm);
		assert_int_equal(left->rules[i].group_count, right->rules[i].group_count);
		for (size_t j = 0; j < left->rules[i].group_count; j++)
			group_compare(&left->rules[i].groups[j], &right->rules[i].groups[j]);
	}
}

static void paths_compare(const struct route_table *left, const struct route_table *right)
{
	assert_int_equal(left->listener_count, right->listener_count);
	assert_int_equal(left->host_count, right->host_count);
	assert_int_equal(left->path_count, right->path_count);
	for (size_t i = 0; i < left->path_count; i++)
		assert_int_equal(left->paths[i].rule, right->paths[i].rule);
	for (size_t i = 0; i < left->host_count; i++)
		assert_int_equal(left->hosts[i].default_rule, right->hosts[i].default_rule);
}

static void condition_compare(const struct route_condition *left,
			      const struct route_condition *right)
{
	assert_int_equal(left->holds, right->holds);
	assert_int_equal(left->problems, right->problems);
	assert_string_equal(left->reason, right->reason);
	assert_string_equal(left->message, right->message);
}

static void reports_compare(const struct route_report *left, const struct route_report *right)
{
	assert_int_equal(left->route_count, right->route_count);
	for (size_t i = 0; i < left->route_count; i++) {
		assert_string_equal(left->routes[i].name, right->routes[i].name);
		condition_compare(&left->routes[i].accepted, &right->routes[i].accepted);
		condition_compare(&left->routes[i].resolved_refs, &right->routes[i].resolved_refs);
		condition_compare(&left->routes[i].ready, &right->routes[i].ready);
	}
}

static void slice_name(char name[16], size_t number)
{
	snprintf(name, 16, "slice-%zu", number);
}

/* Any service, also one that nobody uses or that does not exist; either family. */
static void slice_put(struct route_store *store, size_t number)
{
	static const char *const truth[] = {"true", "false"};
	static const char *const hints[] = {
		"",
		", hints: {forZones: [{name: zone-a}]}",
		", hints: {forZones: [{name: zone-a}]}",
		", hints: {forZones: [{name: zone-b}]}",
		", hints: {forZones: [{name: zone-a}], forNodes: [{name: node-1}]}",
	};
	bool ipv6 = random_below(3) == 0;
	char text[2048], name[16];
	size_t length;

	slice_name(name, number);
	length = (size_t)snprintf(
		text, sizeof(text),
		"---\n{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: %s, "
		"namespace: %s, labels: {kubernetes.io/service-name: s%u}}, addressType: %s, "
		"ports: [{name: http, port: 8080}, {name: admin, port: 8081}], endpoints: [",
		name, namespaces[number % 4 == 0], random_below(SERVICES), ipv6 ? "IPv6" : "IPv4");
	for (uint32_t left = random_below(ENDPOINTS_MAX + 1); left; left--)
		length += (size_t)snprintf(
			text + length, sizeof(text) - length,
			"{addresses: ['%s%u'], conditions: {ready: %s, serving: %s, "
			"terminating: %s}%s}%s",
			ipv6 ? "fd00::" : "10.0.0.", 1 + random_below(9), truth[random_below(2)],
			truth[random_below(2)], truth[random_below(2)], hints[random_below(5)],
			left > 1 ? ", " : "");
	snprintf(text + length, sizeof(text) - length, "]}\n");
	object_text_store(store, text);
}

static void slice_change(struct route_store *store)
{
	size_t number = random_below(SLICES);
	char name[16];
	struct object_key key = {OBJECT_ENDPOINT_SLICE, namespaces[number % 4 == 0], name};

	slice_name(name, number);
	if (random_below(4))
		slice_put(store, number);
	else
		route_store_remove(store, &key);
}

struct notes {
	const struct route_report *report;
	size_t count;
};

static void change_note(void *context, const struct route_status *status,
			const struct route_status *before)
{
	struct notes *notes = context;

	assert_in_range(status - notes->report->routes, 0, notes->report->route_count - 1);
	assert_true(status->ready.problems != before->ready.problems ||
		    strcmp(status->ready.message, before->ready.message));
	notes->count++;
}

/* Whatever differs between the tables is among the touched rules. */
static void touched_check(const struct live_touched *touched, const struct route_table *table)
{
	for (size_t i = 0; i < touched->rule_count; i++) {
		assert_in_range(touched->rules[i], 0, table->rule_count - 1);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(touched->rules[i], touched->rules[j]);
	}
}

static struct live_table live_begin(struct route_store *store)
{
	struct live_table live;

	object_text_store(store, objects);
	object_text_store(store, routes);
	for (size_t i = 0; i < SLICES; i++)
		slice_put(store, i);
	assert_true(route_store_changes(store)->others);
	assert_int_equal(live_table_build(store, &options, &live), 0);
	route_store_settle(store);
	return live;
}

static size_t refresh(struct live_table *live, struct route_store *store)
{
	struct notes notes = {.report = &live->report};
	struct live_touched touched = {.context = &notes, .status_changed = change_note};
	const struct store_changes *changes = route_store_changes(store);

	assert_false(changes->others);
	assert_int_equal(live_table_refresh(live, store, &options.place, &touched), 0);
	route_store_settle(store);
	touched_check(&touched, live->table);
	free(touched.rules);
	return notes.count;
}

static void after_any_changes_it_equals_a_new_build(void **state)
{
	struct route_store *store;
	struct live_table live, anew;
	size_t notes = 0;

	(void)state;
	assert_int_equal(route_store_new(&store), 0);
	live = live_begin(store);
	for (int step = 0; step < STEPS; step++) {
		for (uint32_t left = 1 + random_below(3); left; left--)
			slice_change(store);
		notes += refresh(&live, store);
		assert_int_equal(live_table_build(store, &options, &anew), 0);
		rules_compare(live.table, anew.table);
		paths_compare(live.table, anew.table);
		reports_compare(&live.report, &anew.report);
		live_table_done(&anew);
	}
	assert_in_range(notes, STEPS / 10, STEPS * 5);
	live_table_done(&live);
	route_store_free(store);
}

static void a_service_that_no_route_uses_touches_nothing(void **state)
{
	struct live_touched touched = {0}; /* no status changes either */
	struct route_store *store;
	struct live_table live;

	(void)state;
	assert_int_equal(route_store_new(&store), 0);
	live = live_begin(store);
	object_text_store(store, "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: "
				 "{name: x, namespace: shop, labels: {kubernetes.io/service-name: "
				 "unused}}, addressType: IPv4, endpoints: [], ports: []}\n");
	assert_int_equal(live_table_refresh(&live, store, &options.place, &touched), 0);
	assert_int_equal(touched.rule_count, 0);
	live_table_done(&live);
	route_store_free(store);
}

static void routes_services_and_too_many_slices_need_a_new_build(void **state)
{
	struct route_store *store;
	char text[512];

	(void)state;
	assert_int_equal(route_store_new(&store), 0);
	for (int i = 0; i <= STORE_CHANGES_MAX; i++) {
		assert_false(route_store_changes(store)->others);
		snprintf(text, sizeof(text),
			 "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: "
			 "x, namespace: shop, labels: {kubernetes.io/service-name: s%d}}, "
			 "addressType: IPv4, endpoints: [], ports: []}\n",
			 i);
		object_text_store(store, text);
	}
	assert_true(route_store_changes(store)->others);
	route_store_settle(store);
	assert_false(route_store_changes(store)->others);
	object_text_store(store, objects);
	assert_true(route_store_changes(store)->others);
	route_store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_any_changes_it_equals_a_new_build),
		cmocka_unit_test(a_service_that_no_route_uses_touches_nothing),
		cmocka_unit_test(routes_services_and_too_many_slices_need_a_new_build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
