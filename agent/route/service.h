/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Service (v1) and EndpointSlice (discovery.k8s.io/v1): the fields that routing needs.
 * Only TCP ports are kept.
 */
#ifndef PATHROUTE_SERVICE_H
#define PATHROUTE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/datapath_abi.h"

#define SERVICE_PORTS_MAX 1024
#define SERVICE_ADDRESSES_MAX 64 /* of one field */
#define SLICE_ENDPOINTS_MAX 1000
#define SLICE_ADDRESSES_MAX 100 /* of one endpoint */
#define SLICE_PORTS_MAX 1024
#define SLICE_HINTS_MAX 8 /* of one endpoint, of each kind */
#define SLICE_HINT_NAME_MAX 253

struct service_port {
	char *name; /* "" if it has none */
	uint16_t port;
};

struct service {
	struct ip_address *addresses; /* cluster, external and load-balancer addresses */
	size_t address_count;
	struct service_port *ports;
	size_t port_count;
	bool external_name;     /* a DNS alias: has no endpoints */
	bool selects_pods;      /* has a selector */
	bool publish_not_ready; /* publishNotReadyAddresses */
};

struct slice_hints {
	char **names;
	size_t count; /* 0: none were given */
};

struct slice_endpoint {
	struct ip_address address;
	bool ready;   /* nil counts as true */
	bool serving; /* nil counts as ready */
	bool terminating;
	struct slice_hints for_zones; /* whose nodes are to use it */
	struct slice_hints for_nodes;
};

struct endpoint_slice {
	char *service; /* label kubernetes.io/service-name; "" if there is none */
	bool ipv6;
	struct service_port *ports; /* those with a number */
	size_t port_count;
	struct slice_endpoint *endpoints; /* the first address of each; none for FQDN slices */
	size_t endpoint_count;
};

/* Free what the struct owns, not the struct itself; a zeroed one is fine. */
void service_done(struct service *service);
void endpoint_slice_done(struct endpoint_slice *slice);

#endif
