/* SPDX-License-Identifier: Apache-2.0 */
/* All that the metrics and the status page show: readings of the data path, and of the agent. */
#ifndef PATHROUTE_OBSERVE_READINGS_H
#define PATHROUTE_OBSERVE_READINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "../datapath/readings.h"
#include "latency.h"

#define KUBE_READING_KINDS 3
#define KUBE_READING_ENDS 5
#define KUBE_READING_REQUESTS 64

struct kube_kind_reading {
	const char *name; /* "services" */
	uint64_t objects;
	uint64_t refused;
	uint64_t lists;
	uint64_t skipped;
	double age; /* seconds since the server was last heard */
	uint64_t ends[KUBE_READING_ENDS];
};

struct kube_request_reading {
	const char *method;
	unsigned status;
	uint64_t count;
};

/* Of the API server as a source. */
struct kube_reading {
	struct kube_kind_reading kinds[KUBE_READING_KINDS];
	size_t kind_count; /* 0: it is not the source */
	const char *end_words[KUBE_READING_ENDS];
	struct kube_request_reading requests[KUBE_READING_REQUESTS];
	size_t request_count;
};

/* What was told to the API server. */
struct status_reading {
	bool known; /* false: manifests are the source */
	bool leads;
	uint64_t written;
	uint64_t conflicts;
	uint64_t failures;
	uint64_t events;
	uint64_t node_reports;
	uint32_t nodes; /* known to the leader */
};

/* What only the agent knows. */
struct agent_reading {
	const char *version;
	double sync_age; /* seconds since the maps last agreed with the source; < 0: never */
	uint64_t manifests_refused; /* documents refused now */
	uint64_t routes;            /* PathRoutes accepted now */
	uint64_t map_errors;        /* failed map updates since the start */
	uint64_t map_audits;        /* comparisons of the maps with what they should hold */
	uint64_t map_drift;         /* differences that these have found */
	uint64_t repairs;           /* times that a device's program was attached again */
	struct latency event_to_maps;
	struct kube_reading kube;
	struct status_reading status;
};

#endif
