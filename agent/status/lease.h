/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Lease of coordination.k8s.io/v1 as a value, from and to JSON. Two kinds are ours: the one that
 * the leader of a class holds, and the one by which each node tells what it has programmed.
 */
#ifndef PATHROUTE_LEASE_H
#define PATHROUTE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#define LEASE_NAME_MAX 254
#define LEASE_VERSION_MAX 64
#define LEASE_HOLDER_MAX 288
#define LEASE_TIME_MAX 40
#define LEASE_LABEL_MAX 64

#define LEASE_PATH "/apis/coordination.k8s.io/v1/namespaces/"
#define LEASE_LABEL_CLASS "pathroute.io/class"
#define LEASE_LABEL_ROLE "pathroute.io/role"
#define LEASE_ROLE_LEADER "leader"
#define LEASE_ROLE_NODE "node"

struct lease {
	char name[LEASE_NAME_MAX];
	char resource_version[LEASE_VERSION_MAX];
	char holder[LEASE_HOLDER_MAX]; /* "": nobody */
	char acquire_time[LEASE_TIME_MAX];
	char renew_time[LEASE_TIME_MAX]; /* only ever compared with another of the same lease */
	uint32_t duration_s;
	uint32_t transitions;
	/* Annotations pathroute.io/nodes, /programmed and /version. */
	uint32_t nodes; /* 0: not said */
	bool has_digest;
	uint64_t digest;
	char agent_version[32]; /* "": not said */
};

/* With whom a Lease is deleted, by Kubernetes' garbage collector. */
struct lease_owner {
	const char *daemonset; /* its name */
	char uid[64];          /* "": nobody */
};

/* What identifies our Leases. */
struct lease_labels {
	const char *namespace;
	const char *class_label; /* of lease_class_label() */
	const char *role;        /* LEASE_ROLE_* */
	const struct lease_owner *owner;
};

/* A class as the value of a label: itself, or a hash where it may not be one. */
void lease_class_label(const char *class_name, char ret_label[LEASE_LABEL_MAX]);

/* "pathroute-agent-<class>", or a hash where that is no name. */
void lease_leader_name(const char *class_name, char ret_name[LEASE_NAME_MAX]);

/* "pathroute-node-<node>"; with a hash behind it for other classes than the default one. */
void lease_node_name(const char *class_name, const char *node, char ret_name[LEASE_NAME_MAX]);

struct cJSON;

/* Of one Lease. 0, or -EINVAL for what is none; fields that are absent or too long stay empty. */
int lease_decode(const struct cJSON *tree, struct lease *ret_lease);
int lease_decode_text(const char *text, struct lease *ret_lease);

/* The caller frees the text. NULL: no memory. */
char *lease_encode(const struct lease *lease, const struct lease_labels *labels);

#endif
