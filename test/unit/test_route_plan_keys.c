/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "plan_scene.h"

static uint32_t table_of(const struct plan_scene *scene, const char *address)
{
	struct listener_key key = {.address = small_address(address), .port = htons(80)};
	const struct image_listener *listener = route_image_find_listener(scene->image, &key);

	assert_non_null(listener);
	return listener->table;
}

static void methods_of_one_path_share_an_entry(void **state)
{
	struct plan_scene *scene = *state;
	size_t get = small_rule(&scene->small, "get"), any = small_rule(&scene->small, "any");

	small_path(&scene->small, scene->host, "/a", get);
	scene->small.paths[0].method = HTTP_METHOD_GET;
	small_path(&scene->small, scene->host, "/a", any);
	assert_int_equal(plan_scene_run(scene), 0);
	assert_int_equal(scene->image->path_count, 1);
	assert_int_equal(scene->image->paths[0].value.rule[HTTP_METHOD_GET],
			 plan_scene_rule(scene, "get")->id);
	assert_int_equal(scene->image->paths[0].value.rule[HTTP_METHOD_OTHER],
			 plan_scene_rule(scene, "any")->id);
	assert_int_equal(scene->image->paths[0].value.rule[HTTP_METHOD_POST], 0);
}

static void a_host_knows_the_depths_of_its_prefixes(void **state)
{
	struct plan_scene *scene = *state;
	size_t rule = small_rule(&scene->small, "a");

	small_path(&scene->small, scene->host, "", rule);
	small_path(&scene->small, scene->host, "/x", rule);
	small_path(&scene->small, scene->host, "/x/y/z", rule);
	assert_int_equal(plan_scene_run(scene), 0);
	assert_int_equal(scene->image->hosts[0].value.prefix_depths, 0xb);
	assert_int_equal(scene->image->hosts[0].value.has_exact, 0);
	small_path(&scene->small, scene->host, "/x/y", rule);
	scene->small.paths[3].kind = PATH_EXACT;
	assert_int_equal(plan_scene_run(scene), 0);
	assert_int_equal(scene->image->hosts[0].value.prefix_depths, 0xb);
	assert_int_equal(scene->image->hosts[0].value.has_exact, 1);
}

static void the_longest_path_and_host_fit(void **state)
{
	struct plan_scene *scene = *state;
	size_t rule = small_rule(&scene->small, "a"), host;
	char path[ROUTE_PATH_MAX + 2], name[ROUTE_HOST_MAX + 2];

	memset(path, 'p', sizeof(path));
	path[0] = '/';
	path[ROUTE_PATH_MAX] = '\0';
	memset(name, 'h', sizeof(name));
	name[ROUTE_HOST_MAX] = '\0';
	host = small_host(&scene->small, 1, HOST_EXACT, name);
	small_path(&scene->small, host, path, rule);
	assert_int_equal(plan_scene_run(scene), 0);
	assert_int_equal(scene->image->paths[0].value.length, ROUTE_PATH_MAX);
	path[ROUTE_PATH_MAX] = 'p';
	path[ROUTE_PATH_MAX + 1] = '\0';
	assert_int_equal(plan_scene_run(scene), -EINVAL);
}

static void tables_keep_their_number_when_the_builder_counts_anew(void **state)
{
	struct plan_scene *scene = *state;
	uint32_t second;

	small_listener(&scene->small, "10.96.0.2", 80, 2);
	small_host(&scene->small, 2, HOST_ANY, "");
	assert_int_equal(plan_scene_run(scene), 0);
	second = table_of(scene, "10.96.0.2");
	assert_int_not_equal(table_of(scene, "10.96.0.1"), second);

	small_table_init(&scene->small);
	small_listener(&scene->small, "10.96.0.2", 80, 1);
	small_host(&scene->small, 1, HOST_ANY, "");
	assert_int_equal(plan_scene_run(scene), 0);
	assert_int_equal(table_of(scene, "10.96.0.2"), second);
}

static void listeners_that_part_get_tables_of_their_own(void **state)
{
	struct plan_scene *scene = *state;
	uint32_t shared;

	small_listener(&scene->small, "10.96.0.2", 80, 1);
	assert_int_equal(plan_scene_run(scene), 0);
	shared = table_of(scene, "10.96.0.1");
	assert_int_equal(table_of(scene, "10.96.0.2"), shared);
	scene->small.listeners[1].table = 2;
	small_host(&scene->small, 2, HOST_ANY, "");
	assert_int_equal(plan_scene_run(scene), 0);
	assert_int_equal(table_of(scene, "10.96.0.1"), shared);
	assert_int_not_equal(table_of(scene, "10.96.0.2"), shared);
}

static void contradictions_are_refused(void **state)
{
	struct plan_scene *scene = *state;

	small_path(&scene->small, scene->host, "/a", 7);
	assert_int_equal(plan_scene_run(scene), -EINVAL);
	plan_scene_forget_routes(scene);
	small_host(&scene->small, 1, HOST_EXACT, "a.example");
	assert_int_equal(plan_scene_run(scene), -EEXIST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plan_scene_setup, plan_scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(methods_of_one_path_share_an_entry),
		TEST(a_host_knows_the_depths_of_its_prefixes),
		TEST(the_longest_path_and_host_fit),
		TEST(tables_keep_their_number_when_the_builder_counts_anew),
		TEST(listeners_that_part_get_tables_of_their_own),
		TEST(contradictions_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
