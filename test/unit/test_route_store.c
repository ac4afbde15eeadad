/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/route/route_store.h"

static int open_store(void **state)
{
	struct route_store *store;

	if (route_store_new(&store))
		return -1;
	*state = store;
	return 0;
}

static int close_store(void **state)
{
	route_store_free(*state);
	return 0;
}

static struct object *new_object(enum object_kind kind, const char *name)
{
	struct object *object = calloc(1, sizeof(*object));

	assert_non_null(object);
	object->kind = kind;
	object->namespace = strdup("shop");
	object->name = strdup(name);
	return object;
}

static void put_slice(struct route_store *store, const char *name, const char *service)
{
	struct object *object = new_object(OBJECT_ENDPOINT_SLICE, name);

	object->endpoint_slice.service = strdup(service);
	assert_int_equal(route_store_put(store, object), 0);
}

static size_t count_slices(const struct route_store *store, const char *service)
{
	struct object *const *slices;

	return route_store_slices(store, "shop", service, &slices);
}

static struct object_key key(enum object_kind kind, const char *name)
{
	return (struct object_key){kind, "shop", name};
}

static void an_object_is_found_by_kind_and_name(void **state)
{
	struct object_key service = key(OBJECT_SERVICE, "a"), route = key(OBJECT_PATH_ROUTE, "a");
	struct object_key elsewhere = {OBJECT_SERVICE, "blog", "a"};

	route_store_put(*state, new_object(OBJECT_SERVICE, "a"));
	assert_non_null(route_store_find(*state, &service));
	assert_null(route_store_find(*state, &route));
	assert_null(route_store_find(*state, &elsewhere));
}

static void objects_are_ordered_however_they_arrive(void **state)
{
	static const unsigned steps[] = {1, 7, 99};
	char name[16];
	size_t s, i;

	/* 101 is prime: each step visits every number once. */
	for (s = 0; s < 3; s++) {
		for (i = 0; i < 101; i++) {
			snprintf(name, sizeof(name), "s%03u", (unsigned)(i * steps[s] % 101));
			route_store_put(*state, new_object(OBJECT_SERVICE, name));
		}
	}
	assert_int_equal(route_store_count(*state, OBJECT_SERVICE), 101);
	for (i = 0; i < 101; i++) {
		snprintf(name, sizeof(name), "s%03zu", i);
		assert_string_equal(route_store_at(*state, OBJECT_SERVICE, i)->name, name);
	}
}

static void a_second_put_replaces_the_first(void **state)
{
	struct object *object = new_object(OBJECT_SERVICE, "a");
	struct object_key wanted = key(OBJECT_SERVICE, "a");

	route_store_put(*state, new_object(OBJECT_SERVICE, "a"));
	object->generation = 2;
	route_store_put(*state, object);
	assert_int_equal(route_store_count(*state, OBJECT_SERVICE), 1);
	assert_int_equal(route_store_find(*state, &wanted)->generation, 2);
}

static void a_removed_object_is_gone(void **state)
{
	struct object_key wanted = key(OBJECT_SERVICE, "a");

	route_store_put(*state, new_object(OBJECT_SERVICE, "a"));
	assert_int_equal(route_store_remove(*state, &wanted), 0);
	assert_int_equal(route_store_remove(*state, &wanted), -ENOENT);
	assert_int_equal(route_store_count(*state, OBJECT_SERVICE), 0);
}

static void the_revision_tells_of_each_change(void **state)
{
	struct object_key wanted = key(OBJECT_SERVICE, "a");
	uint64_t before = route_store_revision(*state), after;

	route_store_put(*state, new_object(OBJECT_SERVICE, "a"));
	after = route_store_revision(*state);
	assert_true(after > before);
	route_store_remove(*state, &wanted);
	assert_true(route_store_revision(*state) > after);
	after = route_store_revision(*state);
	route_store_remove(*state, &wanted);
	assert_true(route_store_revision(*state) == after);
}

static void the_slices_of_a_service_are_found_in_a_row(void **state)
{
	struct object *const *slices;

	put_slice(*state, "c", "web");
	put_slice(*state, "a", "web");
	put_slice(*state, "b", "api");
	put_slice(*state, "d", "web-2");
	assert_int_equal(route_store_slices(*state, "shop", "web", &slices), 2);
	assert_string_equal(slices[0]->name, "a");
	assert_string_equal(slices[1]->name, "c");
	assert_int_equal(count_slices(*state, "we"), 0);
	assert_int_equal(count_slices(*state, "zzz"), 0);
	assert_int_equal(route_store_slices(*state, "other", "web", &slices), 0);
}

static void a_slice_that_changes_its_service_leaves_the_old_one(void **state)
{
	struct object_key wanted = key(OBJECT_ENDPOINT_SLICE, "a");

	put_slice(*state, "a", "web");
	put_slice(*state, "a", "api");
	assert_int_equal(count_slices(*state, "web"), 0);
	assert_int_equal(count_slices(*state, "api"), 1);
	assert_int_equal(route_store_remove(*state, &wanted), 0);
	assert_int_equal(count_slices(*state, "api"), 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)
	const struct CMUnitTest tests[] = {
		TEST(an_object_is_found_by_kind_and_name),
		TEST(objects_are_ordered_however_they_arrive),
		TEST(a_second_put_replaces_the_first),
		TEST(a_removed_object_is_gone),
		TEST(the_revision_tells_of_each_change),
		TEST(the_slices_of_a_service_are_found_in_a_row),
		TEST(a_slice_that_changes_its_service_leaves_the_old_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
