/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that this agent tells the API server: what it has programmed itself, and, while it leads, the
 * status of all routes of the class. Routing does not need it.
 */
#ifndef PATHROUTE_STATUS_SERVICE_H
#define PATHROUTE_STATUS_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/event_loop.h"
#include "../base/rejection.h"
#include "../kube/kube_client.h"
#include "../route/route_report.h"
#include "../route/route_version.h"

struct status_service;

/* Strings, loop, client and report must outlive the service. */
struct status_service_options {
	struct event_loop *loop;
	struct kube_client *client;
	const char *namespace; /* of Leases */
	const char *class_name;
	const char *watched; /* the namespace whose objects the agent sees; NULL: all */
	const char *node;
	const struct route_report *report;
	void *context;
	void (*log)(void *context, int level, const char *text);
};

/* 0 or a negative errno. */
int status_service_new(const struct status_service_options *options,
		       struct status_service **ret_service);

/* Accepts NULL. */
void status_service_free(struct status_service *service);

/* A version of a PathRoute has come; `refused` says why it is not taken into force, NULL: it is.
 * Those of other classes are left out. */
void status_service_put(struct status_service *service, const struct route_version *version,
			const struct rejection *refused);
void status_service_remove(struct status_service *service, const struct object_key *key);

/* All that was put and not refused is in force in the maps. */
void status_service_settled(struct status_service *service);

/* The same, and the report is a new one. */
void status_service_applied(struct status_service *service);

/* How many nodes there should be; 0: not known, as in the beginning. */
void status_service_set_wanted(struct status_service *service, uint32_t nodes);
/* The DaemonSet, by a name that outlives the service, and its uid: the API server deletes this
 * agent's Leases with it. */
void status_service_set_owner(struct status_service *service, const char *daemonset,
			      const char *uid);

/* Stops to lead. False: there is nothing to wait for; else done() is called soon. */
bool status_service_release(struct status_service *service, void (*done)(void *context),
			    void *context);

/* For metrics. */
struct status_service_reading {
	bool leads;
	uint64_t written;
	uint64_t conflicts;
	uint64_t failures;
	uint64_t events;
	uint64_t node_reports;
	uint32_t nodes; /* known to the leader; 0: not leading */
};

struct status_service_reading status_service_read(const struct status_service *service);

#endif
