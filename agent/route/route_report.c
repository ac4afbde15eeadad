/* SPDX-License-Identifier: Apache-2.0 */
#include "route_report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void condition_init(struct route_condition *condition, const char *reason)
{
	condition->holds = true;
	condition->reason = reason;
	condition->message[0] = '\0';
	condition->problems = 0;
}

int route_status_init(struct route_status *status, const char *namespace, const char *name,
		      int64_t generation)
{
	status->namespace = strdup(namespace);
	status->name = strdup(name);
	if (!status->namespace || !status->name)
		return -ENOMEM;
	status->generation = generation;
	condition_init(&status->accepted, "Accepted");
	condition_init(&status->resolved_refs, "ResolvedRefs");
	route_status_reset_ready(status);
	return 0;
}

void route_status_reset_ready(struct route_status *status)
{
	condition_init(&status->ready, "EndpointsReady");
}

void route_condition_fail(struct route_condition *condition, const char *reason, const char *format,
			  ...)
{
	va_list arguments;

	if (condition->problems++ > 0)
		return;
	condition->holds = false;
	condition->reason = reason;
	va_start(arguments, format);
	vsnprintf(condition->message, sizeof(condition->message), format, arguments);
	va_end(arguments);
}

void route_report_done(struct route_report *report)
{
	size_t i;

	for (i = 0; i < report->route_count; i++) {
		free(report->routes[i].namespace);
		free(report->routes[i].name);
	}
	free(report->routes);
}
