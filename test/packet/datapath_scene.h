/* SPDX-License-Identifier: Apache-2.0 */
/* A data path in a network namespace and a bpffs of its own, with devices made by ip(8). */
#ifndef PATHROUTE_TEST_DATAPATH_SCENE_H
#define PATHROUTE_TEST_DATAPATH_SCENE_H

#include "../../agent/datapath/datapath.h"

struct datapath_scene {
	char bpffs[64];
	struct datapath *datapath; /* NULL: closed */
	struct datapath_options options;
	struct datapath_events events;
	int address_changes;
	int hook_changes;
	char words[4096]; /* all that was reported */
};

extern struct datapath_scene scene;
extern const struct report_sink scene_sink;

/* For cmocka. Devices that match are those named veth*. */
int scene_setup(void **state);
int scene_teardown(void **state);

void scene_open(void);
void scene_close(void);

/* Applies a table without routes. */
void scene_apply(void);

size_t scene_attached(void);

/* Waits for the next change of devices or addresses and follows it. */
void scene_follow(void);
void scene_wait_attached(size_t count);

/* Runs a command; the list ends with NULL. Its exit status, or -1. */
int scene_run(const char *const *words);

#define RUN(...) assert_int_equal(scene_run((const char *const[]){__VA_ARGS__, NULL}), 0)

void scene_add_veth(const char *name, const char *peer);

/* A descriptor of a pin, or a negative errno. */
int scene_pinned(const char *name);

/* The program of our link on the device. */
uint32_t scene_link_program(const char *device);

/* The entry of the map "devices". */
struct device scene_device(const char *name);

#define SCENE_CHAIN_MAX 8

/* Programs of the device's tcx chain, in order. Answers with their number. */
uint32_t scene_read_chain(const char *device, uint32_t ret_programs[SCENE_CHAIN_MAX]);

/* Runs the tests, or skips them loudly without root. The exit status. */
struct CMUnitTest;
int scene_run_tests(const char *name, const struct CMUnitTest *tests, size_t count);

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

#endif
