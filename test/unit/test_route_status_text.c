/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "agent/base/json_read.h"
#include "agent/status/route_status_text.h"

#define BEFORE "2026-01-31T12:00:00Z"
#define NOW "2026-01-31T12:34:56Z"

struct scene {
	struct route_status route;
	struct status_facts facts;
	struct route_status_mark seen;
	struct status_wish wish;
};

static int setup(void **state)
{
	static struct scene scene;

	scene = (struct scene){0};
	*state = &scene;
	if (route_status_init(&scene.route, "shop", "web", 3))
		return -1;
	scene.facts = (struct status_facts){
		.generation = 3,
		.route = &scene.route,
		.rules = 2,
		.desired = 3,
		.programmed = 3,
	};
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	free(scene->route.namespace);
	free(scene->route.name);
	return 0;
}

static void make_at(struct scene *scene, const char *now)
{
	status_wish_make(&scene->facts, &scene->seen, now, &scene->wish);
}

/* As it would come back from the API server after it was written. */
static void write_and_read(struct scene *scene)
{
	char *text = status_wish_encode(&scene->wish, "77");
	cJSON *json = cJSON_Parse(text);
	struct json_value root = json_root(json, NULL);

	assert_non_null(json);
	route_status_mark_decode(&root, &scene->seen);
	cJSON_Delete(json);
	free(text);
}

static void expect(const struct scene *scene, enum status_condition_type type,
		   enum status_state status, const char *reason)
{
	assert_int_equal(scene->wish.conditions[type].state, status);
	assert_string_equal(scene->wish.conditions[type].reason, reason);
}

static void a_route_that_is_well_says_so(void **state)
{
	struct scene *scene = *state;

	make_at(scene, NOW);
	expect(scene, STATUS_ACCEPTED, STATUS_TRUE, "Accepted");
	expect(scene, STATUS_RESOLVED_REFS, STATUS_TRUE, "ResolvedRefs");
	expect(scene, STATUS_PROGRAMMED, STATUS_TRUE, "Programmed");
	expect(scene, STATUS_READY, STATUS_TRUE, "EndpointsReady");
	assert_string_equal(scene->wish.conditions[STATUS_PROGRAMMED].message, "3/3 nodes");
}

static void some_nodes_are_partially_programmed(void **state)
{
	struct scene *scene = *state;

	scene->facts.desired = 40;
	scene->facts.programmed = 37;
	make_at(scene, NOW);
	expect(scene, STATUS_PROGRAMMED, STATUS_FALSE, "PartiallyProgrammed");
	assert_string_equal(scene->wish.conditions[STATUS_PROGRAMMED].message, "37/40 nodes");
}

static void no_node_is_no_nodes_ready(void **state)
{
	struct scene *scene = *state;

	scene->facts.programmed = 0;
	make_at(scene, NOW);
	expect(scene, STATUS_PROGRAMMED, STATUS_FALSE, "NoNodesReady");
	scene->facts.desired = 0;
	make_at(scene, NOW);
	expect(scene, STATUS_PROGRAMMED, STATUS_FALSE, "NoNodesReady");
}

static void a_problem_of_the_build_becomes_a_false_condition(void **state)
{
	struct scene *scene = *state;

	route_condition_fail(&scene->route.ready, "NoReadyEndpoints", "rule api has none");
	make_at(scene, NOW);
	expect(scene, STATUS_READY, STATUS_FALSE, "NoReadyEndpoints");
	assert_string_equal(scene->wish.conditions[STATUS_READY].message, "rule api has none");
}

static void what_was_written_need_not_be_written_again(void **state)
{
	struct scene *scene = *state;

	make_at(scene, BEFORE);
	assert_int_equal(status_wish_compare(&scene->wish, &scene->seen), STATUS_OTHER);
	write_and_read(scene);
	make_at(scene, NOW);
	assert_int_equal(status_wish_compare(&scene->wish, &scene->seen), STATUS_SAME);
}

static void the_mark_of_a_wish_is_that_of_the_object_written(void **state)
{
	struct scene *scene = *state;
	struct route_status_mark mark = {.resource_version = "77"};

	make_at(scene, NOW);
	status_wish_mark(&scene->wish, &mark);
	write_and_read(scene);
	assert_int_equal(status_wish_compare(&scene->wish, &mark), STATUS_SAME);
	assert_string_equal(scene->seen.resource_version, mark.resource_version);
	assert_memory_equal(&scene->seen.conditions, &mark.conditions, sizeof(mark.conditions));
}

static void other_numbers_of_nodes_alone_are_told_apart(void **state)
{
	struct scene *scene = *state;

	scene->facts.desired = 9;
	make_at(scene, BEFORE);
	write_and_read(scene);
	scene->facts.programmed = 5;
	make_at(scene, NOW);
	assert_int_equal(status_wish_compare(&scene->wish, &scene->seen), STATUS_COUNTS);
	scene->facts.programmed = 9;
	make_at(scene, NOW);
	assert_int_equal(status_wish_compare(&scene->wish, &scene->seen), STATUS_OTHER);
}

static void a_new_generation_is_a_difference(void **state)
{
	struct scene *scene = *state;

	make_at(scene, BEFORE);
	write_and_read(scene);
	scene->facts.generation = scene->route.generation = 4;
	make_at(scene, NOW);
	assert_int_equal(status_wish_compare(&scene->wish, &scene->seen), STATUS_OTHER);
}

static void the_time_of_a_condition_is_that_of_its_last_change(void **state)
{
	struct scene *scene = *state;

	make_at(scene, BEFORE);
	write_and_read(scene);
	route_condition_fail(&scene->route.ready, "NoReadyEndpoints", "rule api has none");
	make_at(scene, NOW);
	assert_string_equal(scene->wish.conditions[STATUS_READY].since, NOW);
	assert_string_equal(scene->wish.conditions[STATUS_ACCEPTED].since, BEFORE);
}

static void another_reason_does_not_change_the_time(void **state)
{
	struct scene *scene = *state;

	scene->facts.programmed = 1;
	make_at(scene, BEFORE);
	write_and_read(scene);
	scene->facts.programmed = 0;
	make_at(scene, NOW);
	assert_string_equal(scene->wish.conditions[STATUS_PROGRAMMED].since, BEFORE);
}

static void a_refused_generation_leaves_the_conditions_of_the_one_in_force(void **state)
{
	struct scene *scene = *state;
	struct rejection refused = {
		.reason = REASON_INVALID_PATH,
		.message = "spec.rules[0].match.path.value: must begin with '/'",
	};

	scene->facts.generation = 4;
	scene->facts.refused = &refused;
	scene->facts.programmed = 0;
	make_at(scene, NOW);
	expect(scene, STATUS_ACCEPTED, STATUS_FALSE, "InvalidPath");
	expect(scene, STATUS_READY, STATUS_TRUE, "EndpointsReady");
	assert_string_equal(scene->wish.conditions[STATUS_ACCEPTED].message, refused.message);
	assert_int_equal(scene->wish.observed_generation, 4);
	assert_int_equal(scene->wish.conditions[STATUS_ACCEPTED].observed_generation, 4);
	assert_int_equal(scene->wish.conditions[STATUS_READY].observed_generation, 3);
}

static void of_a_route_refused_from_the_start_the_rest_is_unknown(void **state)
{
	struct scene *scene = *state;
	struct rejection refused = {.reason = REASON_UNSUPPORTED_VALUE, .message = "no"};

	scene->facts.route = NULL;
	scene->facts.refused = &refused;
	make_at(scene, NOW);
	expect(scene, STATUS_RESOLVED_REFS, STATUS_UNKNOWN, "NotAccepted");
	expect(scene, STATUS_READY, STATUS_UNKNOWN, "NotAccepted");
}

static void the_patch_holds_only_for_the_version_that_was_read(void **state)
{
	struct scene *scene = *state;
	char *text;

	make_at(scene, NOW);
	text = status_wish_encode(&scene->wish, "4711");
	assert_non_null(strstr(text, "{\"metadata\":{\"resourceVersion\":\"4711\"},\"status\":{"));
	assert_non_null(strstr(text, "\"observedGeneration\":3,\"rules\":2,"));
	assert_non_null(strstr(text, "\"nodes\":{\"desired\":3,\"programmed\":3}"));
	free(text);
}

static void a_broken_status_counts_as_none(void **state)
{
	static const char *const texts[] = {
		"{}", "{\"status\": 7}", "{\"status\": {\"conditions\": {}, \"nodes\": []}}",
		"{\"status\": {\"conditions\": [1, null, {\"type\": 4, \"status\": []}]}}",
		"{\"status\": {\"observedGeneration\": \"x\", \"nodes\": {\"desired\": -1}}}"};
	struct scene *scene = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cJSON *json = cJSON_Parse(texts[i]);
		struct json_value root = json_root(json, NULL);

		route_status_mark_decode(&root, &scene->seen);
		cJSON_Delete(json);
		assert_int_equal(scene->seen.observed_generation, 0);
		assert_int_equal(scene->seen.desired, 0);
		assert_int_equal(scene->seen.conditions[STATUS_ACCEPTED].state, STATUS_ABSENT);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_route_that_is_well_says_so),
		TEST(some_nodes_are_partially_programmed),
		TEST(no_node_is_no_nodes_ready),
		TEST(a_problem_of_the_build_becomes_a_false_condition),
		TEST(what_was_written_need_not_be_written_again),
		TEST(the_mark_of_a_wish_is_that_of_the_object_written),
		TEST(other_numbers_of_nodes_alone_are_told_apart),
		TEST(a_new_generation_is_a_difference),
		TEST(the_time_of_a_condition_is_that_of_its_last_change),
		TEST(another_reason_does_not_change_the_time),
		TEST(a_refused_generation_leaves_the_conditions_of_the_one_in_force),
		TEST(of_a_route_refused_from_the_start_the_rest_is_unknown),
		TEST(the_patch_holds_only_for_the_version_that_was_read),
		TEST(a_broken_status_counts_as_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
