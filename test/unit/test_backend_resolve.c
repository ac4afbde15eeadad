/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "built_table.h"

#define SERVICE(name, rest)                                           \
	"---\n{apiVersion: v1, kind: Service, metadata: {name: " name \
	", namespace: shop}, spec: {"                                 \
	"ports: [{name: http, port: 80}, {name: admin, port: 81}], " rest "}}\n"
#define WEB SERVICE("web", "clusterIP: 10.96.0.10")
#define API SERVICE("api", "")
#define ROUTE(backends)                                                \
	"---\napiVersion: pathroute.io/v1alpha1\nkind: PathRoute\n"    \
	"metadata: {name: a, namespace: shop, generation: 5}\nspec:\n" \
	"  listeners: [{service: {name: web, port: 80}}]\n"            \
	"  rules: [{name: r, match: {path: {value: /}}, backends: [" backends "]}]\n"
#define TO_API ROUTE("{service: {name: api, port: http}}")
#define SLICE(name, family, endpoints)                                   \
	"---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"    \
	"metadata:\n  name: " name "\n  namespace: shop\n"               \
	"  labels: {kubernetes.io/service-name: api}\n"                  \
	"addressType: " family "\n"                                      \
	"ports: [{name: http, port: 8080}, {name: admin, port: 8081}]\n" \
	"endpoints: [" endpoints "]\n"
#define READY(address) "{addresses: ['" address "']}"
#define UNREADY(address) "{addresses: ['" address "'], conditions: {ready: false}}"
#define LEAVING(address)                                                                       \
	"{addresses: ['" address "'], conditions: {ready: false, serving: true, terminating: " \
	"true}}"

static void expect_endpoints_at(const struct endpoint_place *place, const char *yaml,
				const char *ipv4, const char *ipv6)
{
	const struct route_table_options options = {.place = *place};
	struct built_table built = built_table_with(yaml, &options);
	const struct table_rule *rule = built_table_rule_named(&built, "shop/a/r");
	char *text;

	assert_int_equal(rule->group_count, 1);
	text = built_table_endpoints(&rule->groups[0], 0);
	assert_string_equal(text, ipv4);
	free(text);
	text = built_table_endpoints(&rule->groups[0], 1);
	assert_string_equal(text, ipv6);
	free(text);
	built_table_done(&built);
}

static void expect_endpoints(const char *yaml, const char *ipv4, const char *ipv6)
{
	const struct endpoint_place unknown = {0};

	expect_endpoints_at(&unknown, yaml, ipv4, ipv6);
}

static void the_port_of_the_service_leads_to_that_of_the_slice_by_name(void **state)
{
	(void)state;
	expect_endpoints(WEB API TO_API SLICE("s", "IPv4", READY("10.0.0.1")), "10.0.0.1:8080", "");
	expect_endpoints(WEB API ROUTE("{service: {name: api, port: 81}}")
				 SLICE("s", "IPv4", READY("10.0.0.1")),
			 "10.0.0.1:8081", "");
}

static void a_port_without_name_matches_one_without_name(void **state)
{
	(void)state;
	expect_endpoints(
		WEB
		"---\n{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, "
		"spec: {ports: [{port: 80}]}}\n" ROUTE(
			"{service: {name: api, port: 80}}") "---\n{apiVersion: "
							    "discovery.k8s.io/v1, kind: "
							    "EndpointSlice, metadata: {name: s, "
							    "namespace: shop, labels: "
							    "{kubernetes.io/service-name: api}}, "
							    "addressType: IPv4, "
							    "ports: [{port: 8080}], endpoints: "
							    "[{addresses: [10.0.0.1]}]}\n",
		"10.0.0.1:8080", "");
}

static void slices_are_merged_ordered_and_freed_of_repetition(void **state)
{
	(void)state;
	expect_endpoints(
		WEB API TO_API SLICE("s1", "IPv4", READY("10.0.0.9") ", " READY("10.0.0.2"))
			SLICE("s2", "IPv4", READY("10.0.0.2") ", " READY("10.0.0.1"))
				SLICE("s3", "IPv6", READY("fd00::2") ", " READY("fd00::1")),
		"10.0.0.1:8080 10.0.0.2:8080 10.0.0.9:8080", "[fd00::1]:8080 [fd00::2]:8080");
}

static void only_those_that_are_ready_get_requests(void **state)
{
	(void)state;
	expect_endpoints(WEB API TO_API SLICE("s", "IPv4",
					      READY("10.0.0.1") ", " UNREADY(
						      "10.0.0.2") ", " LEAVING("10.0.0.3")),
			 "10.0.0.1:8080", "");
}

static void without_one_that_is_ready_those_that_leave_still_serve(void **state)
{
	(void)state;
	expect_endpoints(
		WEB API TO_API SLICE("s4", "IPv4", UNREADY("10.0.0.2") ", " LEAVING("10.0.0.3"))
			SLICE("s6", "IPv6", READY("fd00::1") ", " LEAVING("fd00::3")),
		"10.0.0.3:8080", "[fd00::1]:8080");
}

static void unready_ones_count_if_the_service_publishes_them(void **state)
{
	(void)state;
	expect_endpoints(WEB SERVICE("api", "publishNotReadyAddresses: true") TO_API SLICE(
				 "s", "IPv4", READY("10.0.0.1") ", " UNREADY("10.0.0.2")),
			 "10.0.0.1:8080 10.0.0.2:8080", "");
}

static void a_service_without_endpoints_is_not_ready_but_there(void **state)
{
	struct built_table built =
		built_table_from(WEB API TO_API SLICE("s", "IPv4", UNREADY("10.0.0.1")));
	const struct route_status *status = built_table_status(&built, "a");
	const struct table_rule *rule = built_table_rule_named(&built, "shop/a/r");

	(void)state;
	assert_false(rule->groups[0].missing);
	assert_int_equal(rule->groups[0].endpoint_count[0], 0);
	assert_true(status->resolved_refs.holds);
	assert_false(status->ready.holds);
	assert_string_equal(status->ready.reason, "NoReadyEndpoints");
	assert_string_equal(status->ready.message, "rule shop/a/r");
	assert_int_equal(status->generation, 5);
	built_table_done(&built);
}

static void a_backend_that_does_not_exist_keeps_its_weight_and_is_reported(void **state)
{
	static const struct {
		const char *services, *backend, *reason, *message;
	} cases[] = {
		{"", "{service: {name: gone, port: 80}, weight: 7}", "BackendNotFound",
		 "backend shop/gone:80: the Service does not exist"},
		{"", "{service: {name: api, port: 82}, weight: 7}", "PortNotFound",
		 "backend shop/api:82: the Service has no such TCP port"},
		{SERVICE("gone", "type: ExternalName"),
		 "{service: {name: gone, port: http}, weight: 7}", "BackendNotFound",
		 "backend shop/gone:http: the Service is of type ExternalName"},
	};
	const struct route_condition *condition;
	const struct table_group *groups;
	struct built_table built;
	char text[2048];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s%s" ROUTE("%s, {service: {name: api, port: 80}}"),
			 WEB API SLICE("s", "IPv4", READY("10.0.0.1")), cases[i].services,
			 cases[i].backend);
		built = built_table_from(text);
		groups = built_table_rule_named(&built, "shop/a/r")->groups;
		condition = &built_table_status(&built, "a")->resolved_refs;
		assert_true(groups[0].missing);
		assert_int_equal(groups[0].weight, 7);
		assert_false(groups[1].missing);
		assert_false(condition->holds);
		assert_string_equal(condition->reason, cases[i].reason);
		assert_string_equal(condition->message, cases[i].message);
		assert_true(built_table_status(&built, "a")->ready.holds);
		built_table_done(&built);
	}
}

static void a_backend_of_weight_0_is_left_out(void **state)
{
	struct built_table built =
		built_table_from(WEB API ROUTE("{service: {name: api, port: 80}, weight: 0}, "
					       "{service: {name: api, port: 81}, weight: 3}"));
	const struct table_rule *rule = built_table_rule_named(&built, "shop/a/r");

	(void)state;
	assert_int_equal(rule->group_count, 1);
	assert_string_equal(rule->groups[0].name, "shop/api:81");
	assert_int_equal(rule->groups[0].weight, 3);
	built_table_done(&built);
}

static void a_service_of_another_namespace_is_not_found(void **state)
{
	struct built_table built = built_table_from(
		WEB "---\n{apiVersion: v1, kind: Service, metadata: {name: api, namespace: blog}, "
		    "spec: {ports: [{name: http, port: 80}]}}\n" TO_API);

	(void)state;
	assert_true(built_table_rule_named(&built, "shop/a/r")->groups[0].missing);
	built_table_done(&built);
}

#define HINTED(address, hints) "{addresses: ['" address "'], hints: {" hints "}}"
#define ZONE(name) "forZones: [{name: " name "}]"
#define NODE(name) "forNodes: [{name: " name "}]"
#define API_SLICE(endpoints) WEB API TO_API SLICE("s", "IPv4", endpoints)

static const struct endpoint_place in_a = {"a", "node-1"};

static void endpoints_with_hints_for_our_zone_are_used_alone(void **state)
{
	const char *yaml = API_SLICE(HINTED("10.0.0.1", ZONE("a")) ", " HINTED(
		"10.0.0.2", ZONE("b")) ", " HINTED("10.0.0.3", "forZones: [{name: b}, {name: a}]"));
	const struct endpoint_place in_b = {"b", "node-2"};

	(void)state;
	expect_endpoints_at(&in_a, yaml, "10.0.0.1:8080 10.0.0.3:8080", "");
	expect_endpoints_at(&in_b, yaml, "10.0.0.2:8080 10.0.0.3:8080", "");
}

static void without_a_hint_for_our_zone_all_are_used(void **state)
{
	const char *yaml =
		API_SLICE(HINTED("10.0.0.1", ZONE("b")) ", " HINTED("10.0.0.2", ZONE("c")));
	const struct endpoint_place nowhere = {NULL, "node-1"};

	(void)state;
	expect_endpoints_at(&in_a, yaml, "10.0.0.1:8080 10.0.0.2:8080", "");
	expect_endpoints_at(&nowhere, yaml, "10.0.0.1:8080 10.0.0.2:8080", "");
}

static void one_ready_endpoint_without_hints_makes_all_of_them_count(void **state)
{
	(void)state;
	expect_endpoints_at(&in_a,
			    API_SLICE(HINTED("10.0.0.1", ZONE("a")) ", " HINTED(
				    "10.0.0.2", ZONE("b")) ", " READY("10.0.0.3")),
			    "10.0.0.1:8080 10.0.0.2:8080 10.0.0.3:8080", "");
	expect_endpoints_at(&in_a,
			    API_SLICE(HINTED("10.0.0.1", ZONE("a")) ", " HINTED(
				    "10.0.0.2", ZONE("b")) ", " UNREADY("10.0.0.3")),
			    "10.0.0.1:8080", "");
}

static void hints_for_our_node_come_before_those_for_our_zone(void **state)
{
	const char *yaml = API_SLICE(HINTED("10.0.0.1", ZONE("a") ", " NODE("node-1")) ", " HINTED(
		"10.0.0.2",
		ZONE("a") ", " NODE("node-2")) ", " HINTED("10.0.0.3",
							   ZONE("b") ", " NODE("node-3")));
	const struct endpoint_place other = {"a", "node-9"};

	(void)state;
	expect_endpoints_at(&in_a, yaml, "10.0.0.1:8080", "");
	expect_endpoints_at(&other, yaml, "10.0.0.1:8080 10.0.0.2:8080", "");
}

static void each_address_family_has_hints_of_its_own(void **state)
{
	const char *yaml =
		API_SLICE(HINTED("10.0.0.1", ZONE("a")) ", " HINTED("10.0.0.2", ZONE("b")))
			SLICE("s6", "IPv6", READY("fd00::1") ", " HINTED("fd00::2", ZONE("a")));

	(void)state;
	expect_endpoints_at(&in_a, yaml, "10.0.0.1:8080", "[fd00::1]:8080 [fd00::2]:8080");
}

static void those_that_leave_serve_whatever_their_hints_say(void **state)
{
	(void)state;
	expect_endpoints_at(&in_a,
			    API_SLICE("{addresses: ['10.0.0.1'], conditions: {ready: false, "
				      "serving: true, terminating: true}, hints: {" ZONE("b") "}}"),
			    "10.0.0.1:8080", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_port_of_the_service_leads_to_that_of_the_slice_by_name),
		cmocka_unit_test(a_port_without_name_matches_one_without_name),
		cmocka_unit_test(slices_are_merged_ordered_and_freed_of_repetition),
		cmocka_unit_test(only_those_that_are_ready_get_requests),
		cmocka_unit_test(without_one_that_is_ready_those_that_leave_still_serve),
		cmocka_unit_test(unready_ones_count_if_the_service_publishes_them),
		cmocka_unit_test(a_service_without_endpoints_is_not_ready_but_there),
		cmocka_unit_test(a_backend_that_does_not_exist_keeps_its_weight_and_is_reported),
		cmocka_unit_test(a_backend_of_weight_0_is_left_out),
		cmocka_unit_test(a_service_of_another_namespace_is_not_found),
		cmocka_unit_test(endpoints_with_hints_for_our_zone_are_used_alone),
		cmocka_unit_test(without_a_hint_for_our_zone_all_are_used),
		cmocka_unit_test(one_ready_endpoint_without_hints_makes_all_of_them_count),
		cmocka_unit_test(hints_for_our_node_come_before_those_for_our_zone),
		cmocka_unit_test(each_address_family_has_hints_of_its_own),
		cmocka_unit_test(those_that_leave_serve_whatever_their_hints_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
