/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/status/node_table.h"

#define NOW 1000000

struct scene {
	struct digest_history history;
	struct node_table nodes;
};

static int setup(void **state)
{
	static struct scene scene;

	scene.nodes = (struct node_table){0};
	digest_history_init(&scene.history);
	*state = &scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	node_table_done(&scene->nodes);
	return 0;
}

/* The position of the change. */
static uint64_t route_changes(struct scene *scene, const char *uid, int64_t from, int64_t to)
{
	return digest_history_add(&scene->history, from ? digest_of_route(uid, from) : 0,
				  to ? digest_of_route(uid, to) : 0);
}

static void node_reports_at(struct scene *scene, const char *name, uint64_t digest, uint64_t now_ms)
{
	struct lease lease = {.duration_s = 900, .has_digest = true, .digest = digest};

	snprintf(lease.name, sizeof(lease.name), "%s", name);
	snprintf(lease.renew_time, sizeof(lease.renew_time), "%llu", (unsigned long long)now_ms);
	assert_int_equal(node_table_put(&scene->nodes, &lease, now_ms), 0);
}

static void node_reports(struct scene *scene, const char *name, uint64_t digest)
{
	node_reports_at(scene, name, digest, NOW);
}

static uint32_t count_at(struct scene *scene, uint64_t position, uint32_t told, uint64_t now_ms)
{
	struct node_progress progress;
	uint32_t count;

	assert_int_equal(node_progress_take(&scene->nodes, &scene->history, now_ms, &progress), 0);
	count = node_progress_count(&progress, position, told);
	node_progress_done(&progress);
	return count;
}

static uint32_t count(struct scene *scene, uint64_t position, uint32_t told)
{
	return count_at(scene, position, told, NOW);
}

static void a_digest_does_not_depend_on_the_order(void **state)
{
	struct scene *scene = *state;
	struct digest_history other;

	digest_history_init(&other);
	route_changes(scene, "a", 0, 1);
	route_changes(scene, "b", 0, 7);
	digest_history_add(&other, 0, digest_of_route("b", 7));
	digest_history_add(&other, 0, digest_of_route("a", 1));
	assert_true(digest_history_now(&scene->history) == digest_history_now(&other));
}

static void generation_and_uid_both_count(void **state)
{
	(void)state;
	assert_true(digest_of_route("a", 1) != digest_of_route("a", 2));
	assert_true(digest_of_route("a", 1) != digest_of_route("b", 1));
	assert_true(digest_of_route("a", 11) != digest_of_route("a1", 1));
}

static void a_node_has_the_routes_that_changed_before_its_report(void **state)
{
	struct scene *scene = *state;
	uint64_t first = route_changes(scene, "a", 0, 1);
	uint64_t digest = digest_history_now(&scene->history);
	uint64_t second = route_changes(scene, "b", 0, 1);

	node_reports(scene, "n1", digest);
	node_reports(scene, "n2", digest_history_now(&scene->history));
	assert_int_equal(count(scene, first, 0), 2);
	assert_int_equal(count(scene, second, 0), 1);
}

static void states_between_are_known_though_no_table_was_made_of_them(void **state)
{
	struct scene *scene = *state;
	uint64_t first = route_changes(scene, "a", 0, 1), between, last;

	between = digest_history_now(&scene->history);
	route_changes(scene, "a", 1, 2);
	last = route_changes(scene, "a", 2, 3);
	node_reports(scene, "n1", between);
	assert_int_equal(count(scene, first, 0), 1);
	assert_int_equal(count(scene, last, 0), 0);
}

static void a_state_that_comes_back_is_the_present_one(void **state)
{
	struct scene *scene = *state;
	uint64_t digest, position;

	route_changes(scene, "a", 0, 1);
	digest = digest_history_now(&scene->history);
	node_reports(scene, "n1", digest);
	route_changes(scene, "b", 0, 1);
	position = route_changes(scene, "b", 1, 0);
	assert_true(digest_history_now(&scene->history) == digest);
	assert_true(digest_history_find(&scene->history, digest) == position);
	assert_int_equal(count(scene, position, 0), 1);
}

static void a_route_that_was_deleted_and_made_anew_is_another_one(void **state)
{
	struct scene *scene = *state;
	uint64_t digest, position;

	route_changes(scene, "a", 0, 1);
	digest = digest_history_now(&scene->history);
	route_changes(scene, "a", 1, 0);
	position = route_changes(scene, "a-again", 0, 1);
	node_reports(scene, "n1", digest);
	assert_int_equal(count(scene, position, 0), 0);
}

static void nodes_that_a_new_leader_cannot_place_do_not_let_a_count_fall(void **state)
{
	struct scene *scene = *state;
	uint64_t position = route_changes(scene, "a", 0, 5);

	node_reports(scene, "n1", 111);
	node_reports(scene, "n2", 222);
	node_reports(scene, "n3", digest_history_now(&scene->history));
	assert_int_equal(count(scene, position, 3), 3); /* as its status says */
	assert_int_equal(count(scene, position, 2), 2);
	assert_int_equal(count(scene, position, 0), 1); /* what is known for certain */
}

static void a_count_cannot_be_more_than_there_are_nodes_to_explain_it(void **state)
{
	struct scene *scene = *state;
	uint64_t digest, position;

	route_changes(scene, "a", 0, 1);
	digest = digest_history_now(&scene->history);
	position = route_changes(scene, "a", 1, 2);
	node_reports(scene, "n1", digest); /* known to be behind */
	node_reports(scene, "n2", 222);
	assert_int_equal(count(scene, position, 2), 1);
}

static void what_is_older_than_the_history_is_unknown(void **state)
{
	struct scene *scene = *state;
	uint64_t digest = 0;

	route_changes(scene, "a", 0, 1);
	digest = digest_history_now(&scene->history);
	for (int64_t i = 1; i < DIGEST_HISTORY_MAX; i++)
		route_changes(scene, "a", i, i + 1);
	assert_true(digest_history_find(&scene->history, digest) == 2);
	route_changes(scene, "a", DIGEST_HISTORY_MAX, DIGEST_HISTORY_MAX + 1);
	assert_true(digest_history_find(&scene->history, digest) == 0);
}

static void a_node_that_is_silent_for_its_duration_is_gone(void **state)
{
	struct scene *scene = *state;
	uint64_t position = route_changes(scene, "a", 0, 1), next = 0;
	uint64_t digest = digest_history_now(&scene->history);

	node_reports_at(scene, "n1", digest, NOW);
	node_reports_at(scene, "n2", digest, NOW + 500000);
	assert_int_equal(count_at(scene, position, 0, NOW + 899999), 2);
	assert_int_equal(count_at(scene, position, 2, NOW + 900000), 1);
	assert_string_equal(node_table_expired(&scene->nodes, NOW + 900000, &next)->name, "n1");
	node_table_remove(&scene->nodes, "n1");
	assert_null(node_table_expired(&scene->nodes, NOW + 900000, &next));
	assert_true(next == NOW + 1400000);
}

static void seeing_an_unchanged_lease_again_does_not_prolong_it(void **state)
{
	struct scene *scene = *state;
	struct lease lease = {.name = "n1", .duration_s = 900, .renew_time = "t1"};
	uint64_t next;

	node_table_put(&scene->nodes, &lease, NOW);
	node_table_put(&scene->nodes, &lease, NOW + 800000);
	assert_non_null(node_table_expired(&scene->nodes, NOW + 900000, &next));
}

static void what_a_new_list_lacks_is_gone(void **state)
{
	struct scene *scene = *state;

	node_reports(scene, "n1", 1);
	node_reports(scene, "n2", 1);
	node_reports(scene, "n3", 1);
	node_table_list_begin(&scene->nodes);
	node_reports(scene, "n2", 1);
	node_table_list_end(&scene->nodes);
	assert_int_equal(scene->nodes.count, 1);
	assert_string_equal(scene->nodes.nodes[0].name, "n2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_digest_does_not_depend_on_the_order),
		TEST(generation_and_uid_both_count),
		TEST(a_node_has_the_routes_that_changed_before_its_report),
		TEST(states_between_are_known_though_no_table_was_made_of_them),
		TEST(a_state_that_comes_back_is_the_present_one),
		TEST(a_route_that_was_deleted_and_made_anew_is_another_one),
		TEST(nodes_that_a_new_leader_cannot_place_do_not_let_a_count_fall),
		TEST(a_count_cannot_be_more_than_there_are_nodes_to_explain_it),
		TEST(what_is_older_than_the_history_is_unknown),
		TEST(a_node_that_is_silent_for_its_duration_is_gone),
		TEST(seeing_an_unchanged_lease_again_does_not_prolong_it),
		TEST(what_a_new_list_lacks_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
