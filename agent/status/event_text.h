/* SPDX-License-Identifier: Apache-2.0 */
/* An Event (events.k8s.io/v1) about a PathRoute, as JSON. Pure. */
#ifndef PATHROUTE_EVENT_TEXT_H
#define PATHROUTE_EVENT_TEXT_H

#include <stdint.h>

#include "route_status_text.h"
#include "status_routes.h"

struct event_facts {
	const struct status_route *route;
	const struct status_condition *condition; /* its state is true or false */
	uint32_t changes;                         /* that it stands for */
	const char *instance;                     /* the process that reports */
	const char *time;                         /* RFC 3339 with microseconds */
	uint64_t serial;                          /* that no other event about the route has */
};

/* The caller frees the text. NULL: no memory. */
char *event_text_encode(const struct event_facts *facts);

#endif
