/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>

#include <cmocka.h>

#include "plan_scene.h"

static void a_rule_keeps_its_number_while_others_come_and_go(void **state)
{
	struct plan_scene *scene = *state;
	uint32_t b;

	small_route(&scene->small, scene->host, "/a", "a", "10.0.0.1");
	small_route(&scene->small, scene->host, "/b", "b", "10.0.0.2");
	assert_int_equal(plan_scene_run(scene), 0);
	b = plan_scene_rule(scene, "b")->id;
	plan_scene_forget_routes(scene);
	small_route(&scene->small, scene->host, "/c", "c", "10.0.0.3");
	small_route(&scene->small, scene->host, "/b", "b", "10.0.0.2");
	assert_int_equal(plan_scene_run(scene), 0);
	assert_int_equal(plan_scene_rule(scene, "b")->id, b);
	assert_false(plan_scene_rule(scene, "b")->fresh);
	assert_true(plan_scene_rule(scene, "c")->fresh);
	assert_int_not_equal(plan_scene_rule(scene, "c")->id, 1); /* that of "a" rests */
}

static void an_unchanged_rule_keeps_its_set(void **state)
{
	struct plan_scene *scene = *state;
	uint32_t set;

	small_route(&scene->small, scene->host, "/a", "a", "10.0.0.1");
	assert_int_equal(plan_scene_run(scene), 0);
	set = plan_scene_rule(scene, "a")->value.set[0];
	assert_int_equal(plan_scene_run(scene), 0);
	assert_int_equal(plan_scene_rule(scene, "a")->value.set[0], set);
	assert_false(plan_scene_rule(scene, "a")->sets[0]->fresh);
}

static void a_new_endpoint_gives_a_new_set_and_leaves_the_old_one_alone(void **state)
{
	struct plan_scene *scene = *state;
	uint32_t set, first;

	small_route(&scene->small, scene->host, "/a", "a", "10.0.0.1");
	assert_int_equal(plan_scene_run(scene), 0);
	set = plan_scene_rule(scene, "a")->value.set[0];
	first = plan_scene_rule(scene, "a")->sets[0]->first;
	small_endpoint(&scene->small.groups[0][0], "10.0.0.2");
	assert_int_equal(plan_scene_run(scene), 0);
	assert_int_not_equal(plan_scene_rule(scene, "a")->value.set[0], set);
	assert_int_not_equal(plan_scene_rule(scene, "a")->sets[0]->first, first);
	assert_int_equal(plan_scene_rule(scene, "a")->sets[0]->member_count, 2);
}

static void every_new_set_has_a_version_of_its_own(void **state)
{
	struct plan_scene *scene = *state;
	uint32_t first, second, other;

	scene->pools.set_version = UINT32_MAX - 1;
	small_route(&scene->small, scene->host, "/a", "a", "10.0.0.1");
	small_route(&scene->small, scene->host, "/b", "b", "10.0.0.2");
	assert_int_equal(plan_scene_run(scene), 0);
	first = plan_scene_rule(scene, "a")->sets[0]->version;
	other = plan_scene_rule(scene, "b")->sets[0]->version;
	small_endpoint(&scene->small.groups[0][0], "10.0.0.3");
	assert_int_equal(plan_scene_run(scene), 0);
	second = plan_scene_rule(scene, "a")->sets[0]->version;
	assert_int_equal(first, UINT32_MAX);
	assert_int_equal(other, 1); /* 0 is none */
	assert_int_equal(second, 2);
	assert_int_equal(plan_scene_rule(scene, "b")->sets[0]->version, other);
}

static void an_endpoint_of_one_service_is_one_entry_for_all_rules(void **state)
{
	struct plan_scene *scene = *state;
	size_t a = small_rule(&scene->small, "a"), b = small_rule(&scene->small, "b");

	small_endpoint(small_group(&scene->small, a, "shop/api:80", 1), "10.0.0.1");
	small_endpoint(small_group(&scene->small, b, "shop/api:80", 1), "10.0.0.1");
	small_endpoint(small_group(&scene->small, b, "shop/other:80", 1), "10.0.0.1");
	assert_int_equal(plan_scene_run(scene), 0);
	assert_int_equal(scene->image->endpoint_count, 2);
	assert_int_equal(plan_scene_rule(scene, "a")->sets[0]->members[0],
			 plan_scene_rule(scene, "b")->sets[0]->members[0]);
}

static void weights_are_cumulative_and_empty_groups_stay(void **state)
{
	struct plan_scene *scene = *state;
	size_t rule = small_rule(&scene->small, "a");
	const struct image_set *set;

	small_endpoint(small_group(&scene->small, rule, "x", 90), "10.0.0.1");
	small_group(&scene->small, rule, "y", 7);
	small_group(&scene->small, rule, "z", 3)->missing = true;
	assert_int_equal(plan_scene_run(scene), 0);
	set = plan_scene_rule(scene, "a")->sets[0];
	assert_int_equal(set->group_count, 3);
	assert_int_equal(set->groups[0].weight_end, 90);
	assert_int_equal(set->groups[1].weight_end, 97);
	assert_int_equal(set->groups[1].count, 0);
	assert_int_equal(set->groups[2].weight_end, 100);
	assert_int_equal(set->groups[2].flags, GROUP_MISSING);
}

static void a_family_without_endpoints_has_no_set(void **state)
{
	struct plan_scene *scene = *state;

	small_route(&scene->small, scene->host, "/a", "a", "10.0.0.1");
	assert_int_equal(plan_scene_run(scene), 0);
	assert_int_not_equal(plan_scene_rule(scene, "a")->value.set[0], 0);
	assert_int_equal(plan_scene_rule(scene, "a")->value.set[1], 0);
}

static void client_ip_members_are_a_maglev_table_per_group(void **state)
{
	struct plan_scene *scene = *state;
	size_t rule = small_rule(&scene->small, "a");
	struct table_group *group = small_group(&scene->small, rule, "x", 1);
	const struct image_set *set;

	scene->small.rules[rule].algorithm = BALANCE_CLIENT_IP;
	small_endpoint(group, "10.0.0.1");
	small_endpoint(group, "10.0.0.2");
	small_endpoint(small_group(&scene->small, rule, "y", 1), "10.0.0.3");
	assert_int_equal(plan_scene_run(scene), 0);
	set = plan_scene_rule(scene, "a")->sets[0];
	assert_int_equal(set->groups[0].count, 251);
	assert_int_equal(set->groups[1].first, set->first + 251);
	assert_int_equal(set->groups[1].count, 1);
	for (uint32_t i = 0; i < 251; i++)
		assert_in_range(set->members[i], 1, 2);
	assert_int_equal(set->members[251], 3);
}

static void two_rules_whose_cut_names_are_equal_stay_two(void **state)
{
	struct plan_scene *scene = *state;
	char a[ROUTE_NAME_MAX + 10], b[ROUTE_NAME_MAX + 10];

	memset(a, 'n', sizeof(a));
	a[sizeof(a) - 1] = '\0';
	memcpy(b, a, sizeof(b));
	b[sizeof(b) - 2] = 'm';
	small_route(&scene->small, scene->host, "/a", a, "10.0.0.1");
	small_route(&scene->small, scene->host, "/b", b, "10.0.0.2");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(plan_scene_run(scene), 0);
		assert_int_not_equal(scene->image->rules[0].id, scene->image->rules[1].id);
	}
}

static void a_full_map_is_named_and_takes_nothing(void **state)
{
	struct plan_scene *scene = *state;
	static char names[20][16];

	for (int i = 0; i < 20; i++) {
		snprintf(names[i], sizeof(names[i]), "r%d", i);
		small_route(&scene->small, scene->host, "/a", names[i], "10.0.0.1");
	}
	assert_int_equal(plan_scene_run(scene), -ENOSPC);
	assert_true(!strcmp(scene->full, "rules") || !strcmp(scene->full, "rule_sets"));
	plan_scene_forget_routes(scene);
	for (int i = 0; i < 15; i++)
		small_route(&scene->small, scene->host, "/a", names[i], "10.0.0.1");
	scene->small.table.path_count = 1;
	assert_int_equal(plan_scene_run(scene), 0);
}

static void a_map_that_is_full_of_rested_places_asks_to_wait(void **state)
{
	struct plan_scene *scene = *state;
	int error = 0;

	small_route(&scene->small, scene->host, "/a", "a", "10.0.0.1");
	for (int i = 0; i < 2 * PLAN_SETS && !error; i++) {
		scene->small.groups[0][0].weight++;
		error = plan_scene_run(scene);
	}
	assert_int_equal(error, -EAGAIN);
	assert_string_equal(scene->full, "rule_sets");
	scene->now_ms += ID_POOL_REST_MS;
	assert_int_equal(plan_scene_run(scene), 0);
}

static void endless_change_needs_no_more_room(void **state)
{
	struct plan_scene *scene = *state;

	for (uint32_t i = 0; i < 1000; i++) {
		char address[32];

		plan_scene_forget_routes(scene);
		snprintf(address, sizeof(address), "10.%u.%u.1", i / 256, i % 256);
		small_route(&scene->small, scene->host, "/a", i % 2 ? "odd" : "even", address);
		assert_int_equal(plan_scene_run(scene), 0);
		scene->now_ms += ID_POOL_REST_MS;
	}
}

static void a_redirect_that_is_the_same_keeps_its_place(void **state)
{
	struct plan_scene *scene = *state;
	size_t rule = small_rule(&scene->small, "a");
	uint32_t place;

	scene->small.rules[rule].action = RULE_REDIRECT;
	scene->small.rules[rule].redirect.status = 301;
	assert_int_equal(plan_scene_run(scene), 0);
	place = plan_scene_rule(scene, "a")->value.redirect;
	assert_int_not_equal(place, 0);
	assert_int_equal(plan_scene_run(scene), 0);
	assert_int_equal(plan_scene_rule(scene, "a")->value.redirect, place);
	scene->small.rules[rule].redirect.status = 302;
	assert_int_equal(plan_scene_run(scene), 0);
	assert_int_not_equal(plan_scene_rule(scene, "a")->value.redirect, place);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plan_scene_setup, plan_scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_rule_keeps_its_number_while_others_come_and_go),
		TEST(an_unchanged_rule_keeps_its_set),
		TEST(a_new_endpoint_gives_a_new_set_and_leaves_the_old_one_alone),
		TEST(every_new_set_has_a_version_of_its_own),
		TEST(an_endpoint_of_one_service_is_one_entry_for_all_rules),
		TEST(weights_are_cumulative_and_empty_groups_stay),
		TEST(a_family_without_endpoints_has_no_set),
		TEST(client_ip_members_are_a_maglev_table_per_group),
		TEST(two_rules_whose_cut_names_are_equal_stay_two),
		TEST(a_full_map_is_named_and_takes_nothing),
		TEST(a_map_that_is_full_of_rested_places_asks_to_wait),
		TEST(endless_change_needs_no_more_room),
		TEST(a_redirect_that_is_the_same_keeps_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
