/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine around the program under test: a network namespace of its own with four veth
 * devices, their far ends in a second namespace that throws away what arrives and says nothing.
 *
 *   client0  192.0.2.1/24   fd00:c::1/64    clients 192.0.2.10…, fd00:c::10…
 *   pod0     10.1.0.2       fd00:10:0::2    routed to the device, as a CNI does
 *   pod1     10.1.1.2       fd00:10:1::2
 *   pod2     10.1.2.2       fd00:10:2::2
 *
 * Neighbours are static. Whatever is transmitted on a near end is seen by network_capture().
 */
#ifndef PATHROUTE_TEST_HARNESS_NETWORK_H
#define PATHROUTE_TEST_HARNESS_NETWORK_H

#include "harness_segment.h"

#define NETWORK_PODS 3

struct network_device {
	int ifindex;
	uint8_t own_mac[6];
	uint8_t far_mac[6];
};

struct network {
	struct network_device client;
	struct network_device pod[NETWORK_PODS];
	int capture; /* packet socket */
	int far;     /* keeps the far namespace */
};

/* Leaves the present network namespace for a new one. 0 or negative errno. */
int network_setup(struct network *ret_network);
void network_done(struct network *network);

/* Takes the next IP packet that was transmitted on some device; false: there is none.
 * Transmission is synchronous, so there is nothing to wait for. */
bool network_capture(struct network *network, struct packet *ret_packet);

#endif
