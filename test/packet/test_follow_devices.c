/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "datapath_scene.h"

static void a_device_that_appears_is_attached(void **state)
{
	(void)state;
	scene_open();
	scene_apply();
	assert_int_equal(scene_attached(), 0);
	scene_add_veth("veth1", "veth2");
	scene_wait_attached(2);
	assert_int_equal(scene_device("veth1").attach, ATTACH_TCX);
	assert_string_equal(scene_device("veth1").name, "veth1");
	assert_int_equal(scene_device("veth1").mtu, 1500);
}

static void a_device_that_goes_leaves_nothing(void **state)
{
	char name[32];

	(void)state;
	scene_open();
	scene_apply();
	scene_add_veth("veth1", "peer1");
	scene_wait_attached(1);
	snprintf(name, sizeof(name), "links/%u", if_nametoindex("veth1"));
	RUN("ip", "link", "delete", "veth1");
	scene_wait_attached(0);
	assert_int_equal(scene_pinned(name), -ENOENT);
}

static void a_device_renamed_out_of_the_pattern_is_released(void **state)
{
	uint32_t programs[SCENE_CHAIN_MAX];

	(void)state;
	scene_open();
	scene_apply();
	scene_add_veth("veth1", "peer1");
	scene_wait_attached(1);
	RUN("ip", "link", "set", "veth1", "name", "lan1");
	scene_wait_attached(0);
	assert_int_equal(scene_read_chain("lan1", programs), 0);
}

static void a_peer_in_another_namespace_is_noticed(void **state)
{
	char self[16];
	pid_t child;

	(void)state;
	scene_open();
	scene_apply();
	scene_add_veth("veth1", "peer1");
	scene_wait_attached(1);
	assert_int_equal(scene_device("veth1").flags, 0);
	child = fork();
	if (!child) {
		unshare(CLONE_NEWNET);
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(child, NULL, WUNTRACED), child);
	snprintf(self, sizeof(self), "%d", child);
	RUN("ip", "link", "set", "peer1", "netns", self);
	while (scene_device("veth1").flags != DEVICE_PEER)
		scene_follow();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void devices_that_came_while_no_agent_ran_are_attached_at_once(void **state)
{
	(void)state;
	scene_add_veth("veth1", "peer1");
	scene_open();
	scene_apply();
	scene_close();
	RUN("ip", "link", "delete", "veth1");
	scene_add_veth("veth2", "peer2");
	scene_open();
	assert_int_equal(scene_attached(), 1);
	assert_int_equal(scene_device("veth2").attach, ATTACH_TCX);
}

static void a_smaller_mtu_loads_the_programs_anew(void **state)
{
	uint32_t before;

	(void)state;
	scene_add_veth("veth1", "peer1");
	scene_open();
	scene_apply();
	before = scene_link_program("veth1");
	RUN("ip", "link", "set", "veth1", "mtu", "1400");
	while (scene_link_program("veth1") == before)
		scene_follow();
	assert_int_equal(scene_device("veth1").mtu, 1400);
	assert_int_equal(scene_attached(), 1);
}

static void new_addresses_are_told(void **state)
{
	(void)state;
	scene_open();
	RUN("ip", "address", "add", "192.0.2.1/24", "dev", "lo");
	assert_int_equal(datapath_dispatch(scene.datapath), 0);
	assert_true(scene.address_changes > 0);
}

static const struct CMUnitTest tests[] = {
	TEST(a_device_that_appears_is_attached),
	TEST(a_device_that_goes_leaves_nothing),
	TEST(a_device_renamed_out_of_the_pattern_is_released),
	TEST(a_peer_in_another_namespace_is_noticed),
	TEST(devices_that_came_while_no_agent_ran_are_attached_at_once),
	TEST(a_smaller_mtu_loads_the_programs_anew),
	TEST(new_addresses_are_told),
};

int main(void)
{
	return scene_run_tests("test_follow_devices", tests, sizeof(tests) / sizeof(tests[0]));
}
