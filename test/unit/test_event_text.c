/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "agent/status/event_text.h"

struct scene {
	struct status_route route;
	struct status_condition condition;
	struct event_facts facts;
	cJSON *event;
};

static int setup(void **state)
{
	static struct scene scene;

	scene = (struct scene){
		.route = {.namespace = "shop",
			  .name = "web",
			  .uid = "u1",
			  .seen = {.resource_version = "77"}},
		.condition = {.state = STATUS_FALSE,
			      .reason = "NoReadyEndpoints",
			      .message = "rule \"api\" has none"},
	};
	scene.facts = (struct event_facts){
		.route = &scene.route,
		.condition = &scene.condition,
		.changes = 1,
		.instance = "node-1_1",
		.time = "2026-01-31T12:00:00.000001Z",
		.serial = 0xabc,
	};
	*state = &scene;
	return 0;
}

static int teardown(void **state)
{
	cJSON_Delete(((struct scene *)*state)->event);
	return 0;
}

static void encode(struct scene *scene)
{
	char *text = event_text_encode(&scene->facts);

	scene->event = cJSON_Parse(text);
	assert_non_null(scene->event);
	free(text);
}

static const char *text_of(const struct scene *scene, const char *parent, const char *key)
{
	const cJSON *object = parent ? cJSON_GetObjectItem(scene->event, parent) : scene->event;
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));

	assert_non_null(text);
	return text;
}

static void a_condition_that_is_false_is_a_warning(void **state)
{
	struct scene *scene = *state;

	encode(scene);
	assert_string_equal(text_of(scene, NULL, "type"), "Warning");
	assert_string_equal(text_of(scene, NULL, "reason"), "NoReadyEndpoints");
	assert_string_equal(text_of(scene, NULL, "note"), "rule \"api\" has none");
	assert_string_equal(text_of(scene, "regarding", "uid"), "u1");
	assert_string_equal(text_of(scene, "regarding", "kind"), "PathRoute");
	assert_string_equal(text_of(scene, "metadata", "namespace"), "shop");
}

static void a_condition_that_is_true_is_normal_and_says_its_reason(void **state)
{
	struct scene *scene = *state;

	scene->condition = (struct status_condition){
		.state = STATUS_TRUE, .reason = "EndpointsReady", .message = ""};
	encode(scene);
	assert_string_equal(text_of(scene, NULL, "type"), "Normal");
	assert_string_equal(text_of(scene, NULL, "note"), "EndpointsReady");
}

static void changes_that_were_held_back_are_counted(void **state)
{
	struct scene *scene = *state;

	scene->facts.changes = 19;
	encode(scene);
	assert_string_equal(text_of(scene, NULL, "note"),
			    "rule \"api\" has none (changed 19 times since the last event)");
}

static void the_longest_names_stay_within_the_limits_of_the_server(void **state)
{
	struct scene *scene = *state;
	char name[254], instance[300];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	name[229] = '.';
	memset(instance, 'i', sizeof(instance) - 1);
	instance[sizeof(instance) - 1] = '\0';
	scene->route.name = name;
	scene->facts.instance = instance;
	encode(scene);
	assert_true(strlen(text_of(scene, "metadata", "name")) <= 253);
	assert_null(strstr(text_of(scene, "metadata", "name"), ".."));
	assert_int_equal(strlen(text_of(scene, NULL, "reportingInstance")), 128);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_condition_that_is_false_is_a_warning),
		TEST(a_condition_that_is_true_is_normal_and_says_its_reason),
		TEST(changes_that_were_held_back_are_counted),
		TEST(the_longest_names_stay_within_the_limits_of_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
