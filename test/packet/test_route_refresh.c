/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of which only some rules' endpoints are written hold what the whole table says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "../../agent/datapath/route_audit.h"
#include "../unit/random_below.h"
#include "routes_scene.h"

#define STEPS 200
#define RULES 4
#define ADDRESSES 5 /* of a Service and family */

static void difference_print(void *context, const struct audit_difference *difference)
{
	(void)context;
	print_message("%s %s %s: %s\n", difference->kind, difference->name,
		      route_audit_word(difference->finding), difference->detail);
}

static void expect_equal(void)
{
	struct audit_sink sink = {.tell = difference_print, .report = &routes.sink};
	size_t count = 1;

	assert_int_equal(route_audit_run(routes.directory, &routes.small.table, &sink, &count), 0);
	assert_int_equal(count, 0);
}

/* Rule n sends requests to Service n and to the one that all share. */
static void routes_make(void)
{
	static const char *const names[RULES] = {"shop/a", "shop/b", "shop/c", "shop/d"};
	static const char *const services[RULES] = {"shop/a:80", "shop/b:80", "shop/c:80",
						    "shop/d:80"};

	for (size_t i = 0; i < RULES; i++) {
		size_t rule =
			small_route(&routes.small, routes.host, names[i] + 4, names[i], "10.0.0.1");

		routes.small.groups[rule][0].name = (char *)services[i];
		small_endpoint(small_group(&routes.small, rule, "shop/all:80", 3), "10.0.9.1");
	}
	routes_apply();
	expect_equal();
}

/* Each bit of `wanted` is an address. */
static void group_set(struct table_group *group, uint32_t service, uint32_t family, uint32_t wanted)
{
	group->endpoint_count[family] = 0;
	for (uint32_t i = 0; i < ADDRESSES; i++) {
		char address[32];

		snprintf(address, sizeof(address), family ? "fd00::%u:%u" : "10.0.%u.%u", service,
			 i);
		if (!(wanted >> i & 1))
			continue;
		small_endpoint(group, address);
		group->endpoints[family][group->endpoint_count[family] - 1].port = 9000 + i;
	}
}

/* An address comes or goes. Returns how many rules it is about, and which. */
static size_t service_change(size_t ret_places[RULES])
{
	static uint32_t present[RULES + 1][2];
	uint32_t service = random_below(RULES + 1), family = random_below(2);
	size_t count = 0;

	present[service][family] ^= 1U << random_below(ADDRESSES);
	for (size_t i = 0; i < RULES; i++) {
		if (service != RULES && service != i)
			continue;
		group_set(&routes.small.groups[i][service == RULES], service, family,
			  present[service][family]);
		ret_places[count++] = i;
	}
	return count;
}

/* Places that were given up rest for a second. */
static int refresh_patiently(const struct rule_places *changed)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	int error = -EAGAIN;

	for (int tries = 0; error == -EAGAIN && tries < 200; tries++) {
		error = route_maps_refresh(routes.maps, &routes.small.table, changed,
					   &routes.change);
		if (error == -EAGAIN)
			nanosleep(&pause, NULL);
	}
	return error;
}

static void after_any_changes_the_maps_hold_what_the_table_says(void **state)
{
	size_t places[RULES], refreshed = 0;

	(void)state;
	routes_make();
	for (int step = 0; step < STEPS; step++) {
		const struct rule_places changed = {places, service_change(places)};
		int error = refresh_patiently(&changed);

		refreshed += !error;
		if (error)
			routes_apply();
		expect_equal();
	}
	assert_in_range(refreshed, STEPS / 2, STEPS - 1); /* the image has no room at times */
	routes_apply();
	assert_int_equal(routes.change.writes, 0);
}

static void a_refresh_that_changes_nothing_writes_nothing(void **state)
{
	const size_t places[] = {0, 1, 2, 3};
	const struct rule_places all = {places, RULES};

	(void)state;
	routes_make();
	assert_int_equal(route_maps_refresh(routes.maps, &routes.small.table, &all, &routes.change),
			 0);
	assert_int_equal(routes.change.writes, 0);
}

static void maps_that_are_not_known_are_not_refreshed(void **state)
{
	const size_t place = 0;
	const struct rule_places one = {&place, 1};

	(void)state;
	routes_make();
	route_maps_forget(routes.maps);
	assert_int_equal(route_maps_refresh(routes.maps, &routes.small.table, &one, &routes.change),
			 -ESTALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(after_any_changes_the_maps_hold_what_the_table_says),
		TEST(a_refresh_that_changes_nothing_writes_nothing),
		TEST(maps_that_are_not_known_are_not_refreshed),
	};

	return routes_run_tests("route_refresh", tests, sizeof(tests) / sizeof(tests[0]));
}
