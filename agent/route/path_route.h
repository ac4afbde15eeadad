/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PathRoute as decoded and checked: every value is within its limit, every default filled in.
 * All strings are owned by the struct that holds them.
 */
#ifndef PATHROUTE_PATH_ROUTE_H
#define PATHROUTE_PATH_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/datapath_abi.h"

/* Limits of one PathRoute beside those of the data path. The CRD carries the same numbers. */
#define ROUTE_LISTENERS_MAX 16
#define ROUTE_HOSTNAMES_MAX 64
#define ROUTE_RULES_MAX 128
#define ROUTE_WEIGHT_MAX 1000000
#define ROUTE_CLASS_MAX 253 /* bytes */

#define ROUTE_CLASS_DEFAULT "pathroute"
#define ROUTE_DEFAULT_RULE "(default)"

/* A Service of the route's own namespace, and one of its ports by number or by name. */
struct service_ref {
	char *service;
	char *port_name; /* NULL: port_number counts */
	uint16_t port_number;
};

struct route_listener {
	struct service_ref service; /* service.service NULL: node_port counts */
	uint16_t node_port;
};

struct route_hostname {
	enum host_kind kind; /* any but HOST_ANY */
	char *name;          /* as in struct table_host, lower case */
};

struct route_backend {
	struct service_ref service;
	uint32_t weight;
};

struct route_rule {
	char *name; /* "(3)" if the user gave none to spec.rules[3] */
	enum path_kind kind;
	char *path;              /* a Prefix has no trailing slash */
	enum http_method method; /* HTTP_METHOD_OTHER: any */
	enum rule_action action;
	enum load_balancing algorithm;
	struct redirect redirect;
	struct route_backend *backends;
	size_t backend_count;
};

struct path_route {
	char *class_name;
	enum ambiguous_paths ambiguous;
	struct route_listener *listeners;
	size_t listener_count;
	struct route_hostname *hostnames; /* none: any host */
	size_t hostname_count;
	struct route_rule *rules;
	size_t rule_count;
	struct route_backend *default_backend; /* NULL: none */
};

void service_ref_done(struct service_ref *ref);

/* Frees what the struct owns, not the struct itself; a zeroed one is fine. */
void path_route_done(struct path_route *route);

#endif
