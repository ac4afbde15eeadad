/* SPDX-License-Identifier: Apache-2.0 */
/* Where XDP is put, and where not: devices of this kernel, and programs of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../agent/base/cleanup.h"
#include "../../agent/datapath/attach_xdp.h"
#include "datapath_scene.h"

static char *const named[] = {(char *)"veth*"};
static char *const none[] = {(char *)"off"};

/* 0: no program in this mode. */
static uint32_t program_on(const char *device, uint32_t flags)
{
	uint32_t id = 0;

	assert_int_equal(bpf_xdp_query_id((int)if_nametoindex(device), (int)flags, &id), 0);
	return id;
}

static uint32_t native_program(const char *device)
{
	return program_on(device, XDP_FLAGS_DRV_MODE);
}

/* A link of somebody else with a program that lets everything pass. */
static int foreign_link(const char *device)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
	_cleanup_close_ int program =
		bpf_prog_load(BPF_PROG_TYPE_XDP, "foreign", "GPL", pass, 2, NULL);
	int link = bpf_link_create(program, (int)if_nametoindex(device), BPF_XDP, &options);

	assert_true(link >= 0);
	return link;
}

static void start(void)
{
	scene_open();
	scene_apply();
}

static void start_on_named(void)
{
	scene.options.xdp_patterns = named;
	scene.options.xdp_pattern_count = 1;
	start();
}

static void a_veth_gets_none_by_itself(void **state)
{
	(void)state;
	scene_add_veth("veth1", "peer1");
	start();
	assert_int_equal(scene_device("veth1").xdp, XDP_STATE_OFF);
	assert_int_equal(native_program("veth1"), 0);
}

static void a_named_device_gets_it_in_native_mode(void **state)
{
	(void)state;
	scene_add_veth("veth1", "peer1");
	scene.options.xdp_patterns = named;
	scene.options.xdp_pattern_count = 1;
	scene_open();
	assert_int_equal(native_program("veth1"), 0); /* there is no table yet */
	scene_apply();
	assert_int_equal(scene_device("veth1").xdp, XDP_STATE_NATIVE);
	assert_int_not_equal(native_program("veth1"), 0);
	assert_int_equal(native_program("peer1"), 0);
	assert_int_equal(scene_attached(), 1);
	assert_non_null(strstr(scene.words, "device veth1: XDP answers handshakes"));
}

static void a_new_device_gets_it_as_well(void **state)
{
	(void)state;
	start_on_named();
	scene_add_veth("veth1", "peer1");
	scene_wait_attached(1);
	assert_int_equal(scene_device("veth1").xdp, XDP_STATE_NATIVE);
	assert_int_not_equal(native_program("veth1"), 0);
}

static void a_driver_without_native_mode_gets_none(void **state)
{
	(void)state;
	RUN("ip", "link", "add", "veth1", "type", "bridge");
	start_on_named();
	assert_int_equal(scene_device("veth1").xdp, XDP_STATE_UNSUPPORTED);
	assert_int_equal(program_on("veth1", XDP_FLAGS_SKB_MODE), 0);
	assert_int_equal(scene_attached(), 1);
	assert_non_null(strstr(scene.words, "device veth1: the driver has no native XDP"));
}

static void a_restart_replaces_it_in_place(void **state)
{
	uint32_t before;

	(void)state;
	scene_add_veth("veth1", "peer1");
	start_on_named();
	before = native_program("veth1");
	scene_close();
	assert_int_equal(native_program("veth1"), before);
	scene_open();
	assert_int_not_equal(native_program("veth1"), 0);
	assert_int_not_equal(native_program("veth1"), before);
	assert_int_equal(scene_device("veth1").xdp, XDP_STATE_NATIVE);
}

static void a_foreign_program_stays_and_is_followed(void **state)
{
	uint32_t foreign;
	int link;

	(void)state;
	scene_add_veth("veth1", "peer1");
	link = foreign_link("veth1");
	foreign = native_program("veth1");
	start_on_named();
	assert_int_equal(scene_device("veth1").xdp, XDP_STATE_FOREIGN);
	assert_int_equal(native_program("veth1"), foreign);
	assert_int_equal(scene_attached(), 1);
	assert_non_null(strstr(scene.words, "device veth1: another XDP program is there"));
	close(link);
	RUN("ip", "link", "set", "veth1", "up");
	while (scene_device("veth1").xdp != XDP_STATE_NATIVE)
		scene_follow();
	assert_int_not_equal(native_program("veth1"), 0);
}

static void it_is_taken_off_when_it_is_wanted_no_more(void **state)
{
	(void)state;
	scene_add_veth("veth1", "peer1");
	start_on_named();
	scene_close();
	scene.options.xdp_patterns = none;
	scene_open();
	assert_int_equal(native_program("veth1"), 0);
	assert_int_equal(scene_device("veth1").xdp, XDP_STATE_OFF);
	assert_int_equal(scene_attached(), 1);
}

static void uninstall_takes_it_off(void **state)
{
	(void)state;
	scene_add_veth("veth1", "peer1");
	start_on_named();
	scene_close();
	assert_int_equal(datapath_uninstall(scene.bpffs, &scene_sink), 0);
	assert_int_equal(native_program("veth1"), 0);
}

static const struct CMUnitTest tests[] = {
	TEST(a_veth_gets_none_by_itself),
	TEST(a_named_device_gets_it_in_native_mode),
	TEST(a_new_device_gets_it_as_well),
	TEST(a_driver_without_native_mode_gets_none),
	TEST(a_restart_replaces_it_in_place),
	TEST(a_foreign_program_stays_and_is_followed),
	TEST(it_is_taken_off_when_it_is_wanted_no_more),
	TEST(uninstall_takes_it_off),
};

int main(void)
{
	return scene_run_tests("test_attach_xdp", tests, sizeof(tests) / sizeof(tests[0]));
}
