/* SPDX-License-Identifier: Apache-2.0 */
/* A place to plan in: pools, the image of before, and a table to write down. */
#ifndef PATHROUTE_TEST_PLAN_SCENE_H
#define PATHROUTE_TEST_PLAN_SCENE_H

#include "../../agent/datapath/route_plan.h"
#include "small_table.h"

#define PLAN_SETS 16 /* places for sets, and for rules */

struct plan_scene {
	struct small_table small; /* begins with one listener */
	size_t host;              /* its one host */
	struct route_pools pools;
	struct route_image *image; /* as accepted last */
	const char *full;
	uint64_t now_ms;
};

/* For cmocka: *state is the scene. */
int plan_scene_setup(void **state);
int plan_scene_teardown(void **state);

/* Plans the table, and accepts the image. */
int plan_scene_run(struct plan_scene *scene);

/* Fails the test if there is none. */
const struct image_rule *plan_scene_rule(const struct plan_scene *scene, const char *name);

void plan_scene_forget_routes(struct plan_scene *scene);

#endif
