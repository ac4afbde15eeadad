/* SPDX-License-Identifier: Apache-2.0 */
/* The map "ports_used" (see bpf/route_abi.h) and the agent's copy of it. */
#ifndef PATHROUTE_ROUTE_PORTS_H
#define PATHROUTE_ROUTE_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../bpf/datapath_abi.h"

struct route_ports {
	uint64_t word[PORTS_USED_WORDS];
};

/* Reads the map. Returns 0 or a negative errno. */
int route_ports_read(struct route_ports *ports, int map);

/* Into the copy alone. True: it was not there. `port` is in network order. */
bool route_ports_add(struct route_ports *ports, enum ports_kind kind, __be16 port);

#endif
