/* SPDX-License-Identifier: Apache-2.0 */
/* An image whose rules are brought up to date in place says what the table says, for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/datapath/route_refresh.h"
#include "plan_scene.h"
#include "random_below.h"

#define STEPS 3000
#define SERVICES 3
#define RULES 3
#define ADDRESSES 6 /* of a Service and family */

static const char *const services[SERVICES] = {"shop/a:80", "shop/b:80", "shop/c:80"};
static const char *const rules[RULES] = {"one", "both", "sticky"};
/* Which Services a rule sends requests to. */
static const bool uses[RULES][SERVICES] = {{true}, {true, true}, {false, false, true}};

struct refreshed {
	struct plan_scene *scene;
	struct endpoint_use *counts; /* NULL: after a whole plan */
};

static void rules_write(struct plan_scene *scene)
{
	for (size_t rule = 0; rule < RULES; rule++) {
		size_t place = small_rule(&scene->small, rules[rule]);

		small_path(&scene->small, scene->host, rules[rule], place);
		for (size_t i = 0; i < SERVICES; i++) {
			if (uses[rule][i])
				small_group(&scene->small, place, services[i], 1 + (uint32_t)i);
		}
	}
	scene->small.rules[2].algorithm = BALANCE_CLIENT_IP;
}

static struct table_group *group_of(struct plan_scene *scene, size_t rule, const char *service)
{
	for (size_t i = 0; i < scene->small.rules[rule].group_count; i++) {
		if (!strcmp(scene->small.groups[rule][i].name, service))
			return &scene->small.groups[rule][i];
	}
	return NULL;
}

/* The same new endpoints in all rules that use the Service. */
static void service_change(struct plan_scene *scene, size_t service)
{
	uint32_t wanted = random_below(1 << ADDRESSES), family = random_below(2);

	for (size_t rule = 0; rule < RULES; rule++) {
		struct table_group *group = group_of(scene, rule, services[service]);

		if (!group)
			continue;
		group->endpoint_count[family] = 0;
		for (uint32_t i = 0; i < ADDRESSES; i++) {
			char address[32];

			snprintf(address, sizeof(address), family ? "fd00::%zu:%u" : "10.0.%zu.%u",
				 service, i);
			if (wanted >> i & 1)
				small_endpoint(group, address);
		}
	}
}

static size_t places_of(size_t service, size_t places[RULES])
{
	size_t count = 0;

	for (size_t rule = 0; rule < RULES; rule++) {
		if (uses[rule][service])
			places[count++] = rule;
	}
	return count;
}

static void whole(struct refreshed *refreshed)
{
	refreshed->scene->now_ms += ID_POOL_REST_MS;
	assert_int_equal(plan_scene_run(refreshed->scene), 0);
	free(refreshed->counts);
	refreshed->counts = NULL;
}

static int refresh(struct refreshed *refreshed, size_t service)
{
	struct plan_scene *scene = refreshed->scene;
	struct route_refresh planned;
	size_t places[RULES];
	int error;

	if (!refreshed->counts)
		refreshed->counts = route_refresh_count(scene->image, &scene->pools);
	assert_non_null(refreshed->counts);

	const struct route_refresh_input input = {
		.table = &scene->small.table,
		.image = scene->image,
		.uses = refreshed->counts,
		.pools = &scene->pools,
		.rules = places,
		.rule_count = places_of(service, places),
		.now_ms = scene->now_ms,
	};

	error = route_refresh_plan(&input, &planned);
	if (error)
		return error;
	route_refresh_accept(&input, &planned);
	route_refresh_done(&planned);
	return 0;
}

static const struct image_endpoint *endpoint_numbered(const struct route_image *image, uint32_t id)
{
	const struct image_endpoint *found = NULL;

	for (size_t i = 0; i < image->endpoint_count; i++) {
		if (image->endpoints[i].id != id || !image->endpoints[i].value.in_use)
			continue;
		assert_null(found);
		found = &image->endpoints[i];
	}
	assert_non_null(found);
	return found;
}

/* All members are endpoints of the group; without ClientIP they are these, one by one. */
static void group_check(const struct route_image *image, const struct image_set *set, uint32_t at,
			const struct table_group *group, int family)
{
	const struct rule_group *placed = &set->groups[at];
	const uint32_t *members = &set->members[placed->first - set->first];

	assert_int_equal(placed->count > 0, group->endpoint_count[family] > 0);
	for (uint32_t i = 0; i < placed->count; i++) {
		const struct image_endpoint *endpoint = endpoint_numbered(image, members[i]);
		bool found = false;

		assert_string_equal(endpoint->name, group->name);
		for (size_t j = 0; j < group->endpoint_count[family]; j++)
			found |= !memcmp(&endpoint->value.address,
					 &group->endpoints[family][j].address,
					 sizeof(struct ip_address)) &&
				 (placed->count != group->endpoint_count[family] || i == j);
		assert_true(found);
	}
}

static size_t rule_check(const struct plan_scene *scene, size_t place, int family)
{
	const struct table_rule *rule = &scene->small.rules[place];
	const struct image_rule *image_rule = &scene->image->rules[place];
	const struct image_set *set = image_rule->sets[family];
	size_t wanted = 0;

	for (size_t i = 0; i < rule->group_count; i++)
		wanted += rule->groups[i].endpoint_count[family];
	assert_int_equal(image_rule->value.set[family], set ? set->id : 0);
	assert_int_equal(set != NULL, wanted > 0);
	for (uint32_t i = 0; set && i < rule->group_count; i++)
		group_check(scene->image, set, i, &rule->groups[i], family);
	return wanted;
}

/* Services 0 and 2 are each whole in one rule, 1 in rule "both". */
static size_t endpoints_wanted(struct plan_scene *scene)
{
	static const size_t rule_of[SERVICES] = {0, 1, 2};
	size_t count = 0;

	for (size_t i = 0; i < SERVICES; i++) {
		const struct table_group *group = group_of(scene, rule_of[i], services[i]);

		count += group->endpoint_count[0] + group->endpoint_count[1];
	}
	return count;
}

static void image_check(struct plan_scene *scene)
{
	size_t in_use = 0;

	for (size_t place = 0; place < RULES; place++) {
		for (int family = 0; family < IMAGE_FAMILIES; family++)
			rule_check(scene, place, family);
	}
	for (size_t i = 0; i < scene->image->endpoint_count; i++)
		in_use += scene->image->endpoints[i].value.in_use;
	assert_int_equal(in_use, endpoints_wanted(scene));
}

static struct refreshed refreshed_begin(struct plan_scene *scene)
{
	struct refreshed refreshed = {.scene = scene};

	id_pool_done(&scene->pools.endpoints);
	assert_int_equal(id_pool_init(&scene->pools.endpoints, 50), 0);
	rules_write(scene);
	for (size_t service = 0; service < SERVICES; service++)
		service_change(scene, service);
	whole(&refreshed);
	image_check(scene);
	return refreshed;
}

static void after_any_changes_the_image_says_what_the_table_says(void **state)
{
	struct plan_scene *scene = *state;
	struct refreshed refreshed = refreshed_begin(scene);
	size_t failures = 0, wholes = 0;

	for (int step = 0; step < STEPS; step++) {
		size_t service = random_below(SERVICES);
		int error;

		service_change(scene, service);
		error = refresh(&refreshed, service);
		if (error == -EAGAIN) {
			failures++;
			scene->now_ms += ID_POOL_REST_MS;
			error = refresh(&refreshed, service);
		}
		if (error) {
			assert_int_equal(error, -ENOMEM); /* no room for more endpoints */
			wholes++;
			whole(&refreshed);
		}
		image_check(scene);
		scene->now_ms += random_below(3) * ID_POOL_REST_MS / 2;
	}
	assert_true(failures && wholes);
	free(refreshed.counts);
}

static void a_rule_in_another_place_is_refused(void **state)
{
	struct plan_scene *scene = *state;
	struct refreshed refreshed = refreshed_begin(scene);

	scene->small.rules[0].name = (char *)"other";
	assert_int_equal(refresh(&refreshed, 0), -ESTALE);
	free(refreshed.counts);
}

static void a_rule_that_is_the_same_keeps_its_set(void **state)
{
	struct plan_scene *scene = *state;
	struct refreshed refreshed = refreshed_begin(scene);
	struct rule before = scene->image->rules[0].value;

	assert_int_equal(refresh(&refreshed, 0), 0);
	assert_memory_equal(&scene->image->rules[0].value, &before, sizeof(before));
	image_check(scene);
	free(refreshed.counts);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plan_scene_setup, plan_scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(after_any_changes_the_image_says_what_the_table_says),
		TEST(a_rule_in_another_place_is_refused),
		TEST(a_rule_that_is_the_same_keeps_its_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
