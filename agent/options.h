/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the user wants, from the command line and from a YAML file with the same keys. What the
 * command line says wins over the file; defaults come last, one of them from $KUBECONFIG.
 */
#ifndef PATHROUTE_OPTIONS_H
#define PATHROUTE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath/attach.h"

#include "../bpf/datapath_abi.h"

#define OPTIONS_ERROR_MAX 512

enum options_command {
	OPTIONS_RUN,
	OPTIONS_CHECK,
	OPTIONS_UNINSTALL,
	OPTIONS_SHOW_HELP,
	OPTIONS_SHOW_VERSION,
};

/* Requests of the node itself that somebody else's nat rules would translate first. */
enum options_own_requests {
	OPTIONS_OWN_AUTO, /* with an API server: as ON */
	OPTIONS_OWN_ON,
	OPTIONS_OWN_OFF,
};

enum options_log_format { OPTIONS_LOG_JSON, OPTIONS_LOG_COMBINED };

struct options_texts {
	char **items;
	size_t count;
};

/* A range of ports. */
struct options_ports {
	uint16_t first;
	uint16_t count;
};

struct options {
	enum options_command command;
	char *config;
	char *manifests;       /* NULL: the API server is the source */
	char *kubeconfig;      /* NULL: none, the agent is in a pod */
	char *kube_context;    /* NULL: the current one */
	char *namespace;       /* NULL: all */
	char *node_name;       /* NULL: $NODE_NAME or the host's */
	char *zone;            /* NULL: $NODE_ZONE, or not known */
	char *lease_namespace; /* NULL: $POD_NAMESPACE or the usual one */
	char *daemonset;       /* NULL: none is known */
	struct options_texts devices;
	struct options_texts xdp;     /* see datapath/device_xdp.h; none: auto */
	struct options_texts uplinks; /* besides those that are found */
	struct options_ports nat_ports;
	char *class_name;
	char *bpffs;
	char *http_listen;                 /* NULL: none */
	struct ip_address *node_addresses; /* none: those of the host */
	size_t node_address_count;
	enum attach_wish attach;
	enum delivery delivery;
	enum options_own_requests own_requests;
	uint32_t max_flows;
	uint32_t max_rules;
	uint32_t max_endpoints;
	uint32_t holds_large;
	uint32_t source_cap;
	uint32_t head_timeout_s;
	uint32_t idle_timeout_s;
	uint32_t mss;     /* 0: from the devices */
	char *access_log; /* NULL: none; "-": the standard output */
	enum options_log_format access_log_format;
	uint32_t access_log_sample; /* one request of so many */
	int log_level;
	bool json;
};

/* Reads the command line and the file it names. Returns 0; -EINVAL when something is wrong there,
 * with ret_error naming the option, or the file and line; or -ENOMEM. On success the caller calls
 * options_done(). */
int options_read(int argc, char *const *argv, struct options *ret_options,
		 char ret_error[OPTIONS_ERROR_MAX]);

/* Whether they are to be routed: what --own-requests comes to with the other options. */
bool options_own_requests(const struct options *options);

/* Accepts a zeroed struct. */
void options_done(struct options *options);

/* The text of --help. */
const char *options_help(void);

#endif
