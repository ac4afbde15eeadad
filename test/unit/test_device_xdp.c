/* SPDX-License-Identifier: Apache-2.0 */
/* Which devices are to have XDP. What the kernel does about it is told by test/packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "../../agent/datapath/device_xdp.h"

#define WANTS(device, ...)                          \
	wants(device, (char *const[]){__VA_ARGS__}, \
	      sizeof((char *const[]){__VA_ARGS__}) / sizeof(char *))

static const struct report_sink silence = {NULL, NULL};

static const struct device_entry uplink = {
	.ifindex = 2, .is_physical = true, .device = {.name = "eth0", .attach = 1}};
static const struct device_entry veth = {.ifindex = 3, .device = {.name = "veth0", .attach = 1}};

static bool wants(const struct device_entry *entry, char *const *patterns, size_t count)
{
	const struct device_xdp xdp = {.patterns = patterns, .pattern_count = count};

	return device_xdp_wants(&xdp, entry);
}

static void physical_devices_have_it_by_themselves(void **state)
{
	(void)state;
	assert_true(wants(&uplink, NULL, 0));
	assert_true(WANTS(&uplink, (char *)"auto"));
	assert_false(wants(&veth, NULL, 0));
	assert_false(WANTS(&veth, (char *)"auto"));
}

static void named_devices_have_it_whatever_they_are(void **state)
{
	(void)state;
	assert_true(WANTS(&veth, (char *)"veth0"));
	assert_true(WANTS(&veth, (char *)"bond*", (char *)"veth*"));
	assert_false(WANTS(&uplink, (char *)"veth*"));
	assert_true(WANTS(&uplink, (char *)"veth*", (char *)"auto"));
}

static void off_is_for_all(void **state)
{
	char *const off[] = {(char *)"off"};
	static const struct device_entry named_off = {.device = {.name = "off"}};

	(void)state;
	assert_false(WANTS(&uplink, (char *)"off"));
	assert_false(WANTS(&named_off, (char *)"off"));
	assert_false(device_xdp_is_on(off, 1));
	assert_true(device_xdp_is_on(NULL, 0));
}

/* A driver may take the tag off before XDP sees the frame: the answer would go out without. */
static void a_device_below_a_vlan_has_none(void **state)
{
	const struct link_state vlan = {.ifindex = 9, .vlan_of = 2};
	const struct link_state plain = {.ifindex = 10};
	struct device_xdp xdp = {.directory = "/nowhere", .program_fd = -1, .sink = &silence};
	struct device_entry entry = uplink;

	(void)state;
	device_xdp_attach(&xdp, &entry);
	assert_int_equal(entry.device.xdp, XDP_STATE_FAILED); /* without a program */
	assert_int_equal(device_xdp_note_link(&xdp, &plain), 0);
	assert_int_equal(device_xdp_note_link(&xdp, &vlan), 2);
	assert_int_equal(device_xdp_note_link(&xdp, &vlan), 0); /* no news */
	device_xdp_attach(&xdp, &entry);
	assert_int_equal(entry.device.xdp, XDP_STATE_VLANS);
}

/* SYNs would be answered, and nobody would take the requests. */
static void without_tc_there_is_none(void **state)
{
	struct device_xdp xdp = {.directory = "/nowhere", .program_fd = -1, .sink = &silence};
	struct device_entry entry = uplink;

	(void)state;
	entry.device.attach = 0;
	device_xdp_attach(&xdp, &entry);
	assert_int_equal(entry.device.xdp, XDP_STATE_OFF);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(physical_devices_have_it_by_themselves),
		cmocka_unit_test(named_devices_have_it_whatever_they_are),
		cmocka_unit_test(off_is_for_all),
		cmocka_unit_test(a_device_below_a_vlan_has_none),
		cmocka_unit_test(without_tc_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
