/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "../../agent/datapath/devices.h"

struct scene {
	struct devices devices;
	struct device_entry *entry;
};

static char *const patterns[] = {(char *)"veth*", (char *)"eth0"};

static int setup(void **state)
{
	static struct scene scene;

	scene = (struct scene){.devices = {.patterns = patterns, .pattern_count = 2}};
	*state = &scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	devices_done(&scene->devices);
	return 0;
}

static int note(struct scene *scene, uint32_t ifindex, const char *name, uint32_t mtu)
{
	struct link_state link = {.ifindex = ifindex, .mtu = mtu};

	memcpy(link.name, name, strlen(name));
	return devices_note(&scene->devices, &link, &scene->entry);
}

static void patterns_are_those_of_the_shell(void **state)
{
	struct scene *scene = *state;

	assert_true(devices_match(&scene->devices, "eth0"));
	assert_true(devices_match(&scene->devices, "veth123"));
	assert_false(devices_match(&scene->devices, "eth01"));
	assert_false(devices_match(&scene->devices, "myveth"));
}

static void lo_is_meant_only_by_its_name(void **state)
{
	static char *const all[] = {(char *)"*"}, *const lo[] = {(char *)"lo"};
	struct devices devices = {.patterns = all, .pattern_count = 1};

	(void)state;
	assert_false(devices_match(&devices, "lo"));
	assert_true(devices_match(&devices, "eth0"));
	devices.patterns = lo;
	assert_true(devices_match(&devices, "lo"));
}

static void news_are_told_apart(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(note(scene, 5, "eth9", 1500), DEVICE_FOREIGN);
	assert_null(scene->entry);
	assert_int_equal(note(scene, 3, "eth0", 1500), DEVICE_APPEARED);
	assert_int_equal(note(scene, 3, "eth0", 1500), DEVICE_SAME);
	assert_int_equal(note(scene, 3, "eth0", 1400), DEVICE_CHANGED);
	assert_int_equal(note(scene, 3, "veth1", 1400), DEVICE_CHANGED);
	assert_int_equal(note(scene, 3, "lan", 1400), DEVICE_RENAMED_AWAY);
	assert_non_null(scene->entry);
}

static void a_change_keeps_how_it_is_attached(void **state)
{
	struct scene *scene = *state;

	note(scene, 3, "eth0", 1500);
	scene->entry->device.attach = 1;
	note(scene, 3, "eth0", 1400);
	assert_int_equal(scene->entry->device.attach, 1);
	assert_int_equal(scene->entry->device.mtu, 1400);
}

static void uplinks_are_default_routes_tunnels_and_what_is_named(void **state)
{
	static char *const named[] = {(char *)"veth2*"};
	static uint32_t uplinks[] = {3};
	const struct node_network network = {.uplinks = uplinks, .uplink_count = 1};
	static const struct {
		const char *name;
		uint32_t ifindex;
		bool tunnel, want;
	} cases[] = {{"eth0", 3, false, true},
		     {"veth1", 4, false, false},
		     {"veth25", 5, false, true},
		     {"veth3", 6, true, true}};
	struct scene *scene = *state;

	scene->devices.uplink_patterns = named;
	scene->devices.uplink_pattern_count = 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		note(scene, cases[i].ifindex, cases[i].name, 1500);
		scene->entry->tunnel = cases[i].tunnel;
		assert_int_equal(devices_set_network(&scene->devices, scene->entry, &network),
				 cases[i].want);
		assert_int_equal(scene->entry->device.flags, cases[i].want ? DEVICE_UPLINK : 0);
	}
}

static void a_device_without_address_has_that_of_an_uplink(void **state)
{
	static uint32_t uplinks[] = {3};
	static struct node_address addresses[] = {{9, false, {{0, 0, 0, 9}}},
						  {3, false, {{0, 0, 0, 3}}},
						  {4, false, {{0, 0, 0, 4}}},
						  {4, true, {{6, 0, 0, 4}}}};
	struct node_network network = {addresses, 4, uplinks, 1};

	(void)state;
	assert_int_equal(node_network_source(&network, 4, false).word[3], 4);
	assert_int_equal(node_network_source(&network, 5, false).word[3], 3);
	assert_int_equal(node_network_source(&network, 3, true).word[0], 6);
	network.uplink_count = 0;
	assert_int_equal(node_network_source(&network, 5, false).word[3], 9);
	network.address_count = 0;
	assert_int_equal(node_network_source(&network, 5, false).word[3], 0);
}

static void the_smallest_mtu_is_that_of_known_devices(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(devices_min_mtu(&scene->devices), 0);
	note(scene, 3, "eth0", 9000);
	note(scene, 4, "veth1", 1450);
	note(scene, 5, "tiny0", 600);
	assert_int_equal(devices_min_mtu(&scene->devices), 1450);
	devices_forget(&scene->devices, 4);
	assert_int_equal(devices_min_mtu(&scene->devices), 9000);
}

static void a_sweep_finds_those_not_seen_again(void **state)
{
	struct scene *scene = *state;

	note(scene, 3, "eth0", 1500);
	note(scene, 4, "veth1", 1500);
	devices_begin_sweep(&scene->devices);
	note(scene, 4, "veth1", 1500);
	assert_false(devices_find(&scene->devices, 3)->seen);
	assert_true(devices_find(&scene->devices, 4)->seen);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(patterns_are_those_of_the_shell),
		TEST(lo_is_meant_only_by_its_name),
		TEST(news_are_told_apart),
		TEST(a_change_keeps_how_it_is_attached),
		TEST(uplinks_are_default_routes_tunnels_and_what_is_named),
		TEST(a_device_without_address_has_that_of_an_uplink),
		TEST(the_smallest_mtu_is_that_of_known_devices),
		TEST(a_sweep_finds_those_not_seen_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
