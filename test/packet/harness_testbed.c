/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../agent/base/cleanup.h"
#include "../../agent/datapath/due_sends.h"
#include "harness_testbed.h"
#include "harness_xdp.h"
#include "pathroute_tc.skel.h"

struct datapath_settings testbed_default_settings(void)
{
	return (struct datapath_settings){
		.flows = TESTBED_FLOWS,
		.holds_small = TESTBED_HOLDS_SMALL,
		.holds_large = TESTBED_HOLDS_LARGE,
		.source_cap = TESTBED_SOURCE_CAP,
		.head_timeout = 30000,
		.idle_timeout = 3600000,
		.half_timeout = 300000,
		.connect_timeout = 30000,
		.closing_timeout = 10000,
		.tail_timeout = 2000,
		.mss_v4 = 1460,
		.mss_v6 = 1440,
		.nat_port_first = TESTBED_NAT_PORT_FIRST,
		.nat_port_count = TESTBED_NAT_PORT_COUNT,
	};
}

static void set_size(struct bpf_object *object, const char *map, unsigned entries)
{
	bpf_map__set_max_entries(bpf_object__find_map_by_name(object, map), entries);
}

static void set_sizes(struct bpf_object *object, const struct datapath_settings *settings)
{
	static const char *const small[] = {
		"listeners", "hosts",          "paths",          "rules",     "rule_sets",
		"endpoints", "members",        "endpoint_stats", "redirects", "rule_names",
		"devices",   "endpoint_names", "rule_stats",     "legs",      "legs_free",
		"log_slots", "log_free"};

	for (unsigned i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		set_size(object, small[i], 128);
	set_size(object, "flows", 2 * settings->flows + LEGS_DEFAULT);
	set_size(object, "flow_slots", settings->flows);
	set_size(object, "flow_free", settings->flows);
	set_size(object, "holds_small", settings->holds_small);
	set_size(object, "holds_small_free", settings->holds_small);
	set_size(object, "holds_large", settings->holds_large);
	set_size(object, "holds_large_free", settings->holds_large);
	set_size(object, "sources", 2 * settings->holds_large);
}

static void unpin(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) bpf_map__set_pin_path(map, NULL);
}

struct pathroute_tc *testbed_open(const struct datapath_settings *settings)
{
	struct pathroute_tc *skeleton = pathroute_tc__open();

	if (!skeleton)
		return NULL;
	unpin(skeleton->obj);
	set_sizes(skeleton->obj, settings);
	memcpy((void *)&skeleton->rodata->settings, settings, sizeof(*settings));
	bpf_program__set_autoload(skeleton->progs.pathroute_chain,
				  settings->delivery == DELIVERY_CHAIN);
	return skeleton;
}

/* libbpf prints the verifier's whole log at level WARN when a load fails. */
int testbed_reload(struct testbed *testbed, const struct datapath_settings *settings)
{
	struct pathroute_tc *skeleton = testbed_open(settings);
	int error;

	if (!skeleton)
		return -errno;
	error = pathroute_tc__load(skeleton);
	if (error) {
		pathroute_tc__destroy(skeleton);
		return error;
	}
	pathroute_tc__destroy(testbed->skeleton);
	testbed->skeleton = skeleton;
	testbed->settings = *settings;
	testbed->fd = bpf_program__fd(skeleton->progs.pathroute_ingress);
	return xdp_load(testbed);
}

int testbed_setup(struct testbed *testbed, const struct datapath_settings *settings)
{
	int error = network_setup(&testbed->network);

	return error ? error : testbed_reload(testbed, settings);
}

void testbed_done(struct testbed *testbed)
{
	network_done(&testbed->network);
	xdp_unload(testbed);
	pathroute_tc__destroy(testbed->skeleton);
	testbed->skeleton = NULL;
}

int testbed_map(const struct testbed *testbed, const char *name)
{
	return bpf_object__find_map_fd_by_name(testbed->skeleton->obj, name);
}

static void collect_outputs(struct testbed *testbed)
{
	struct packet *next = testbed->outputs;

	testbed->output_taken = 0;
	testbed->output_count = 0;
	while (testbed->output_count + 1 < TESTBED_OUTPUTS_MAX &&
	       network_capture(&testbed->network, next)) {
		testbed->output_count++;
		next++;
	}
	if (testbed->action == TESTBED_REDIRECT) {
		*next = testbed->after;
		testbed->output_count++;
	}
}

static void collect_verdict(struct testbed *testbed, const uint64_t *before)
{
	testbed->verdict = VERDICT_CONTINUE;
	testbed->verdict_count = 0;
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		uint64_t more = testbed_verdict_total(testbed, (enum verdict)i) - before[i];

		if (more)
			testbed->verdict = (enum verdict)i;
		testbed->verdict_count += (unsigned)more;
	}
}

static void prepare_run(struct testbed *testbed, uint64_t *before)
{
	while (network_capture(&testbed->network, &testbed->after))
		;
	for (unsigned i = 0; i < VERDICT_COUNT; i++)
		before[i] = testbed_verdict_total(testbed, (enum verdict)i);
}

static uint32_t came_in_by(const struct testbed *testbed, int ifindex)
{
	return (uint32_t)(testbed->leaves ? testbed->came_in_by : ifindex);
}

static bool comes_by_xdp(const struct testbed *testbed, const struct packet *packet, int ifindex)
{
	return testbed->with_xdp && ifindex == testbed->network.client.ifindex && !packet->gso_size;
}

static struct __sk_buff context_of(const struct testbed *testbed, const struct packet *packet,
				   int ifindex)
{
	return (struct __sk_buff){
		.ifindex = (uint32_t)ifindex,
		.ingress_ifindex = came_in_by(testbed, ifindex),
		.gso_size = packet->gso_size,
		.gso_segs = packet->gso_segs,
	};
}

static int run_tc(struct testbed *testbed, const struct packet *packet, int ifindex)
{
	struct __sk_buff context = context_of(testbed, packet, ifindex);
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet->bytes,
		    .data_size_in = (uint32_t)packet->length, .data_out = testbed->after.bytes,
		    .data_size_out = sizeof(testbed->after.bytes), .ctx_in = &context,
		    .ctx_size_in = sizeof(context));
	int error = bpf_prog_test_run_opts(testbed->fd, &options);

	testbed->action = (int)options.retval;
	testbed->after.length = options.data_size_out;
	return error;
}

int testbed_run(struct testbed *testbed, const struct packet *packet, int ifindex)
{
	uint64_t before[VERDICT_COUNT];
	int error = 0;

	prepare_run(testbed, before);
	testbed->at_xdp = false;
	if (comes_by_xdp(testbed, packet, ifindex))
		error = xdp_run(testbed, packet);
	if (!error && !testbed->at_xdp)
		error = run_tc(testbed, packet, ifindex);
	collect_outputs(testbed);
	collect_verdict(testbed, before);
	return error;
}

int testbed_send(struct testbed *testbed, const struct due_send *send)
{
	int fd = bpf_program__fd(testbed->skeleton->progs.pathroute_send);
	uint64_t before[VERDICT_COUNT];
	int error;

	prepare_run(testbed, before);
	error = due_sends_one(fd, send);
	testbed->action = TESTBED_DROP;
	collect_outputs(testbed);
	collect_verdict(testbed, before);
	return error;
}

int testbed_attach(struct testbed *testbed)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = testbed->network.client.ifindex,
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, filter, .prog_fd = testbed->fd, .handle = 1, .priority = 1,
		    .flags = BPF_TC_F_REPLACE);
	int error = testbed->attached ? 0 : bpf_tc_hook_create(&hook);

	if (error)
		return error;
	testbed->attached = true;
	return bpf_tc_attach(&hook, &filter);
}

static int act_tc(const struct testbed *testbed, const struct packet *packet, int ifindex)
{
	struct __sk_buff context = context_of(testbed, packet, ifindex);
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet->bytes,
		    .data_size_in = (uint32_t)packet->length, .ctx_in = &context,
		    .ctx_size_in = sizeof(context));
	int error = bpf_prog_test_run_opts(testbed->fd, &options);

	return error ? error : (int)options.retval;
}

int testbed_act(struct testbed *testbed, const struct packet *packet, int ifindex)
{
	int error;

	if (!comes_by_xdp(testbed, packet, ifindex))
		return act_tc(testbed, packet, ifindex);
	error = xdp_run(testbed, packet);
	if (error)
		return error;
	return testbed->at_xdp ? testbed->action : act_tc(testbed, packet, ifindex);
}

const struct packet *testbed_take_output(struct testbed *testbed)
{
	if (testbed->output_taken == testbed->output_count)
		return NULL;
	return &testbed->outputs[testbed->output_taken++];
}
