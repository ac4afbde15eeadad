/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of the node itself to a Service, where somebody else's nat rules (kube-proxy's) would
 * translate the address before our program sees the packet: keeps a table of our own in nf_tables
 * in step with listeners and devices, by own_requests_table.h.
 *
 * The table stays when the agent ends, as programs and maps do. What the kernel refuses is reported
 * once, and tried again with each look: everything else works without.
 */
#ifndef PATHROUTE_OWN_REQUESTS_H
#define PATHROUTE_OWN_REQUESTS_H

#include <stdbool.h>

#include "../route/route_table.h"
#include "report.h"
#include "route_maps.h"

struct own_requests;

/* Not enabled: a table that an earlier agent has left is removed, and no other call does anything.
 * Returns 0 or -ENOMEM. */
int own_requests_new(bool enabled, const struct report_sink *sink,
		     struct own_requests **ret_requests);

/* The table stays. Accepts NULL. */
void own_requests_free(struct own_requests *requests);

/* Before the maps become as `table` says: from now on none but those of its listeners that the maps
 * have already are exempt from translation. */
void own_requests_narrow(struct own_requests *requests, const struct route_table *table,
			 struct route_maps *maps);

/* Afterwards: all of its listeners. */
void own_requests_apply(struct own_requests *requests, const struct route_table *table);

/* The devices that have the program now, by their interface indexes. */
void own_requests_set_devices(struct own_requests *requests, const uint32_t *devices, size_t count);

/* Writes the table again if somebody has removed it, or if that failed before. */
void own_requests_look(struct own_requests *requests);

/* Whether the kernel would take such a table: 0 or its refusal. Changes nothing. */
int own_requests_probe(void);

/* 0 also when there is none, or no nf_tables at all. */
int own_requests_remove(void);

#endif
