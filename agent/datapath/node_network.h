/* SPDX-License-Identifier: Apache-2.0 */
/* What the network namespace says of source NAT: which devices lead out of the node by a default
 * route, and under which address the node is known on a device. */
#ifndef PATHROUTE_NODE_NETWORK_H
#define PATHROUTE_NODE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/datapath_abi.h"

struct node_address {
	uint32_t ifindex;
	bool ipv6;
	struct ip_address address;
};

struct node_network {
	struct node_address *addresses; /* neither loopback nor link-local ones */
	size_t address_count;
	uint32_t *uplinks; /* ifindex of each nexthop of each default route, of all tables */
	size_t uplink_count;
};

/* Asks the kernel. Returns 0 or a negative errno; on success the caller calls node_network_done().
 */
int node_network_read(struct node_network *ret_network);

/* Accepts a zeroed struct, and leaves one. */
void node_network_done(struct node_network *network);

bool node_network_is_uplink(const struct node_network *network, uint32_t ifindex);

/* The first address of the device; if it has none, of an uplink, else of any device. A zeroed one
 * if the node has none of that family. */
struct ip_address node_network_source(const struct node_network *network, uint32_t ifindex,
				      bool ipv6);

#endif
