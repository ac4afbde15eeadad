/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all parts that talk to the API server have in common. Agents that see other objects (another
 * class, or --namespace) have nothing to do with each other: each scope has its own leader.
 */
#ifndef PATHROUTE_STATUS_HOME_H
#define PATHROUTE_STATUS_HOME_H

#include "../base/clock.h"
#include "../base/event_loop.h"
#include "../kube/kube_client.h"
#include "../route/object.h"
#include "lease.h"

struct status_home {
	struct event_loop *loop;
	struct kube_client *client;
	const char *namespace; /* of Leases and of the DaemonSet */
	const char *class_name;
	const char *node;
	char scope[ROUTE_CLASS_MAX + OBJECT_NAMESPACE_MAX + 2]; /* "class" or "class/namespace" */
	char class_label[LEASE_LABEL_MAX];                      /* of the scope */
	char identity[LEASE_HOLDER_MAX];                        /* of this process */
	struct lease_owner owner;
	void *context;
	/* A line for the log; `level` as in <syslog.h>. */
	void (*report)(void *context, int level, const char *text);
};

/* Formats and hands over a line for the log. */
void status_home_report(const struct status_home *home, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* CLOCK_REALTIME, as in a Lease. */
void status_home_time(char ret_text[LEASE_TIME_MAX]);

/* A fault that lasts is told once, and so is its end. */
struct status_fault {
	bool failing;
};

void status_fault_begin(struct status_fault *fault, const struct status_home *home,
			const char *what, const struct kube_reply *reply);
void status_fault_end(struct status_fault *fault, const struct status_home *home, const char *what);

#endif
