/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plan_scene.h"

#define MEMBERS 8192

int plan_scene_setup(void **state)
{
	static struct plan_scene scene;
	const struct image_limits empty = {0};

	scene = (struct plan_scene){.now_ms = 10000};
	*state = &scene;
	small_table_init(&scene.small);
	small_listener(&scene.small, "10.96.0.1", 80, 1);
	scene.host = small_host(&scene.small, 1, HOST_EXACT, "a.example");
	return route_image_new(&empty, &scene.image) || id_pool_init(&scene.pools.endpoints, 32) ||
	       id_pool_init(&scene.pools.rules, 16) || id_pool_init(&scene.pools.sets, PLAN_SETS) ||
	       id_pool_init(&scene.pools.redirects, 4) || id_pool_init(&scene.pools.hosts, 16) ||
	       id_pool_init(&scene.pools.tables, 16) ||
	       extent_pool_init(&scene.pools.members, MEMBERS);
}

int plan_scene_teardown(void **state)
{
	struct plan_scene *scene = *state;

	route_image_free(scene->image);
	route_pools_done(&scene->pools);
	return 0;
}

int plan_scene_run(struct plan_scene *scene)
{
	struct route_plan_input input = {
		.table = &scene->small.table,
		.old = scene->image,
		.pools = &scene->pools,
		.seed = 42,
		.now_ms = scene->now_ms,
	};
	struct route_image *image;
	int error = route_plan_make(&input, &image, &scene->full);

	if (error)
		return error;
	route_plan_accept(&input, image);
	route_image_free(scene->image);
	scene->image = image;
	return 0;
}

const struct image_rule *plan_scene_rule(const struct plan_scene *scene, const char *name)
{
	for (size_t i = 0; i < scene->image->rule_count; i++) {
		if (!strcmp(scene->image->rules[i].name, name))
			return &scene->image->rules[i];
	}
	fail_msg("no rule %s", name);
	return NULL;
}

void plan_scene_forget_routes(struct plan_scene *scene)
{
	scene->small.table.rule_count = 0;
	scene->small.table.path_count = 0;
}
