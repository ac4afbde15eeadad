/* SPDX-License-Identifier: Apache-2.0 */
/* The devices that match the user's patterns, as last heard of. A list, no kernel in it. */
#ifndef PATHROUTE_DEVICES_H
#define PATHROUTE_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "../../bpf/datapath_abi.h"
#include "link_monitor.h"
#include "node_network.h"

struct device_entry {
	uint32_t ifindex;
	struct device device; /* .attach: 0 until it is attached */
	bool tunnel;
	bool seen;        /* since devices_begin_sweep() */
	bool is_physical; /* see struct link_state */
	int attach_error; /* of the last try */
};

struct devices {
	char *const *patterns; /* shell patterns; the caller's */
	size_t pattern_count;
	char *const *uplink_patterns; /* what leads out of the node besides default routes */
	size_t uplink_pattern_count;
	struct device_entry *entries;
	size_t count;
	size_t capacity;
};

enum device_news {
	DEVICE_FOREIGN, /* matches no pattern */
	DEVICE_SAME,
	DEVICE_CHANGED, /* MTU, name or peer */
	DEVICE_APPEARED,
	DEVICE_RENAMED_AWAY, /* matched no longer: to be removed */
};

/* "lo" matches only a pattern that is exactly "lo". */
bool devices_match(const struct devices *devices, const char *name);

/* Takes in what is known of one device. Returns the news, or -ENOMEM. *ret_entry is valid until the
 * next call, and NULL for DEVICE_FOREIGN. */
int devices_note(struct devices *devices, const struct link_state *link,
		 struct device_entry **ret_entry);

/* NULL: unknown. */
struct device_entry *devices_find(const struct devices *devices, uint32_t ifindex);

/* Sets what source NAT has to know of the device. True if that is news. */
bool devices_set_network(const struct devices *devices, struct device_entry *entry,
			 const struct node_network *network);

void devices_forget(struct devices *devices, uint32_t ifindex);

/* Before a dump; afterwards entries that are not `seen` are gone. */
void devices_begin_sweep(struct devices *devices);

/* The smallest MTU; 0 without devices. */
uint32_t devices_min_mtu(const struct devices *devices);

/* Accepts a zeroed list. */
void devices_done(struct devices *devices);

#endif
