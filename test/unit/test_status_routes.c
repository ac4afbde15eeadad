/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/status/status_routes.h"

static int setup(void **state)
{
	static struct status_routes routes;

	status_routes_init(&routes);
	*state = &routes;
	return 0;
}

static int teardown(void **state)
{
	status_routes_done(*state);
	return 0;
}

static struct object_key key_of(const char *name)
{
	return (struct object_key){OBJECT_PATH_ROUTE, "shop", name};
}

struct text_news {
	const char *name;
	const char *uid;
	int64_t generation;
	const char *version;
	int64_t told; /* status.observedGeneration */
	uint64_t now_ms;
};

static struct status_route *put_with(struct status_routes *routes, struct text_news text,
				     const struct rejection *refused)
{
	struct route_version version = {
		.key = key_of(text.name),
		.uid = text.uid,
		.generation = text.generation,
		.rules = 2,
		.seen = {.observed_generation = text.told},
	};
	struct status_route_news news = {&version, refused, text.now_ms};

	snprintf(version.seen.resource_version, sizeof(version.seen.resource_version), "%s",
		 text.version ? text.version : "1");
	assert_int_equal(status_routes_put(routes, &news), 0);
	return status_routes_find(routes, "shop", text.name);
}

static struct status_route *put(struct status_routes *routes, struct text_news text)
{
	return put_with(routes, text, NULL);
}

/* Seen in version 10; 12 is our own write, awaited for five seconds. */
static struct status_route *put_awaiting(struct status_routes *routes, struct text_news text)
{
	struct status_route *route;

	text.version = "10";
	route = put(routes, text);
	snprintf(route->awaited, sizeof(route->awaited), "12");
	route->awaited_until_ms = 5000;
	return route;
}

static void a_new_generation_is_a_new_position(void **state)
{
	struct status_routes *routes = *state;
	uint64_t first =
		put(routes, (struct text_news){.name = "web", .uid = "u1", .generation = 1})
			->position;

	assert_true(put(routes, (struct text_news){.name = "web", .uid = "u1", .generation = 2})
			    ->position > first);
}

static void a_status_that_was_written_changes_no_position(void **state)
{
	struct status_routes *routes = *state;
	uint64_t digest, position;

	position =
		put(routes,
		    (struct text_news){.name = "web", .uid = "u1", .generation = 1, .version = "1"})
			->position;
	digest = digest_history_now(&routes->history);
	assert_true(
		put(routes,
		    (struct text_news){
			    .name = "web", .uid = "u1", .generation = 1, .version = "2", .told = 1})
			->position == position);
	assert_true(digest_history_now(&routes->history) == digest);
}

static void what_comes_and_goes_leaves_the_digest_as_it_was(void **state)
{
	struct status_routes *routes = *state;
	struct object_key key = key_of("web");

	put(routes, (struct text_news){.name = "web", .uid = "u1", .generation = 1});
	put(routes, (struct text_news){.name = "web", .uid = "u1", .generation = 5});
	status_routes_remove(routes, &key);
	assert_true(digest_history_now(&routes->history) == DIGEST_EMPTY);
	assert_null(status_routes_find(routes, "shop", "web"));
}

static void versions_older_than_our_own_write_are_passed_over(void **state)
{
	struct status_routes *routes = *state;
	struct status_route *route = put_awaiting(
		routes, (struct text_news){.name = "web", .uid = "u1", .generation = 1});

	route->seen.observed_generation = 1; /* as we wrote it */
	put(routes, (struct text_news){.name = "web",
				       .uid = "u1",
				       .generation = 1,
				       .version = "11",
				       .told = 0,
				       .now_ms = 100});
	assert_int_equal(route->seen.observed_generation, 1);
	put(routes, (struct text_news){.name = "web",
				       .uid = "u1",
				       .generation = 1,
				       .version = "12",
				       .told = 1,
				       .now_ms = 200});
	assert_string_equal(route->seen.resource_version, "12");
	put(routes, (struct text_news){.name = "web",
				       .uid = "u1",
				       .generation = 1,
				       .version = "13",
				       .told = 0,
				       .now_ms = 300});
	assert_int_equal(route->seen.observed_generation, 0); /* somebody else changed it */
}

static void a_version_that_never_comes_is_not_awaited_for_ever(void **state)
{
	struct status_routes *routes = *state;
	struct status_route *route = put_awaiting(
		routes, (struct text_news){.name = "web", .uid = "u1", .generation = 1});

	put(routes, (struct text_news){.name = "web",
				       .uid = "u1",
				       .generation = 1,
				       .version = "14",
				       .told = 0,
				       .now_ms = 5000});
	assert_string_equal(route->seen.resource_version, "14");
}

static void an_object_made_anew_under_the_same_name_is_another_one(void **state)
{
	struct status_routes *routes = *state;
	struct status_route *route = put_awaiting(
		routes, (struct text_news){.name = "web", .uid = "u1", .generation = 7, .told = 7});

	put(routes, (struct text_news){.name = "web",
				       .uid = "u2",
				       .generation = 1,
				       .version = "13",
				       .told = 0,
				       .now_ms = 100});
	assert_string_equal(route->seen.resource_version, "13");
	assert_int_equal(route->seen.observed_generation, 0);
	assert_int_equal(route->generation, 1);
}

static void a_refused_generation_is_kept_with_its_reason(void **state)
{
	struct rejection rejection = {.reason = REASON_INVALID_PATH, .message = "no"};
	struct text_news text = {.name = "web", .uid = "u1", .generation = 2};
	struct status_route *route = put_with(*state, text, &rejection);

	assert_string_equal(route->refused->message, "no");
	assert_int_equal(route->rules, 0);
	text.generation = 3;
	put(*state, text);
	assert_null(route->refused);
	assert_int_equal(route->rules, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_generation_is_a_new_position),
		TEST(a_status_that_was_written_changes_no_position),
		TEST(what_comes_and_goes_leaves_the_digest_as_it_was),
		TEST(versions_older_than_our_own_write_are_passed_over),
		TEST(a_version_that_never_comes_is_not_awaited_for_ever),
		TEST(an_object_made_anew_under_the_same_name_is_another_one),
		TEST(a_refused_generation_is_kept_with_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
