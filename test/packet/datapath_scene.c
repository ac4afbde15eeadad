/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../agent/base/cleanup.h"
#include "../../agent/datapath/pins.h"
#include "datapath_scene.h"

#define TCX_INGRESS 46
#define WAIT_MS 5000

struct datapath_scene scene;

extern char **environ;

int scene_run(const char *const *words)
{
	pid_t child;
	int status;

	if (posix_spawnp(&child, words[0], NULL, NULL, (char *const *)words, environ) ||
	    waitpid(child, &status, 0) != child)
		return -1;
	return status;
}

static void report_keep(void *context, int level, const char *text)
{
	size_t length = strlen(scene.words);

	(void)context, (void)level;
	snprintf(scene.words + length, sizeof(scene.words) - length, "%s\n", text);
}

const struct report_sink scene_sink = {report_keep, NULL};

static void addresses_changed(void *context)
{
	(void)context;
	scene.address_changes++;
}

static void hooks_changed(void *context)
{
	(void)context;
	scene.hook_changes++;
}

static char *const patterns[] = {(char *)"veth*"};

int scene_setup(void **state)
{
	*state = &scene;
	scene = (struct datapath_scene){
		.options =
			{
				.device_patterns = patterns,
				.device_pattern_count = 1,
				.flows = 64,
				.rules = 16,
				.endpoints = 16,
				.holds_large = 16,
				.source_cap = 4,
				.head_timeout_s = 30,
				.idle_timeout_s = 60,
			},
		.events = {&scene, report_keep, addresses_changed, hooks_changed},
	};
	snprintf(scene.bpffs, sizeof(scene.bpffs), "/tmp/pathroute-attach-XXXXXX");
	scene.options.bpffs = scene.bpffs;
	if (unshare(CLONE_NEWNET) || !mkdtemp(scene.bpffs))
		return -1;
	return mount("bpf", scene.bpffs, "bpf", 0, NULL);
}

int scene_teardown(void **state)
{
	(void)state;
	datapath_close(scene.datapath);
	umount2(scene.bpffs, MNT_DETACH);
	return rmdir(scene.bpffs);
}

void scene_open(void)
{
	assert_int_equal(datapath_open(&scene.options, &scene.events, &scene.datapath), 0);
}

void scene_close(void)
{
	datapath_close(scene.datapath);
	scene.datapath = NULL;
}

void scene_apply(void)
{
	struct route_table table = {0};
	struct route_change change;

	assert_int_equal(datapath_apply(scene.datapath, &table, &change), 0);
}

size_t scene_attached(void)
{
	struct datapath_status status;

	datapath_get_status(scene.datapath, &status);
	return status.attached;
}

void scene_follow(void)
{
	struct pollfd poll_fd = {.fd = datapath_fd(scene.datapath), .events = POLLIN};

	assert_int_equal(poll(&poll_fd, 1, WAIT_MS), 1);
	assert_int_equal(datapath_dispatch(scene.datapath), 0);
}

void scene_wait_attached(size_t count)
{
	while (scene_attached() != count)
		scene_follow();
}

void scene_add_veth(const char *name, const char *peer)
{
	RUN("ip", "link", "add", name, "type", "veth", "peer", "name", peer);
}

int scene_pinned(const char *name)
{
	return pins_open(datapath_directory(scene.datapath), name);
}

uint32_t scene_link_program(const char *device)
{
	char name[32];
	struct bpf_link_info info = {0};
	uint32_t length = sizeof(info);

	snprintf(name, sizeof(name), "links/%u", if_nametoindex(device));

	_cleanup_close_ int fd = scene_pinned(name);

	assert_true(fd >= 0);
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &length), 0);
	return info.prog_id;
}

struct device scene_device(const char *name)
{
	_cleanup_close_ int fd = scene_pinned("devices");
	uint32_t ifindex = if_nametoindex(name);
	struct device device = {0};

	assert_int_equal(bpf_map_lookup_elem(fd, &ifindex, &device), 0);
	return device;
}

/* The part of union bpf_attr for BPF_PROG_QUERY. */
struct chain_query {
	uint32_t ifindex;
	uint32_t attach_type;
	uint32_t query_flags;
	uint32_t attach_flags;
	uint64_t programs;
	uint32_t count;
	uint32_t pad;
	uint64_t rest[6];
};

uint32_t scene_read_chain(const char *device, uint32_t ret_programs[SCENE_CHAIN_MAX])
{
	struct chain_query query = {
		.ifindex = if_nametoindex(device),
		.attach_type = TCX_INGRESS,
		.programs = (uint64_t)(uintptr_t)ret_programs,
		.count = SCENE_CHAIN_MAX,
	};

	assert_int_equal(syscall(__NR_bpf, BPF_PROG_QUERY, &query, sizeof(query)), 0);
	return query.count;
}

static void needs_root(void **state)
{
	(void)state;
	skip();
}

int scene_run_tests(const char *name, const struct CMUnitTest *tests, size_t count)
{
	const struct CMUnitTest without_root[] = {cmocka_unit_test(needs_root)};

	if (!geteuid())
		return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
	print_message("SKIPPED %s: it needs root\n", name);
	return cmocka_run_group_tests(without_root, NULL, NULL);
}
