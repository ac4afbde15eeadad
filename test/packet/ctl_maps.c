/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl_maps.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../agent/base/cleanup.h"
#include "../../agent/datapath/pins.h"
#include "../../agent/datapath/readings.h"
#include "../../bpf/lib/route_hash.h"
#include "pathroute_tc.skel.h"

#define SEED 42
#define CPUS_MAX 1024

enum { RULE_API = 1, RULE_POST, RULE_OLD, RULE_DEFAULT };
enum { HOST_ID_SHOP = 1, HOST_ID_WILDCARD, HOST_ID_ANY };

struct ctl_maps ctl_maps;

static struct ip_address address(const char *text)
{
	struct ip_address result = {.word = {0, 0, htonl(0xffff), 0}};

	if (inet_pton(AF_INET, text, &result.word[3]) != 1)
		inet_pton(AF_INET6, text, &result);
	return result;
}

static void put(const struct ctl_maps *maps, const char *name, const void *key, const void *value)
{
	int fd = bpf_object__find_map_fd_by_name(maps->skeleton->obj, name);

	if (bpf_map_update_elem(fd, key, value, BPF_ANY))
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
}

static void put_at(const struct ctl_maps *maps, const char *name, uint32_t index, const void *value)
{
	put(maps, name, &index, value);
}

/* The same value on every CPU. */
static void put_on_cpus(const struct ctl_maps *maps, const char *name, uint32_t index,
			const uint64_t *words, size_t count)
{
	_cleanup_free_ uint64_t *values = calloc(CPUS_MAX * count, sizeof(*values));
	int cpus = libbpf_num_possible_cpus();

	for (int cpu = 0; values && cpu < cpus && cpu < CPUS_MAX; cpu++)
		memcpy(values + (size_t)cpu * count, words, count * sizeof(*words));
	if (values)
		put_at(maps, name, index, values);
}

static void put_name(const struct ctl_maps *maps, const char *map, uint32_t index, const char *text)
{
	struct object_name name = {0};

	snprintf(name.text, sizeof(name.text), "%s", text);
	put_at(maps, map, index, &name);
}

static void put_listener(const struct ctl_maps *maps, const char *text)
{
	struct listener_key key = {.address = address(text), .port = htons(80)};
	struct listener listener = {.table = 1};

	put(maps, "listeners", &key, &listener);
}

static void put_host(const struct ctl_maps *maps, enum host_kind kind, const char *name,
		     struct host host)
{
	struct host_key key = {.table = 1, .kind = kind};

	host.name_length = (uint8_t)strlen(name);
	memcpy(host.name, name, host.name_length);
	if (kind != HOST_ANY)
		key.hash = route_hash_host(SEED, (const uint8_t *)name, host.name_length);
	put(maps, "hosts", &key, &host);
}

static void put_path(const struct ctl_maps *maps, uint32_t host, enum path_kind kind,
		     const char *path, struct path_entry entry)
{
	struct path_key key = {.host = host, .kind = kind};

	entry.length = (uint16_t)strlen(path);
	memcpy(entry.path, path, entry.length);
	key.hash = route_hash_path(SEED, (const uint8_t *)path, entry.length);
	put(maps, "paths", &key, &entry);
}

static void put_routes(const struct ctl_maps *maps)
{
	struct route_meta meta = {.hash_seed = SEED};
	struct host shop = {.id = HOST_ID_SHOP,
			    .default_rule = RULE_DEFAULT,
			    .prefix_depths = 1 << 1,
			    .has_exact = 1};
	struct host wildcard = {.id = HOST_ID_WILDCARD, .prefix_depths = 1};
	struct host any = {.id = HOST_ID_ANY, .prefix_depths = 1 << 1};
	struct path_entry api = {
		.rule = {[HTTP_METHOD_OTHER] = RULE_API, [HTTP_METHOD_POST] = RULE_POST}};

	put_at(maps, "route_meta", 0, &meta);
	put_listener(maps, "10.96.0.1");
	put_listener(maps, "fd00::96");
	put_host(maps, HOST_EXACT, "shop.example.com", shop);
	put_host(maps, HOST_SINGLE_LABEL, ".example.com", wildcard);
	put_host(maps, HOST_ANY, "", any);
	put_path(maps, HOST_ID_SHOP, PATH_PREFIX, "/api", api);
	put_path(maps, HOST_ID_SHOP, PATH_EXACT, "/old", (struct path_entry){.rule = {RULE_OLD}});
	put_path(maps, HOST_ID_WILDCARD, PATH_PREFIX, "",
		 (struct path_entry){.rule = {RULE_DEFAULT}});
	put_path(maps, HOST_ID_ANY, PATH_PREFIX, "/any", (struct path_entry){.rule = {RULE_API}});
}

static void put_rules(const struct ctl_maps *maps)
{
	struct rule api = {.set = {1, 2}, .in_use = 1};
	struct rule post = {.set = {3, 0}, .in_use = 1};
	struct rule old = {.action = RULE_REDIRECT, .in_use = 1, .redirect = 1};
	struct rule fallback = {.set = {4, 4}, .in_use = 1};
	struct redirect redirect = {
		.status = 301, .flags = REDIRECT_HAS_PATH, .path_length = 4, .path = "/new"};
	static const struct rule_stats stats = {
		.connections = 4, .requests = 5, .bytes_to_pod = 6, .bytes_to_client = 7};

	put_at(maps, "rules", RULE_API, &api);
	put_at(maps, "rules", RULE_POST, &post);
	put_at(maps, "rules", RULE_OLD, &old);
	put_at(maps, "rules", RULE_DEFAULT, &fallback);
	put_at(maps, "redirects", 1, &redirect);
	put_name(maps, "rule_names", RULE_API, "shop/web/api");
	put_name(maps, "rule_names", RULE_POST, "shop/web/post");
	put_name(maps, "rule_names", RULE_OLD, "shop/web/old");
	put_name(maps, "rule_names", RULE_DEFAULT, "shop/web/default");
	put_on_cpus(maps, "rule_stats", RULE_API, (const uint64_t *)&stats, sizeof(stats) / 8);
}

/* Set 1 and 2 are of the rule api for the two families; endpoint 3 is twice in its table. */
static void put_sets(const struct ctl_maps *maps)
{
	static const struct rule_set sets[] = {
		{0},
		{.group_count = 2, .group = {{90, 0, 1, 0}, {100, 2, 2, 0}}},
		{.group_count = 2, .group = {{90, 1, 1, 0}, {100, 2, 0, 0}}},
		{.group_count = 2, .group = {{1, 0, 0, GROUP_MISSING}, {2, 0, 0, 0}}},
		{.group_count = 1, .group = {{1, 0, 0, 0}}},
	};
	static const uint32_t members[] = {1, 2, 3, 3};

	for (uint32_t i = 1; i < sizeof(sets) / sizeof(sets[0]); i++)
		put_at(maps, "rule_sets", i, &sets[i]);
	for (uint32_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		put_at(maps, "members", i, &members[i]);
}

static void put_endpoint(const struct ctl_maps *maps, uint32_t id, const char *pod,
			 const char *service)
{
	struct endpoint endpoint = {.address = address(pod), .port = htons(8080), .in_use = 1};

	put_at(maps, "endpoints", id, &endpoint);
	put_name(maps, "endpoint_names", id, service);
}

static void put_endpoints(const struct ctl_maps *maps)
{
	struct endpoint_stats stats = {.active = 7,
				       .connections = 70,
				       .failures = 3,
				       .ejected_until = readings_ticks_now() + 1000000,
				       .ejections = 1};

	put_endpoint(maps, 1, "10.0.1.2", "shop/api:http");
	put_endpoint(maps, 2, "fd00:1::2", "shop/api:http");
	put_endpoint(maps, 3, "10.0.2.2", "shop/canary:80");
	put_at(maps, "endpoint_stats", 3, &stats);
}

static struct flow flow_of(const char *client, uint16_t port, enum flow_state state)
{
	bool ipv6 = strchr(client, ':');

	return (struct flow){
		.client = address(client),
		.listener = address(ipv6 ? "fd00::96" : "10.96.0.1"),
		.client_port = htons(port),
		.listener_port = htons(80),
		.state = state,
		.seen = readings_ticks_now(),
	};
}

static void put_flows(const struct ctl_maps *maps)
{
	struct alloc_mark mark = {.high_water = 10};
	struct flow spliced = flow_of("192.0.2.1", 40001, FLOW_SPLICED);
	struct flow gathering = flow_of("192.0.2.2", 40002, FLOW_GATHERING);
	struct flow ipv6 = flow_of("fd00:9::1", 40000, FLOW_WAITING);
	uint64_t one = 1;

	spliced.rule = RULE_API;
	spliced.leg.pod = address("10.0.1.2");
	spliced.leg.pod_port = htons(8080);
	spliced.progress = FLOW_HELD | FLOW_CARRY | FLOW_LOGGED;
	spliced.outstanding_count = 3;
	spliced.parked[1] = spliced.parked[4] = 7;
	gathering.progress = FLOW_HELD;
	gathering.hold_kind = HOLD_LARGE;
	put_at(maps, "alloc", ALLOC_FLOWS, &mark);
	put_at(maps, "flow_slots", 9, &spliced);
	put_at(maps, "flow_slots", 4, &gathering);
	put_at(maps, "flow_slots", 5, &ipv6);
	put_on_cpus(maps, "flow_gauges", FLOW_GATHERING, &one, 1);
}

/* Gauges differ between CPUs, and one CPU's may be negative: only the sum counts. */
static void put_counters(const struct ctl_maps *maps)
{
	_cleanup_free_ int64_t *gauges = calloc(CPUS_MAX, sizeof(*gauges));
	struct device device = {.mtu = 1500, .name = "gone0", .attach = 1};
	struct log_control control = {.every = 10};
	uint32_t ifindex = 999999;
	uint64_t three = 3;

	put_on_cpus(maps, "verdicts", VERDICT_NO_ROUTE, &three, 1);
	put_on_cpus(maps, "log_counts", LOG_COUNT_DROPPED, &three, 1);
	put_at(maps, "log_control", 0, &control);
	put(maps, "devices", &ifindex, &device);
	if (!gauges)
		return;
	gauges[0] = 2;
	if (libbpf_num_possible_cpus() > 1) {
		gauges[0] = 5;
		gauges[1] = -3;
	}
	put_at(maps, "flow_gauges", FLOW_SPLICED, gauges);
}

static void shrink(struct pathroute_tc *skeleton)
{
	static const char *const names[] = {"flows",       "flow_slots",       "flow_free",
					    "holds_small", "holds_small_free", "members"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		bpf_map__set_max_entries(bpf_object__find_map_by_name(skeleton->obj, names[i]),
					 CTL_MAPS_FLOWS);
}

static int load(struct ctl_maps *maps)
{
	char directory[PINS_PATH_MAX];
	LIBBPF_OPTS(bpf_object_open_opts, options, .pin_root_path = directory);
	struct bpf_program *program;
	int error = pins_format_directory(maps->bpffs, directory, sizeof(directory));

	if (!error)
		error = pins_make_directories(maps->bpffs);
	if (error)
		return error;
	maps->skeleton = pathroute_tc__open_opts(&options);
	if (!maps->skeleton)
		return -errno;
	bpf_object__for_each_program(program, maps->skeleton->obj)
		bpf_program__set_autoload(program, false);
	shrink(maps->skeleton);
	return pathroute_tc__load(maps->skeleton);
}

int ctl_maps_attach(enum attach_wish wish)
{
	char directory[PINS_PATH_MAX];
	struct attach_point point = {directory, if_nametoindex("lo"), ATTACH_INGRESS,
				     ctl_maps.program_fd, wish};
	int error = pins_format_directory(ctl_maps.bpffs, directory, sizeof(directory));

	return error ? error : attach_device(&point, &ctl_maps.attached);
}

static int put_program(struct ctl_maps *maps)
{
	/* r0 = TC_ACT_UNSPEC; exit */
	static const struct bpf_insn pass[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1},
					       {.code = BPF_JMP | BPF_EXIT}};
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info), ifindex = if_nametoindex("lo");
	struct device device = {.mtu = 65536, .name = "lo"};
	int error;

	maps->program_fd =
		bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "pathroute_ingre", "GPL", pass, 2, NULL);
	if (maps->program_fd < 0 || bpf_obj_get_info_by_fd(maps->program_fd, &info, &length))
		return -errno;
	maps->program_id = info.id;
	error = ctl_maps_attach(ATTACH_WISH_AUTO);
	device.attach = maps->attached;
	put(maps, "devices", &ifindex, &device);
	return error;
}

static int make(struct ctl_maps *maps)
{
	int error;

	if (!mkdtemp(maps->bpffs))
		return -errno;
	error = unshare(CLONE_NEWNET) ? -errno : load(maps);
	return error ? error : put_program(maps);
}

int ctl_maps_begin(void **state)
{
	int error;

	ctl_maps = (struct ctl_maps){.bpffs = "/sys/fs/bpf/test-ctl-XXXXXX", .program_fd = -1};
	error = make(&ctl_maps);
	if (error) {
		fprintf(stderr, "cannot make the maps: %s\n", strerror(-error));
		ctl_maps_end(state);
		return error;
	}
	put_routes(&ctl_maps);
	put_rules(&ctl_maps);
	put_sets(&ctl_maps);
	put_endpoints(&ctl_maps);
	put_flows(&ctl_maps);
	put_counters(&ctl_maps);
	return 0;
}

int ctl_maps_end(void **state)
{
	(void)state;
	pathroute_tc__destroy(ctl_maps.skeleton);
	close(ctl_maps.program_fd);
	pins_remove(ctl_maps.bpffs);
	rmdir(ctl_maps.bpffs);
	return 0;
}
