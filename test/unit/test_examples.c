/* SPDX-License-Identifier: Apache-2.0 */
/* The manifests in examples/ are what people copy: they must be without fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/route/route_table_build.h"
#include "agent/source/manifests.h"

static void store_object(void *context, struct object *object)
{
	assert_int_equal(route_store_put(context, object), 0);
}

static void lose_object(void *context, const struct object_key *key)
{
	(void)context;
	fail_msg("%s disappeared", key->name);
}

static void refuse_problem(void *context, const struct source_problem *problem)
{
	(void)context;
	fail_msg("%s:%u: %s: %s", problem->file, problem->line, problem->reason, problem->message);
}

static void ignore_synced(void *context)
{
	(void)context;
}

static int open_examples(void **state)
{
	struct source_sink sink = {NULL, store_object, lose_object, refuse_problem, ignore_synced};
	struct object_source *source;
	struct route_store *store;

	if (route_store_new(&store))
		return -1;
	sink.context = store;
	*state = store;
	if (manifests_new("examples", &sink, &source))
		return -1;
	assert_int_equal(source_start(source), 0);
	source_free(source);
	return 0;
}

static int close_examples(void **state)
{
	route_store_free(*state);
	return 0;
}

static void every_route_is_accepted_resolved_and_ready(void **state)
{
	struct route_table_options options = {0};
	struct route_report report;
	struct route_table *table;
	size_t i;

	assert_int_equal(route_table_build(*state, &options, &table, &report), 0);
	assert_true(report.route_count > 0);
	for (i = 0; i < report.route_count; i++) {
		assert_string_equal(report.routes[i].accepted.message, "");
		assert_string_equal(report.routes[i].resolved_refs.message, "");
		assert_string_equal(report.routes[i].ready.message, "");
	}
	route_table_free(table);
	route_report_done(&report);
}

static void every_backend_has_pods_of_both_families(void **state)
{
	struct route_table_options options = {0};
	struct route_table *table;
	size_t i, g;

	assert_int_equal(route_table_build(*state, &options, &table, NULL), 0);
	for (i = 0; i < table->rule_count; i++) {
		for (g = 0; g < table->rules[i].group_count; g++) {
			assert_int_equal(table->rules[i].groups[g].endpoint_count[0], 1);
			assert_int_equal(table->rules[i].groups[g].endpoint_count[1], 1);
		}
	}
	assert_int_equal(table->listener_count, 2);
	route_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_is_accepted_resolved_and_ready),
		cmocka_unit_test(every_backend_has_pods_of_both_families),
	};

	return cmocka_run_group_tests(tests, open_examples, close_examples);
}
