/* SPDX-License-Identifier: Apache-2.0 */
/* All that the metrics and the status page show: readings of the data path, and of the agent. */
#ifndef PATHROUTE_OBSERVE_READINGS_H
#define PATHROUTE_OBSERVE_READINGS_H

#include <stdint.h>

#include "../datapath/readings.h"

/* What only the agent knows. */
struct agent_reading {
	const char *version;
	double sync_age; /* seconds since the maps last agreed with the source; < 0: never */
	uint64_t manifests_refused; /* documents refused now */
	uint64_t routes;            /* PathRoutes accepted now */
	uint64_t map_errors;        /* failed map updates since the start */
	uint64_t map_audits;        /* comparisons of the maps with what they should hold */
	uint64_t map_drift;         /* differences that these have found */
};

#endif
