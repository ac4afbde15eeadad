/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be read from a running router, as plain values: the one input of the metrics, the status
 * page and pathroutectl. Readings come from the pinned maps, need no agent and change nothing.
 */
#ifndef PATHROUTE_DATAPATH_READINGS_H
#define PATHROUTE_DATAPATH_READINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/datapath_abi.h"

struct rule_reading {
	uint32_t id;
	char name[ROUTE_NAME_MAX]; /* "namespace/route/rule" */
	struct rule_stats stats;   /* summed over the CPUs */
};

struct endpoint_reading {
	uint32_t id;
	char service[ROUTE_NAME_MAX]; /* "namespace/service:port" */
	struct ip_address address;
	uint16_t port; /* host order */
	bool ejected;  /* at the time of the reading */
	struct endpoint_stats stats;
};

struct device_reading {
	uint32_t ifindex;
	struct device device;
};

/* How full one table is. */
struct fill_reading {
	const char *name; /* of the map */
	uint64_t entries;
	uint64_t capacity;
};

#define READINGS_FILLS_MAX 12

/* Arrays are sorted: rules by name, endpoints by service and address, devices by name. */
struct readings {
	uint64_t verdicts[VERDICT_COUNT];     /* packets, by enum verdict */
	uint64_t verdicts_xdp[VERDICT_COUNT]; /* how many of these XDP took */
	int64_t flows[FLOW_STATE_COUNT]; /* flows now, by enum flow_state; [FLOW_FREE] unused */
	uint64_t log_counts[LOG_COUNTS]; /* by enum log_count */
	struct log_control log_control;
	struct fill_reading fills[READINGS_FILLS_MAX];
	size_t fill_count;
	struct rule_reading *rules; /* those in use */
	size_t rule_count;
	struct endpoint_reading *endpoints; /* those in use */
	size_t endpoint_count;
	struct device_reading *devices;
	size_t device_count;
};

/* The maps that readings come from, opened read-only by their pins. */
#define READINGS_MAPS(X)                                                                      \
	X(verdicts), X(verdicts_xdp), X(rule_stats), X(flow_gauges), X(rules), X(rule_names), \
		X(endpoints), X(endpoint_names), X(endpoint_stats), X(devices), X(sources),   \
		X(listeners), X(hosts), X(paths), X(flow_slots), X(alloc), X(holds_small),    \
		X(holds_large), X(log_counts), X(log_control), X(legs), X(log_slots)

enum readings_map {
#define X(name) READINGS_MAP_##name
	READINGS_MAPS(X),
#undef X
	READINGS_MAP_COUNT
};

struct readings_maps {
	int fd[READINGS_MAP_COUNT];
};

/* Opens the pins in `directory`, "<bpffs>/pathroute/v1". Returns 0 or the error of the first one
 * that cannot be opened: -ENOENT when the router is not installed. */
int readings_open(const char *directory, struct readings_maps *ret_maps);

/* Closes what readings_open() opened. Accepts a zeroed struct. */
void readings_close(struct readings_maps *maps);

/* Reads everything. Copies all flows that ever lived at once: 0.3 us each, 40 ms for 131,072.
 * Returns 0, -ENOMEM or the error of a map operation. */
int readings_take(const struct readings_maps *maps, struct readings *ret_readings);

/* Adds all counters of `stats` to those of `sum`. */
void readings_stats_add(struct rule_stats *sum, const struct rule_stats *stats);

/* Pod connections of a flow that wait for a request of their rule. */
unsigned readings_flow_parked(const struct flow *flow);

/* Flow slots below *ret_slots may be in use; those above never were. */
int readings_flows_high_water(const struct readings_maps *maps, uint32_t *ret_slots);

/* The present time in the ticks of the data path. */
uint32_t readings_ticks_now(void);

/* Names for people, metrics and programs; never NULL. */
const char *readings_verdict_label(enum verdict verdict);
const char *readings_verdict_text(enum verdict verdict);
unsigned readings_verdict_status(enum verdict verdict);   /* HTTP status; 0: no reply */
const char *readings_verdict_class(enum verdict verdict); /* "pass", "forward", ... */
const char *readings_state_label(unsigned state);         /* enum flow_state */
const char *readings_state_text(unsigned state);
const char *readings_attach_label(unsigned attach); /* struct device.attach */
const char *readings_xdp_label(unsigned xdp);       /* struct device.xdp */
const char *readings_hook_label(unsigned hook);     /* of struct device.others */

/* Frees the arrays. Accepts a zeroed struct. */
void readings_done(struct readings *readings);

#endif
