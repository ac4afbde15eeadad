/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../agent/base/cleanup.h"
#include "datapath_scene.h"

#define TCX_INGRESS 46
#define FILTER_HANDLE 0x70726f75
#define FOREIGN_HANDLE 1

/* A program of somebody else that lets everything pass. */
static int foreign_program(void)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "foreign", "GPL", pass, 2, NULL);

	assert_true(fd >= 0);
	return fd;
}

static int foreign_link(const char *device, int program_fd)
{
	uint32_t attr[8] = {(uint32_t)program_fd, if_nametoindex(device), TCX_INGRESS};
	long fd = syscall(__NR_bpf, BPF_LINK_CREATE, attr, sizeof(attr));

	assert_true(fd >= 0);
	return (int)fd;
}

static int filter_query(const char *device, uint32_t handle)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(device),
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = handle, .priority = 1);

	return bpf_tc_query(&hook, &filter);
}

static void nothing_is_attached_before_the_first_table(void **state)
{
	uint32_t programs[SCENE_CHAIN_MAX];

	(void)state;
	scene_add_veth("veth1", "peer1");
	scene_open();
	assert_int_equal(scene_attached(), 0);
	assert_int_equal(scene_read_chain("veth1", programs), 0);
	scene_apply();
	assert_int_equal(scene_attached(), 1);
	assert_int_equal(scene_read_chain("veth1", programs), 1);
	assert_int_equal(scene_read_chain("peer1", programs), 0); /* matches no pattern */
}

static void ours_comes_first_and_a_foreign_program_stays(void **state)
{
	_cleanup_close_ int foreign = foreign_program();
	_cleanup_close_ int link = -1;
	uint32_t programs[SCENE_CHAIN_MAX], ours;

	(void)state;
	scene_add_veth("veth1", "peer1");
	link = foreign_link("veth1", foreign);
	scene_open();
	scene_apply();
	ours = scene_link_program("veth1");
	assert_int_equal(scene_read_chain("veth1", programs), 2);
	assert_int_equal(programs[0], ours);
	scene_close();
	assert_int_equal(datapath_uninstall(scene.bpffs, &scene_sink), 0);
	assert_int_equal(scene_read_chain("veth1", programs), 1);
	assert_int_not_equal(programs[0], ours);
}

static void a_restart_replaces_the_program_in_place(void **state)
{
	uint32_t programs[SCENE_CHAIN_MAX], before;

	(void)state;
	scene_add_veth("veth1", "peer1");
	scene_open();
	scene_apply();
	before = scene_link_program("veth1");
	scene_close();
	assert_int_equal(scene_read_chain("veth1", programs), 1); /* traffic goes on */
	assert_int_equal(programs[0], before);
	scene_open();
	assert_true(datapath_adopted(scene.datapath));
	assert_int_equal(scene_read_chain("veth1", programs), 1);
	assert_int_not_equal(programs[0], before);
	assert_int_equal(scene_attached(), 1); /* before any table */
}

static void clsact_works_beside_a_foreign_filter(void **state)
{
	_cleanup_close_ int foreign = foreign_program();

	(void)state;
	scene_add_veth("veth1", "peer1");

	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex("veth1"),
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FOREIGN_HANDLE, .priority = 1,
		    .prog_fd = foreign);

	assert_int_equal(bpf_tc_hook_create(&hook), 0);
	assert_int_equal(bpf_tc_attach(&hook, &filter), 0);
	scene.options.attach = ATTACH_WISH_CLSACT;
	scene_open();
	scene_apply();
	assert_int_equal(scene_device("veth1").attach, ATTACH_CLSACT);
	assert_int_equal(filter_query("veth1", FILTER_HANDLE), 0);
	scene_close();
	scene_open(); /* replaces the filter */
	assert_int_equal(scene_attached(), 1);
	scene_close();
	assert_int_equal(datapath_uninstall(scene.bpffs, &scene_sink), 0);
	assert_int_not_equal(filter_query("veth1", FILTER_HANDLE), 0);
	assert_int_equal(filter_query("veth1", FOREIGN_HANDLE), 0);
}

static void the_other_mode_is_cleared_when_the_mode_changes(void **state)
{
	uint32_t programs[SCENE_CHAIN_MAX];

	(void)state;
	scene_add_veth("veth1", "peer1");
	scene_open();
	scene_apply();
	scene_close();
	scene.options.attach = ATTACH_WISH_CLSACT;
	scene_open();
	assert_int_equal(scene_read_chain("veth1", programs), 0);
	scene_close();
	scene.options.attach = ATTACH_WISH_AUTO;
	scene_open();
	assert_int_equal(scene_read_chain("veth1", programs), 1);
	assert_int_not_equal(filter_query("veth1", FILTER_HANDLE), 0);
}

static void uninstall_leaves_nothing_and_may_be_repeated(void **state)
{
	uint32_t programs[SCENE_CHAIN_MAX];
	char path[128];
	struct stat info;

	(void)state;
	scene_add_veth("veth1", "peer1");
	scene_open();
	scene_apply();
	assert_int_equal(datapath_uninstall(scene.bpffs, &scene_sink), -EBUSY);
	assert_int_equal(scene_attached(), 1);
	scene_close();
	for (int i = 0; i < 2; i++)
		assert_int_equal(datapath_uninstall(scene.bpffs, &scene_sink), 0);
	assert_int_equal(scene_read_chain("veth1", programs), 0);
	snprintf(path, sizeof(path), "%s/pathroute", scene.bpffs);
	assert_int_equal(stat(path, &info), -1);
}

static void one_agent_works_on_a_bpffs(void **state)
{
	struct datapath *second;

	(void)state;
	scene_open();
	assert_int_equal(datapath_open(&scene.options, &scene.events, &second), -EBUSY);
	assert_non_null(strstr(scene.words, "another agent works on"));
}

static void a_directory_that_is_no_bpffs_is_refused(void **state)
{
	(void)state;
	scene.options.bpffs = "/tmp";
	assert_int_equal(datapath_open(&scene.options, &scene.events, &scene.datapath), -ENODEV);
	assert_non_null(strstr(scene.words, "/tmp is no BPF file system"));
}

static void pinned_maps_keep_their_size(void **state)
{
	(void)state;
	scene_open();
	scene_close();
	scene.options.flows = 128;
	scene_open();
	assert_non_null(strstr(scene.words, "pinned map flow_slots keeps its 64 entries, the "
					    "options ask for 128"));
}

static const struct CMUnitTest tests[] = {
	TEST(nothing_is_attached_before_the_first_table),
	TEST(ours_comes_first_and_a_foreign_program_stays),
	TEST(a_restart_replaces_the_program_in_place),
	TEST(clsact_works_beside_a_foreign_filter),
	TEST(the_other_mode_is_cleared_when_the_mode_changes),
	TEST(uninstall_leaves_nothing_and_may_be_repeated),
	TEST(one_agent_works_on_a_bpffs),
	TEST(pinned_maps_keep_their_size),
	TEST(a_directory_that_is_no_bpffs_is_refused),
};

int main(void)
{
	return scene_run_tests("test_attach", tests, sizeof(tests) / sizeof(tests[0]));
}
