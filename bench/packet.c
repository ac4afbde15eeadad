/* SPDX-License-Identifier: Apache-2.0 */
/* `make bench-packet`: what each kind of packet costs, and what the verifier has to walk. */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test/packet/harness_expect.h"
#include "../test/packet/harness_script.h"
#include "../test/packet/harness_verifier.h"
#include "figures.h"
#include "head_case.h"
#include "measure.h"

#define PATHS_MAX 24
#define DATA_SIZE 1400

struct bench {
	struct testbed testbed;
	struct routes routes;
	struct connection connection;
	struct measure *measure;
	struct figures_path paths[PATHS_MAX];
	char names[PATHS_MAX][48];
	unsigned path_count;
};

struct bench_path {
	const char *name;
	void (*prepare)(struct connection *c, struct measure_case *ret_case);
	enum verdict verdict; /* that each run must be counted with; VERDICT_CONTINUE: none */
	bool xdp;
};

static char data[DATA_SIZE];

static void set_packet(struct connection *c, const struct tcp_segment *segment,
		       struct measure_case *ret_case)
{
	segment_build(segment, &ret_case->packet);
	ret_case->l4 = ETHERNET_SIZE + (c->ipv6 ? 40 : 20);
	ret_case->ifindex = c->testbed->network.client.ifindex;
}

static void prepare_unrelated(struct connection *c, struct measure_case *ret_case)
{
	struct tcp_segment segment;

	c->listener_port = 22;
	segment = client_segment(c, TCP_PSH, "not for any listener");
	set_packet(c, &segment, ret_case);
}

static void prepare_syn(struct connection *c, struct measure_case *ret_case)
{
	struct tcp_segment syn = client_syn(c);

	set_packet(c, &syn, ret_case);
}

static void prepare_handshake_ack(struct connection *c, struct measure_case *ret_case)
{
	struct tcp_segment ack;

	client_connects(c);
	ack = client_segment(c, 0, NULL);
	set_packet(c, &ack, ret_case);
}

/* An acknowledgement of a download, as most packets from clients are. */
static void prepare_from_client(struct connection *c, struct measure_case *ret_case)
{
	struct tcp_segment ack;

	connection_splice(c, REQUEST_ROOT);
	ack = client_segment(c, 0, NULL);
	set_packet(c, &ack, ret_case);
}

/* Full segments of a download, each with something new. */
static void prepare_from_backend(struct connection *c, struct measure_case *ret_case)
{
	struct tcp_segment segment;

	connection_open_bulk(c);
	segment = pod_segment(c, TCP_PSH, NULL);
	segment.payload = data;
	segment.payload_length = sizeof(data);
	set_packet(c, &segment, ret_case);
	ret_case->ifindex = c->testbed->network.pod[c->pod_number].ifindex;
	ret_case->seq_step = 1; /* the runs of the no-op program leave a gap: it must be small */
}

/* A later request on a spliced connection, for the same rule. */
static void prepare_head_next(struct connection *c, struct measure_case *ret_case)
{
	static char text[HEAD_CASE_LENGTH + 1];
	struct tcp_segment segment;

	if (head_case_text(c->ipv6, text) != HEAD_CASE_LENGTH)
		exit(1);
	connection_splice(c, REQUEST_API);
	pod_says(c, TCP_PSH, REPLY_OK);
	c->client.ack = take_segment(c).seq + sizeof(REPLY_OK) - 1;
	segment = client_segment(c, TCP_PSH, text);
	set_packet(c, &segment, ret_case);
	ret_case->seq_step = (uint32_t)segment.payload_length;
	ret_case->answered = true;
}

static const struct bench_path paths[] = {
	{"unrelated", prepare_unrelated, VERDICT_NOT_OURS, false},
	{"unrelated_xdp", prepare_unrelated, VERDICT_CONTINUE, true},
	{"syn", prepare_syn, VERDICT_SYN_ANSWERED, false},
	{"syn_xdp", prepare_syn, VERDICT_SYN_ANSWERED, true},
	{"handshake_ack", prepare_handshake_ack, VERDICT_ACK_SWALLOWED, false},
	{"handshake_ack_xdp", prepare_handshake_ack, VERDICT_ACK_SWALLOWED, true},
	{"established_from_client", prepare_from_client, VERDICT_TO_POD, false},
	{"established_from_client_xdp", prepare_from_client, VERDICT_CONTINUE, true},
	{"established_from_backend", prepare_from_backend, VERDICT_TO_CLIENT, false},
	{"head_400_next", prepare_head_next, VERDICT_TO_POD, false},
};

static void add_path(struct bench *bench, const char *name, bool ipv6,
		     const struct measure_result *result)
{
	char *full = bench->names[bench->path_count];

	snprintf(full, sizeof(bench->names[0]), "%s%s", name, ipv6 ? "_v6" : "");
	bench->paths[bench->path_count++] =
		(struct figures_path){full, result->ns, result->noop_ns};
}

/* The first run of each round has no wrapper's packet before it, so all runs are alike. */
static int run_path(struct bench *bench, const struct bench_path *path, bool ipv6)
{
	struct testbed *testbed = &bench->testbed;
	struct measure_case what = {.program = path->xdp ? testbed->early_fd : testbed->fd,
				    .xdp = path->xdp};
	struct measure_result result;
	uint64_t before, counted;
	int error;

	testbed_reset(testbed);
	routes_write(&bench->routes, testbed, ipv6);
	connection_init(&bench->connection, testbed, &bench->routes, ipv6);
	path->prepare(&bench->connection, &what);
	before = testbed_verdict_total(testbed, path->verdict);
	error = measure_run(bench->measure, &what, &result);
	if (error)
		return error;
	counted = testbed_verdict_total(testbed, path->verdict) - before;
	if (counted != (path->verdict ? result.runs : 0)) {
		fprintf(stderr, "%s: not every run was \"%s\"\n", path->name,
			testbed_verdict_name(path->verdict));
		return -1;
	}
	add_path(bench, path->name, ipv6, &result);
	return 0;
}

static int run_head(struct bench *bench, bool ipv6)
{
	struct measure_result result;
	int error = head_case_measure(bench->measure, &bench->testbed, ipv6, &result);

	if (!error)
		add_path(bench, "head_400", ipv6, &result);
	return error;
}

static int run_family(struct bench *bench, bool ipv6)
{
	int error = 0;

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]) && !error; i++)
		error = run_path(bench, &paths[i], ipv6);
	return error ? error : run_head(bench, ipv6);
}

static int report(const struct bench *bench, const char *file)
{
	struct verifier_reading readings[VERIFIER_PROGRAMS_MAX];
	struct figures_program programs[VERIFIER_PROGRAMS_MAX];
	struct datapath_settings settings = testbed_default_settings();
	int count = verifier_read(&settings, readings, VERIFIER_PROGRAMS_MAX);
	struct figures figures = {
		.paths = bench->paths,
		.path_count = bench->path_count,
		.programs = programs,
		.program_count = count > 0 ? (unsigned)count : 0,
	};

	for (int i = 0; i < count; i++)
		programs[i] = (struct figures_program){readings[i].program, readings[i].steps};
	figures_print(&figures);
	return count <= 0 ? -1 : figures_write(&figures, file);
}

static int run(struct bench *bench, const char *file)
{
	struct datapath_settings settings = testbed_default_settings();
	int error = testbed_setup(&bench->testbed, &settings);

	if (error)
		return error;
	bench->measure = measure_new(testbed_map(&bench->testbed, "flow_slots"));
	if (!bench->measure)
		return -1;
	error = run_family(bench, false);
	if (!error)
		error = run_family(bench, true);
	if (!error)
		error = report(bench, file);
	measure_free(bench->measure);
	testbed_done(&bench->testbed);
	return error;
}

int main(int argc, char **argv)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	int error;

	if (argc != 2 || !bench) {
		fprintf(stderr, "usage: %s FILE.json\n", argv[0]);
		free(bench);
		return 2;
	}
	error = run(bench, argv[1]);
	if (error)
		fprintf(stderr, "bench-packet failed: %d\n", error);
	free(bench);
	return error != 0;
}
