/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../bpf/lib/route_hash.h"
#include "routes_scene.h"
#include "pathroute_tc.skel.h"

struct routes_scene routes;

int routes_group_setup(void **state)
{
	(void)state;
	snprintf(routes.bpffs, sizeof(routes.bpffs), "/tmp/pathroute-maps-XXXXXX");
	if (!mkdtemp(routes.bpffs) || mount("bpf", routes.bpffs, "bpf", 0, NULL))
		return -1;
	return pins_format_directory(routes.bpffs, routes.directory, sizeof(routes.directory));
}

int routes_group_teardown(void **state)
{
	(void)state;
	umount2(routes.bpffs, MNT_DETACH);
	return rmdir(routes.bpffs);
}

static void report_print_line(void *context, int level, const char *text)
{
	(void)context, (void)level;
	print_message("%s\n", text);
}

void routes_begin(void)
{
	small_table_init(&routes.small);
	small_listener(&routes.small, ROUTES_LISTENER, 80, 1);
	routes.host = small_host(&routes.small, 1, HOST_EXACT, ROUTES_HOST);
}

static void sizes_set(struct bpf_object *object)
{
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_program(program, object) bpf_program__set_autoload(program, false);
	bpf_object__for_each_map(map, object)
	{
		if (!strcmp(bpf_map__name(map), "rules"))
			bpf_map__set_max_entries(map, ROUTES_RULES);
		else if (bpf_map__max_entries(map) > PORTS_USED_WORDS)
			bpf_map__set_max_entries(map, PORTS_USED_WORDS);
	}
	bpf_map__set_max_entries(routes.skeleton->maps.endpoints, ROUTES_ENDPOINTS);
}

static int maps_load(void)
{
	LIBBPF_OPTS(bpf_object_open_opts, open, .pin_root_path = routes.directory);

	routes.skeleton = pathroute_tc__open_opts(&open);
	if (!routes.skeleton)
		return -errno;
	sizes_set(routes.skeleton->obj);
	return pathroute_tc__load(routes.skeleton);
}

int routes_setup(void **state)
{
	*state = &routes;
	routes.sink = (struct report_sink){report_print_line, NULL};
	routes_begin();
	if (pins_make_directories(routes.bpffs) || maps_load())
		return -1;
	return route_maps_open(routes.directory, &routes.sink, &routes.maps);
}

int routes_teardown(void **state)
{
	(void)state;
	route_maps_close(routes.maps);
	pathroute_tc__destroy(routes.skeleton);
	routes.maps = NULL;
	routes.skeleton = NULL;
	return pins_remove(routes.bpffs);
}

void routes_apply(void)
{
	assert_int_equal(route_maps_apply(routes.maps, &routes.small.table, &routes.change), 0);
}

void routes_restart(void)
{
	route_maps_close(routes.maps);
	assert_int_equal(route_maps_open(routes.directory, &routes.sink, &routes.maps), 0);
}

int routes_map(const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(routes.skeleton->obj, name);

	assert_true(fd >= 0);
	return fd;
}

void routes_read(const char *name, const void *key, void *value)
{
	assert_int_equal(bpf_map_lookup_elem(routes_map(name), key, value), 0);
}

uint64_t routes_seed(void)
{
	struct route_meta meta;
	uint32_t zero = 0;

	routes_read("route_meta", &zero, &meta);
	assert_true(meta.hash_seed != 0);
	return meta.hash_seed;
}

struct listener_key routes_listener_key(const char *address)
{
	return (struct listener_key){.address = small_address(address), .port = htons(80)};
}

int routes_find_host(struct host *ret_host)
{
	struct listener_key key = routes_listener_key(ROUTES_LISTENER);
	struct host_key host_key = {
		.hash = route_hash_host(routes_seed(), ROUTES_HOST, sizeof(ROUTES_HOST) - 1),
		.kind = HOST_EXACT,
	};
	struct listener value;

	if (bpf_map_lookup_elem(routes_map("listeners"), &key, &value))
		return -errno;
	host_key.table = value.table;
	return bpf_map_lookup_elem(routes_map("hosts"), &host_key, ret_host) ? -errno : 0;
}

int routes_find_path(const char *path, struct path_entry *ret_entry)
{
	struct path_key key = {
		.hash = route_hash_path(routes_seed(), path, (uint32_t)strlen(path)),
		.kind = PATH_PREFIX,
	};
	struct host host = {0};
	int error = routes_find_host(&host);

	if (error)
		return error;
	key.host = host.id;
	return bpf_map_lookup_elem(routes_map("paths"), &key, ret_entry) ? -errno : 0;
}

uint32_t routes_rule_id(const char *path)
{
	struct path_entry entry = {0};

	assert_int_equal(routes_find_path(path, &entry), 0);
	return entry.rule[HTTP_METHOD_OTHER];
}

struct rule routes_rule(const char *path)
{
	uint32_t id = routes_rule_id(path);
	struct rule rule;

	routes_read("rules", &id, &rule);
	return rule;
}

struct rule_set routes_set(const char *path)
{
	struct rule rule = routes_rule(path);
	struct rule_set set;

	assert_int_not_equal(rule.set[0], 0);
	routes_read("rule_sets", &rule.set[0], &set);
	return set;
}

uint32_t routes_member(const struct rule_set *set, uint32_t group, uint32_t index)
{
	uint32_t at = set->group[group].first + index, member;

	routes_read("members", &at, &member);
	return member;
}

static void needs_root(void **state)
{
	(void)state;
	skip();
}

int routes_run_tests(const char *name, const struct CMUnitTest *tests, size_t count)
{
	const struct CMUnitTest without_root[] = {cmocka_unit_test(needs_root)};

	if (!geteuid())
		return _cmocka_run_group_tests(name, tests, count, routes_group_setup,
					       routes_group_teardown);
	print_message("SKIPPED %s: it needs root\n", name);
	return cmocka_run_group_tests(without_root, NULL, NULL);
}
