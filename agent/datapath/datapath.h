/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's side of the router as one thing: programs, maps, devices. Traffic goes on when it is
 * closed; it ends with datapath_uninstall() only.
 *
 * On a node where nothing runs yet, devices are attached by the first datapath_apply(), so that no
 * packet meets an empty table. Where pinned maps are found, they are adopted and the programs on
 * the devices are replaced in place at once.
 */
#ifndef PATHROUTE_DATAPATH_H
#define PATHROUTE_DATAPATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../route/route_table.h"
#include "attach.h"
#include "report.h"
#include "route_audit.h"
#include "route_maps.h"

struct datapath_options {
	const char *bpffs; /* mount point of a BPF file system, or a directory in one */
	char *const *device_patterns;
	size_t device_pattern_count;
	char *const *xdp_patterns; /* of these devices, those with XDP in front: see device_xdp.h */
	size_t xdp_pattern_count;
	char *const *uplink_patterns; /* which of them lead out of the node; as well as those with a
				       * default route and tunnels */
	size_t uplink_pattern_count;
	uint16_t nat_port_first; /* source ports of source NAT */
	uint16_t nat_port_count;
	enum attach_wish attach;
	enum delivery delivery;
	uint32_t flows;
	uint32_t rules;
	uint32_t endpoints;
	uint32_t holds_large;
	uint32_t source_cap;
	uint32_t head_timeout_s;
	uint32_t idle_timeout_s;
	uint32_t mss; /* largest IPv4 MSS offered; 0: from the devices' smallest MTU */
};

struct datapath_events {
	void *context;
	/* A line for the log; `level` as in <syslog.h>. */
	void (*report)(void *context, int level, const char *text);
	/* The node's own addresses are others now. */
	void (*addresses_changed)(void *context);
	/* Somebody has changed what runs on a device of ours: datapath_look() is due. */
	void (*hooks_changed)(void *context);
};

struct datapath;

/* Strings and patterns of the options must stay valid. Returns 0, -EBUSY when another agent works
 * on the same bpffs, -ENODEV when `bpffs` is none, -EUCLEAN for pinned maps of another layout, or
 * the error of the load; what failed was reported. */
int datapath_open(const struct datapath_options *options, const struct datapath_events *events,
		  struct datapath **ret_datapath);

/* Accepts NULL. */
void datapath_close(struct datapath *datapath);

/* True if maps of an earlier agent were found. */
bool datapath_adopted(const struct datapath *datapath);

/* "<bpffs>/pathroute/v1". */
const char *datapath_directory(const struct datapath *datapath);

/* Readable when devices or addresses have changed; then call datapath_dispatch(). */
int datapath_fd(const struct datapath *datapath);
int datapath_dispatch(struct datapath *datapath);

/* Attaches again what somebody has taken off the devices, and counts the programs of others there.
 * To be called from time to time as well: the end of a tcx link is told by nobody. Microseconds a
 * device. */
void datapath_look(struct datapath *datapath);

/* Readable when something is to be sent for the programs; then call datapath_send_due(), which
 * sends a limited number and returns 0 or the error of the last that failed. */
int datapath_due_fd(const struct datapath *datapath);
int datapath_send_due(struct datapath *datapath);

/* See route_maps_apply(). */
int datapath_apply(struct datapath *datapath, const struct route_table *table,
		   struct route_change *ret_change);

/* See route_maps_refresh(). */
int datapath_refresh(struct datapath *datapath, const struct route_table *table,
		     const struct rule_places *places, struct route_change *ret_change);

/* See route_audit_run(): what the maps hold, compared with the table. */
int datapath_audit(const struct datapath *datapath, const struct route_table *table,
		   const struct audit_sink *sink, size_t *ret_count);

/* The next datapath_apply() reads the maps first, and sets everything right. */
void datapath_distrust(struct datapath *datapath);

/* Cookie keys: call datapath_rotate_keys() whenever datapath_key_wait_ms() has passed. */
int datapath_rotate_keys(struct datapath *datapath);
uint64_t datapath_key_wait_ms(void);

struct datapath_status {
	size_t devices;   /* that match the patterns */
	size_t attached;  /* of these */
	bool attaching;   /* devices are attached as they appear */
	uint64_t repairs; /* times that our program had to be attached again, since the start */
};

void datapath_get_status(const struct datapath *datapath, struct datapath_status *ret_status);

/* -EBUSY while an agent runs there, which is told. 0: none does; what else may be wrong there,
 * datapath_open() tells. */
int datapath_is_free(const char *bpffs, const struct report_sink *sink);

/* Detaches and unpins everything, also of other versions. 0 also when there was nothing; -EBUSY
 * while an agent runs. clsact filters are found in the caller's network namespace only. */
int datapath_uninstall(const char *bpffs, const struct report_sink *sink);

#endif
