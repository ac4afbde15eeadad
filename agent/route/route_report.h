/* SPDX-License-Identifier: Apache-2.0 */
/* What each PathRoute's status must say after a build. Values; all strings owned by the report. */
#ifndef PATHROUTE_ROUTE_REPORT_H
#define PATHROUTE_ROUTE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROUTE_CONDITION_MESSAGE_MAX 256

/* One condition of a status: the first problem, and how many there are. */
struct route_condition {
	bool holds;
	const char *reason; /* static, as in the status: "Accepted", "Conflicted", ... */
	char message[ROUTE_CONDITION_MESSAGE_MAX]; /* "" if it holds */
	size_t problems;
};

struct route_status {
	char *namespace;
	char *name;
	int64_t generation;
	/* Accepted | Conflicted */
	struct route_condition accepted;
	/* ResolvedRefs | ListenerNotFound | BackendNotFound | PortNotFound */
	struct route_condition resolved_refs;
	/* EndpointsReady | NoReadyEndpoints */
	struct route_condition ready;
};

/* One entry for each route of the class, ordered by namespace and name. */
struct route_report {
	struct route_status *routes;
	size_t route_count;
};

/* All conditions hold. 0 or -ENOMEM. */
int route_status_init(struct route_status *status, const char *namespace, const char *name,
		      int64_t generation);

/* Ready again, until it fails. */
void route_status_reset_ready(struct route_status *status);

/* The condition no longer holds; the first problem gives the reason and the message. */
void route_condition_fail(struct route_condition *condition, const char *reason, const char *format,
			  ...) __attribute__((format(printf, 3, 4)));

/* Accepts a zeroed report. */
void route_report_done(struct route_report *report);

#endif
