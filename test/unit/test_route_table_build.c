/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "built_table.h"

#define SERVICE(name, rest)                                           \
	"---\n{apiVersion: v1, kind: Service, metadata: {name: " name \
	", namespace: shop}, spec: {"                                 \
	"ports: [{name: http, port: 80}, {name: admin, port: 81}], " rest "}}\n"
#define WEB SERVICE("web", "clusterIPs: [10.96.0.10, 'fd00:96::10'], externalIPs: [192.0.2.1]")
#define WEB2 SERVICE("web2", "clusterIP: 10.96.0.11")
#define PODS SERVICE("api", "") SERVICE("blog", "")
#define TO(service) "backends: [{service: {name: " service ", port: http}}]"
#define PREFIX(path, service) "{match: {path: {value: " path "}}, " TO(service) "}"
#define META(name, more)                                            \
	"---\napiVersion: pathroute.io/v1alpha1\nkind: PathRoute\n" \
	"metadata: {name: " name ", namespace: shop" more "}\nspec:\n"
#define AT_WEB "  listeners: [{service: {name: web, port: 80}}]\n"
#define ROUTE(name, more) META(name, "") AT_WEB more
#define RULES(rules) "  rules: [" rules "]\n"
#define OLD ", creationTimestamp: '2020-01-01T00:00:00Z'"
#define NEW ", creationTimestamp: '2021-01-01T00:00:00Z'"

static struct table_host host(uint32_t table, enum host_kind kind, const char *name)
{
	return (struct table_host){.table = table, .kind = kind, .name = (char *)name};
}

static const char *any_host_prefix(const struct built_table *built, uint32_t table,
				   const char *path)
{
	struct table_host any = host(table, HOST_ANY, "");

	return built_table_rule(built, &any, PATH_PREFIX, HTTP_METHOD_OTHER, path);
}

static void every_address_of_a_service_listens(void **state)
{
	struct built_table built = built_table_from(WEB PODS ROUTE("a", RULES(PREFIX("/", "api"))));

	(void)state;
	assert_int_equal(built.table->listener_count, 3);
	assert_int_equal(built_table_of_listener(&built, "10.96.0.10:80"), 1);
	assert_int_equal(built_table_of_listener(&built, "[fd00:96::10]:80"), 1);
	assert_int_equal(built_table_of_listener(&built, "192.0.2.1:80"), 1);
	assert_string_equal(any_host_prefix(&built, 1, ""), "shop/a/(0)");
	built_table_done(&built);
}

static void a_node_listener_is_at_every_address_of_the_node(void **state)
{
	struct ip_address addresses[] = {{{0, 0, htonl(0xffff), htonl(0xc0000207)}},
					 {{htonl(0xfd000000), 0, 0, htonl(7)}}};
	struct route_table_options options = {
		.node_addresses = addresses,
		.node_address_count = 2,
	};
	struct built_table built =
		built_table_with(PODS META("a", "") "  listeners: [{node: {port: 8080}}]\n" RULES(
					 PREFIX("/", "api")),
				 &options);

	(void)state;
	assert_int_equal(built.table->listener_count, 2);
	assert_int_equal(built_table_of_listener(&built, "192.0.2.7:8080"), 1);
	assert_int_equal(built_table_of_listener(&built, "[fd00::7]:8080"), 1);
	built_table_done(&built);
}

static void listeners_with_the_same_routes_share_a_table(void **state)
{
	struct built_table built = built_table_from(WEB WEB2 PODS META(
		"a", "") "  listeners: [{service: {name: web, port: 80}}, {service: {name: web2, "
			 "port: http}}]\n" RULES(PREFIX("/", "api")));

	(void)state;
	assert_int_equal(built.table->listener_count, 4);
	assert_int_equal(built_table_of_listener(&built, "10.96.0.11:80"), 1);
	assert_int_equal(built.table->host_count, 1);
	built_table_done(&built);
}

static void listeners_with_other_routes_have_a_table_of_their_own(void **state)
{
	struct built_table built = built_table_from(
		WEB WEB2 PODS ROUTE("a", RULES(PREFIX("/", "api")))
			META("b", "") "  listeners: [{service: {name: web2, port: 80}}]\n" RULES(
				PREFIX("/", "blog")));
	uint32_t web = built_table_of_listener(&built, "10.96.0.10:80");
	uint32_t web2 = built_table_of_listener(&built, "10.96.0.11:80");

	(void)state;
	assert_int_equal(web + web2, 3);
	assert_string_equal(any_host_prefix(&built, web, ""), "shop/a/(0)");
	assert_string_equal(any_host_prefix(&built, web2, ""), "shop/b/(0)");
	assert_true(built_table_status(&built, "b")->accepted.holds);
	built_table_done(&built);
}

static void a_route_is_under_each_of_its_hosts(void **state)
{
	struct built_table built = built_table_from(
		WEB PODS ROUTE("a", "  hostnames: [A.example, '*.a.example', A.EXAMPLE]\n" RULES(
					    PREFIX("/x/", "api"))));
	struct table_host wildcard = host(1, HOST_SINGLE_LABEL, ".a.example");

	(void)state;
	assert_int_equal(built.table->host_count, 2);
	assert_string_equal(built_table_prefix(&built, "a.example", "/x"), "shop/a/(0)");
	assert_string_equal(
		built_table_rule(&built, &wildcard, PATH_PREFIX, HTTP_METHOD_OTHER, "/x"),
		"shop/a/(0)");
	assert_null(any_host_prefix(&built, 1, "/x"));
	assert_int_equal(built.table->rule_count, 1);
	assert_true(built_table_status(&built, "a")->accepted.holds);
	built_table_done(&built);
}

static void exact_prefix_and_methods_are_different_keys(void **state)
{
	struct built_table built = built_table_from(WEB PODS ROUTE(
		"a", "  rules:\n"
		     "  - {name: p, match: {path: {value: /x}}, " TO(
			     "api") "}\n"
				    "  - {name: e, match: {path: {type: Exact, value: /x}}, " TO(
					    "api") "}\n"
						   "  - {name: m, match: {path: {value: /x}, "
						   "method: POST}, " TO("api") "}\n"));
	struct table_host any = host(1, HOST_ANY, "");

	(void)state;
	assert_string_equal(any_host_prefix(&built, 1, "/x"), "shop/a/p");
	assert_string_equal(built_table_rule(&built, &any, PATH_EXACT, HTTP_METHOD_OTHER, "/x"),
			    "shop/a/e");
	assert_string_equal(built_table_rule(&built, &any, PATH_PREFIX, HTTP_METHOD_POST, "/x"),
			    "shop/a/m");
	assert_true(built_table_status(&built, "a")->accepted.holds);
	built_table_done(&built);
}

static void the_older_route_wins_a_key_and_the_rest_of_the_younger_stands(void **state)
{
	struct built_table built = built_table_from(
		WEB PODS META("a", NEW) AT_WEB RULES(PREFIX("/x", "api") ", " PREFIX("/y", "api"))
			META("b", OLD) AT_WEB RULES(PREFIX("/x/", "blog")));
	const struct route_status *status = built_table_status(&built, "a");

	(void)state;
	assert_string_equal(any_host_prefix(&built, 1, "/x"), "shop/b/(0)");
	assert_string_equal(any_host_prefix(&built, 1, "/y"), "shop/a/(1)");
	assert_false(status->accepted.holds);
	assert_string_equal(status->accepted.reason, "Conflicted");
	assert_string_equal(status->accepted.message,
			    "rule (0): host *, path /x belongs to rule shop/b/(0)");
	assert_int_equal(status->accepted.problems, 1);
	assert_true(built_table_status(&built, "b")->accepted.holds);
	assert_int_equal(built.table->rule_count, 2);
	built_table_done(&built);
}

static void of_the_same_age_the_lower_name_wins(void **state)
{
	struct built_table built = built_table_from(WEB PODS META("b", OLD) AT_WEB RULES(
		PREFIX("/x", "api")) META("a", OLD) AT_WEB RULES(PREFIX("/x", "blog")));

	(void)state;
	assert_string_equal(any_host_prefix(&built, 1, "/x"), "shop/a/(0)");
	built_table_done(&built);
}

static void a_route_without_age_is_the_youngest(void **state)
{
	struct built_table built = built_table_from(WEB PODS META("a", "") AT_WEB RULES(
		PREFIX("/x", "api")) META("b", NEW) AT_WEB RULES(PREFIX("/x", "blog")));

	(void)state;
	assert_string_equal(any_host_prefix(&built, 1, "/x"), "shop/b/(0)");
	built_table_done(&built);
}

static void hosts_do_not_conflict_with_each_other(void **state)
{
	struct built_table built = built_table_from(
		WEB PODS ROUTE("a", "  hostnames: [a.example]\n" RULES(PREFIX("/", "api")))
			ROUTE("b", RULES(PREFIX("/", "blog"))));

	(void)state;
	assert_string_equal(built_table_prefix(&built, "a.example", ""), "shop/a/(0)");
	assert_string_equal(any_host_prefix(&built, 1, ""), "shop/b/(0)");
	assert_true(built_table_status(&built, "b")->accepted.holds);
	built_table_done(&built);
}

static void within_a_route_the_first_rule_wins(void **state)
{
	struct built_table built = built_table_from(
		WEB PODS ROUTE("a", RULES(PREFIX("/x", "api") ", " PREFIX("/x/", "blog"))));

	(void)state;
	assert_string_equal(any_host_prefix(&built, 1, "/x"), "shop/a/(0)");
	assert_string_equal(built_table_status(&built, "a")->accepted.message,
			    "rule (1): host *, path /x belongs to rule shop/a/(0)");
	built_table_done(&built);
}

static void a_default_backend_belongs_to_the_hosts_of_its_route(void **state)
{
	struct built_table built = built_table_from(
		WEB PODS ROUTE("a", "  hostnames: [a.example]\n"
				    "  defaultBackend: {service: {name: api, port: 80}}\n")
			ROUTE("b", "  hostnames: [b.example]\n" RULES(PREFIX("/x", "blog"))));

	(void)state;
	assert_string_equal(built_table_prefix(&built, "a.example", "(default)"),
			    "shop/a/(default)");
	assert_null(built_table_prefix(&built, "b.example", "(default)"));
	built_table_done(&built);
}

static void two_default_backends_of_one_host_conflict(void **state)
{
	struct built_table built = built_table_from(
		WEB PODS META("a", NEW) AT_WEB
		"  defaultBackend: {service: {name: api, port: 80}}\n" META("b", OLD) AT_WEB
		"  defaultBackend: {service: {name: blog, port: 80}}\n");
	struct table_host any = host(1, HOST_ANY, "");

	(void)state;
	assert_string_equal(
		built_table_rule(&built, &any, PATH_PREFIX, HTTP_METHOD_OTHER, "(default)"),
		"shop/b/(default)");
	assert_string_equal(built_table_status(&built, "a")->accepted.message,
			    "rule (default): host *, path (default) belongs to rule "
			    "shop/b/(default)");
	built_table_done(&built);
}

static void routes_of_other_classes_are_left_out(void **state)
{
	static const char text[] =
		WEB PODS ROUTE("a", "  className: other\n" RULES(PREFIX("/", "api")))
			ROUTE("b", RULES(PREFIX("/", "blog")));
	struct route_table_options other = {.class_name = "other"};
	struct built_table built = built_table_from(text);

	(void)state;
	assert_int_equal(built.report.route_count, 1);
	assert_string_equal(any_host_prefix(&built, 1, ""), "shop/b/(0)");
	built_table_done(&built);
	built = built_table_with(text, &other);
	assert_string_equal(any_host_prefix(&built, 1, ""), "shop/a/(0)");
	built_table_done(&built);
}

static void a_listener_that_cannot_be_found_is_reported(void **state)
{
	static const struct {
		const char *listener, *message;
	} cases[] = {
		{"{service: {name: nowhere, port: 80}}",
		 "service shop/nowhere:80: the Service does not exist"},
		{"{service: {name: web, port: 82}}",
		 "service shop/web:82: the Service has no such TCP port"},
		{"{service: {name: web, port: ftp}}",
		 "service shop/web:ftp: the Service has no such TCP port"},
		{"{service: {name: api, port: 80}}",
		 "service shop/api:80: the Service has no address"},
		{"{node: {port: 80}}", "node port 80: no address of this node is known"},
	};
	const struct route_condition *condition;
	struct built_table built;
	char text[2048];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s  listeners: [%s, %s]\n%s", WEB PODS META("a", ""),
			 cases[i].listener, "{service: {name: web, port: 81}}",
			 RULES(PREFIX("/", "api")));
		built = built_table_from(text);
		condition = &built_table_status(&built, "a")->resolved_refs;
		assert_string_equal(condition->reason, "ListenerNotFound");
		assert_string_equal(condition->message, cases[i].message);
		assert_int_equal(built_table_of_listener(&built, "10.96.0.10:81"), 1);
		built_table_done(&built);
	}
}

static void a_redirect_is_a_rule_without_groups(void **state)
{
	struct built_table built = built_table_from(WEB ROUTE(
		"a", "  ambiguousPaths: Reject\n" RULES(
			     "{name: r, match: {path: {value: /x}}, redirect: {path: /y}}")));
	const struct table_rule *rule = built_table_rule_named(&built, "shop/a/r");

	(void)state;
	assert_int_equal(rule->action, RULE_REDIRECT);
	assert_int_equal(rule->ambiguous, AMBIGUOUS_REJECT);
	assert_int_equal(rule->group_count, 0);
	assert_int_equal(rule->redirect.path_length, 2);
	assert_true(built_table_status(&built, "a")->ready.holds);
	built_table_done(&built);
}

static void nothing_makes_an_empty_table(void **state)
{
	struct built_table built = built_table_from("");

	(void)state;
	assert_int_equal(built.table->listener_count, 0);
	assert_int_equal(built.table->host_count, 0);
	assert_int_equal(built.report.route_count, 0);
	built_table_done(&built);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_address_of_a_service_listens),
		cmocka_unit_test(a_node_listener_is_at_every_address_of_the_node),
		cmocka_unit_test(listeners_with_the_same_routes_share_a_table),
		cmocka_unit_test(listeners_with_other_routes_have_a_table_of_their_own),
		cmocka_unit_test(a_route_is_under_each_of_its_hosts),
		cmocka_unit_test(exact_prefix_and_methods_are_different_keys),
		cmocka_unit_test(the_older_route_wins_a_key_and_the_rest_of_the_younger_stands),
		cmocka_unit_test(of_the_same_age_the_lower_name_wins),
		cmocka_unit_test(a_route_without_age_is_the_youngest),
		cmocka_unit_test(hosts_do_not_conflict_with_each_other),
		cmocka_unit_test(within_a_route_the_first_rule_wins),
		cmocka_unit_test(a_default_backend_belongs_to_the_hosts_of_its_route),
		cmocka_unit_test(two_default_backends_of_one_host_conflict),
		cmocka_unit_test(routes_of_other_classes_are_left_out),
		cmocka_unit_test(a_listener_that_cannot_be_found_is_reported),
		cmocka_unit_test(a_redirect_is_a_rule_without_groups),
		cmocka_unit_test(nothing_makes_an_empty_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
