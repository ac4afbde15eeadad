/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the devices of the network namespace: attaches, detaches, keeps the map "devices". */
#ifndef PATHROUTE_DATAPATH_DEVICES_H
#define PATHROUTE_DATAPATH_DEVICES_H

#include "datapath.h"
#include "program.h"

struct datapath_devices_options {
	const char *directory; /* of the pins */
	char *const *patterns;
	size_t pattern_count;
	char *const *xdp_patterns; /* see device_xdp.h */
	size_t xdp_pattern_count;
	char *const *uplink_patterns;
	size_t uplink_pattern_count;
	enum attach_wish attach;
	const struct report_sink *sink;
	void *context;
	void (*addresses_changed)(void *context);
	void (*hooks_changed)(void *context);
};

struct datapath_devices;

/* Learns of the devices that are there; attaches none. */
int datapath_devices_new(const struct datapath_devices_options *options,
			 struct datapath_devices **ret_devices);
/* What is attached stays. Accepts NULL. */
void datapath_devices_free(struct datapath_devices *devices);

/* Uses the program from now on. It must outlive the devices or the next call. */
void datapath_devices_load(struct datapath_devices *devices, const struct program *program);

/* Attaches all devices (in place where something was attached), and from now on each one that
 * appears. A device that cannot be attached is reported, and tried again with every look. Drops
 * devices from the map that are gone. */
int datapath_devices_attach(struct datapath_devices *devices);

/* Compares what the devices run with what they should. What somebody has removed is attached again,
 * reported and counted; so is, without the count, what could not be attached before. Programs of
 * others are counted in the map, and reported when their number has changed. */
void datapath_devices_look(struct datapath_devices *devices);

/* The smallest MTU; 0 without devices. */
uint32_t datapath_devices_min_mtu(const struct datapath_devices *devices);

void datapath_devices_count(const struct datapath_devices *devices,
			    struct datapath_status *ret_status);

/* The interface indexes of those that have the program. Returns 0 or -ENOMEM; the caller frees
 * them. */
int datapath_devices_list(const struct datapath_devices *devices, uint32_t **ret_indexes,
			  size_t *ret_count);

int datapath_devices_fd(const struct datapath_devices *devices);
int datapath_devices_dispatch(struct datapath_devices *devices);

#endif
