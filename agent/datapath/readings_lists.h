/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of readings_take(), for those who want no more than one of them. */
#ifndef PATHROUTE_READINGS_LISTS_H
#define PATHROUTE_READINGS_LISTS_H

#include "readings.h"

/* Each fills one sorted array. Returns 0, -ENOMEM or the error of a map operation; then the caller
 * frees what is there. */
int readings_rules_take(const struct readings_maps *maps, struct readings *readings);
int readings_endpoints_take(const struct readings_maps *maps, struct readings *readings);
int readings_devices_take(const struct readings_maps *maps, struct readings *readings);

/* Fills log_counts and log_control. */
int readings_log_take(const struct readings_maps *maps, struct readings *readings);

/* Counts what flows have taken of each pool, by enum alloc_pool. Looks only at slots that were ever
 * taken. */
int readings_flows_count(const struct readings_maps *maps, uint64_t ret_used[ALLOC_POOLS]);

#endif
