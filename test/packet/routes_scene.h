/* SPDX-License-Identifier: Apache-2.0 */
/* The pinned maps in a bpffs of their own, and a route table to write into them. */
#ifndef PATHROUTE_TEST_ROUTES_SCENE_H
#define PATHROUTE_TEST_ROUTES_SCENE_H

#include "../../agent/datapath/pins.h"
#include "../../agent/datapath/route_maps.h"
#include "../unit/small_table.h"

#define ROUTES_RULES 32 /* places for rules */
#define ROUTES_ENDPOINTS 64
#define ROUTES_HOST "a.example"
#define ROUTES_LISTENER "10.96.0.1"

struct routes_scene {
	char bpffs[64];
	char directory[PINS_PATH_MAX];
	struct report_sink sink;
	struct pathroute_tc *skeleton; /* its maps only: no program is loaded */
	struct route_maps *maps;
	struct route_change change; /* of the last apply */
	struct small_table small;
	size_t host; /* ROUTES_HOST, behind ROUTES_LISTENER */
};

extern struct routes_scene routes;

/* For cmocka. */
int routes_group_setup(void **state);
int routes_group_teardown(void **state);
int routes_setup(void **state);
int routes_teardown(void **state);

/* Forgets all routes of the table. */
void routes_begin(void);

/* Fails the test on an error. */
void routes_apply(void);

/* Reads the maps as a new agent would. */
void routes_restart(void);

int routes_map(const char *name);
void routes_read(const char *map, const void *key, void *value);

/* Look-ups as the programs do them: by ROUTES_LISTENER, ROUTES_HOST and a Prefix path. */
uint64_t routes_seed(void);
struct listener_key routes_listener_key(const char *address);
int routes_find_host(struct host *ret_host);
int routes_find_path(const char *path, struct path_entry *ret_entry);
uint32_t routes_rule_id(const char *path);
struct rule routes_rule(const char *path);
struct rule_set routes_set(const char *path);
uint32_t routes_member(const struct rule_set *set, uint32_t group, uint32_t index);

/* Runs the tests, or skips them loudly without root. The exit status. */
struct CMUnitTest;
int routes_run_tests(const char *name, const struct CMUnitTest *tests, size_t count);

#define TEST(name) cmocka_unit_test_setup_teardown(name, routes_setup, routes_teardown)

#endif
