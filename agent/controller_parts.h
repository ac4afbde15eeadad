/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the controller, for its own files. */
#ifndef PATHROUTE_CONTROLLER_PARTS_H
#define PATHROUTE_CONTROLLER_PARTS_H

#include "base/event_loop.h"
#include "base/rejection.h"
#include "controller.h"
#include "datapath/datapath.h"
#include "datapath/readings.h"
#include "observe/http_server.h"
#include "observe/readings.h"
#include "route/live_table.h"
#include "route/route_store.h"
#include "route/route_version.h"
#include "source/source.h"

struct controller {
	const struct options *options;
	char *node;                  /* its name */
	struct endpoint_place place; /* and where it is */
	struct event_loop *loop;
	struct datapath *datapath;
	struct event_timer *key_timer;
	struct event_timer *retry_timer;
	struct event_timer *audit_timer;
	struct event_timer *look_timer;
	uint64_t looked_ms;   /* when the devices were last looked at */
	uint64_t look_due_ms; /* and when they will be next */

	struct controller_kube *kube;      /* NULL: manifests are the source */
	struct controller_status *status;  /* NULL: likewise */
	struct daemonset_watch *daemonset; /* NULL: it does not belong to one */
	struct object_source *source;
	int source_fd;  /* in the loop; -1: not there */
	bool synced;    /* the store holds everything that exists */
	bool uninstall; /* to be done once the data path is closed */
	struct route_store *store;

	struct live_table live; /* as applied last, whether or not the maps took it */
	uint64_t revision;      /* of the store, at the last apply */
	bool due;               /* to be built although the store is the same */
	bool applied;           /* the maps hold what the store says */
	uint64_t applied_ms;    /* when they last did; 0: never */
	uint64_t map_errors;
	uint64_t map_audits;
	uint64_t map_drift; /* differences that audits have found, since the start */
	double event_ms;    /* when the oldest event came that the maps lack; 0: none */
	struct latency event_to_maps;
	int send_error; /* of the last time something was sent for the programs */

	struct http_server *http;
	struct readings_maps maps;
	bool maps_open;

	struct controller_log *log; /* NULL: no access log is wanted */
};

/* Finds out which node this is, and where. */
int controller_place_find(struct controller *controller);
/* Of the environment; NULL: it is not there, or empty. */
const char *controller_variable(const char *name);

uint64_t controller_clock_ms(void);
double controller_clock_exact_ms(void);

/* Applies the store's content if anything has changed since the last time. */
void controller_apply(struct controller *controller);

/* The table of what the store holds now. 0 or a negative errno. */
int controller_build(const struct controller *controller, struct route_table **ret_table);

/* Compares what the maps really hold with the store, now and from time to time; what differs is
 * logged, counted and set right. */
int controller_audit_start(struct controller *controller);
void controller_audit(struct controller *controller);

/* Looks at what the devices run, from time to time and soon after something was changed there; what
 * is missing is attached again. */
int controller_look_start(struct controller *controller);
void controller_look_soon(struct controller *controller);
void controller_look(struct controller *controller);

int controller_source_start(struct controller *controller);
/* Reads all objects again. What is refused now leaves its last good version in force. */
void controller_source_again(struct controller *controller);
void controller_source_stop(struct controller *controller);

/* What the source tells goes into the store; for controller_kube.c. */
struct source_sink controller_source_sink(struct controller *controller);

/* The API server as the source. Its client and loop are there for the status writer, too. */
int controller_kube_open(struct controller *controller);
int controller_kube_source(struct controller *controller, struct object_source **ret_source);
void controller_kube_close(struct controller *controller);

struct event_loop *controller_kube_loop(const struct controller *controller);
struct kube_client *controller_kube_client(const struct controller *controller);

/* What is told to the API server; all of them do nothing where manifests are the source. */
int controller_status_start(struct controller *controller);
void controller_status_stop(struct controller *controller);
/* For the source: the context is the controller. */
void controller_status_seen(void *context, const struct route_version *version,
			    const struct rejection *refused);
void controller_status_gone(void *context, const struct object_key *key);
/* The maps hold what the store says; after a change of the report, that is new, too. */
void controller_status_settled(struct controller *controller);
void controller_status_applied(struct controller *controller);
/* On how many nodes the agents' DaemonSet wants one; 0: not known. */
void controller_status_set_wanted(const struct controller *controller, uint32_t nodes);
/* The uid of the DaemonSet, to which this agent's Leases belong. */
void controller_status_owner(struct controller *controller, const char *uid);
/* Ends the loop, as soon as another agent can lead. */
void controller_status_end(struct controller *controller);
/* Where this agent's Leases are, and its DaemonSet. */
const char *controller_namespace(const struct options *options);
void controller_status_read(const struct controller *controller,
			    struct status_reading *ret_reading);

/* Whether the agent's end is that of its DaemonSet, when all is to be taken off the node. True: it
 * is being asked, decides, and ends the loop. False: there is nothing to ask. */
int controller_uninstall_start(struct controller *controller);
void controller_uninstall_stop(struct controller *controller);
bool controller_uninstall_ask(struct controller *controller);

/* Fills checks[0..limit-1], returns how many. */
size_t controller_kube_checks(const struct controller *controller, struct http_check *checks,
			      size_t limit);
void controller_kube_read(const struct controller *controller, struct kube_reading *ret_reading);

/* Serves metrics and the rest, if an address is given. */
int controller_http_start(struct controller *controller);
void controller_http_stop(struct controller *controller);

/* The access log: its file is opened first, since it may be a mistake of the user; entries are
 * asked for when the data path is open. */
int controller_log_open(struct controller *controller);
int controller_log_start(struct controller *controller);
void controller_log_stop(struct controller *controller);
void controller_log_reopen(struct controller *controller);

/* To be called when routes have changed. */
void controller_log_forget_names(struct controller *controller);

#endif
