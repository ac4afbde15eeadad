/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tc program, loaded with small unpinned maps into a network of its own, and run on one packet
 * at a time by BPF_PROG_TEST_RUN. With XDP in front of it, if a test wants that.
 */
#ifndef PATHROUTE_TEST_HARNESS_TESTBED_H
#define PATHROUTE_TEST_HARNESS_TESTBED_H

#include "harness_network.h"

#define TESTBED_OUTPUTS_MAX 40
#define TESTBED_FLOWS 1024
#define TESTBED_HOLDS_SMALL 64
#define TESTBED_HOLDS_LARGE 16
#define TESTBED_SOURCE_CAP 4
#define TESTBED_NAT_PORT_FIRST 20000
#define TESTBED_NAT_PORT_COUNT 3

/* What the hook may return (linux/pkt_cls.h). */
#define TESTBED_PASS (-1)
#define TESTBED_DROP 2
#define TESTBED_REDIRECT 7

struct pathroute_tc;
struct pathroute_xdp;

struct testbed {
	struct network network;
	struct pathroute_tc *skeleton;
	struct datapath_settings settings;
	int fd; /* entry that testbed_run() uses */
	struct pathroute_xdp *early;
	int early_fd;
	bool with_xdp; /* packets that come by the client's device meet it first */
	bool attached;
	bool leaves;    /* the next packets leave by the device, and */
	int came_in_by; /* came in by this one; 0: they start on the node */
	/* Of the last run: */
	int action;
	bool at_xdp;            /* XDP took the packet, tc did not see it */
	enum verdict verdict;   /* the one that was counted; VERDICT_CONTINUE: none */
	unsigned verdict_count; /* how many were counted */
	struct packet after;    /* the packet itself, whatever the action */
	unsigned output_count, output_taken;
	struct packet outputs[TESTBED_OUTPUTS_MAX]; /* clones in order, then what was redirected */
};

struct datapath_settings testbed_default_settings(void);

/* The opened skeleton with these settings, small maps and no pins, not loaded yet; or NULL. */
struct pathroute_tc *testbed_open(const struct datapath_settings *settings);

/* Makes the network and loads the program. 0 or negative errno. */
int testbed_setup(struct testbed *testbed, const struct datapath_settings *settings);
void testbed_done(struct testbed *testbed);

/* Loads the program anew, with all maps empty. */
int testbed_reload(struct testbed *testbed, const struct datapath_settings *settings);

/* Empties all maps and forgets what was sent. Cookie keys are gone as well. */
void testbed_reset(struct testbed *testbed);

/* A map of the program by its name; never fails. */
int testbed_map(const struct testbed *testbed, const char *name);

/* Runs the program once on a packet that arrives by the device. 0 or negative errno; -EBADMSG when
 * XDP passed it on and had changed it. */
int testbed_run(struct testbed *testbed, const struct packet *packet, int ifindex);

/* Runs the program and yields its action alone, quickly; negative errno where that fails. */
int testbed_act(struct testbed *testbed, const struct packet *packet, int ifindex);

/* Runs pathroute_send for a flow, as the agent does. What it puts in at the client's device meets
 * the program only after testbed_attach(). 0 or negative errno. */
int testbed_send(struct testbed *testbed, const struct due_send *send);

/* Attaches the program to the client's device, in place of what is attached there. */
int testbed_attach(struct testbed *testbed);

/* The next packet that the last run sent; NULL: there is no more. */
const struct packet *testbed_take_output(struct testbed *testbed);

/* How often a verdict was counted since the last reset; how often of these by XDP. */
uint64_t testbed_verdict_total(const struct testbed *testbed, enum verdict verdict);
uint64_t testbed_verdict_total_xdp(const struct testbed *testbed, enum verdict verdict);

/* Flows in a state, by their slots; and what the gauge says. */
unsigned testbed_flows_in_state(const struct testbed *testbed, enum flow_state state);
int64_t testbed_gauge(const struct testbed *testbed, enum flow_state state);

/* Entries of a hash map, or queued elements that are taken out. */
unsigned testbed_count_entries(const struct testbed *testbed, const char *map);

/* Incomplete heads that are counted for all sources together. */
unsigned testbed_heads_held(const struct testbed *testbed);

const char *testbed_verdict_name(enum verdict verdict);

#endif
