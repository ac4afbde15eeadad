/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "controller_parts.h"

#define AUDIT_MS 60000
#define AUDIT_SHARE 1000 /* of the time is spent on audits, at most a part of so many */
#define LINES_MAX 20     /* in the log, of one audit */

struct audit_log {
	size_t lines;
};

static void difference_log(void *context, const struct audit_difference *difference)
{
	struct audit_log *log = context;

	if (log->lines++ >= LINES_MAX)
		return;
	log_warning("audit: %s %s: %s%s%s", difference->kind, difference->name,
		    route_audit_word(difference->finding), *difference->detail ? ", " : "",
		    difference->detail);
}

static void report_log(void *context, int level, const char *text)
{
	(void)context;
	log_print(level, "audit: %s", text);
}

static void route_table_freep(struct route_table **table)
{
	route_table_free(*table);
}

static int maps_compare(struct controller *controller, size_t *ret_count)
{
	_cleanup_(route_table_freep) struct route_table *table = NULL;
	const struct report_sink report = {report_log, NULL};
	struct audit_log log = {0};
	const struct audit_sink sink = {&log, difference_log, &report};
	int error = controller_build(controller, &table);

	return error ?: datapath_audit(controller->datapath, table, &sink, ret_count);
}

static void drift_repair(struct controller *controller, size_t count)
{
	controller->map_drift += count;
	log_error("audit: %zu differences between the tables in the kernel and what they should "
		  "hold, writing them anew",
		  count);
	datapath_distrust(controller->datapath);
	controller->due = true;
	controller_apply(controller);
}

void controller_audit(struct controller *controller)
{
	uint64_t began_ms = clock_ms(), took_ms, wait_ms;
	size_t count = 0;
	int error = 0;

	controller_apply(controller);
	/* Until an apply has succeeded, differences are no surprise. */
	if (controller->applied)
		error = maps_compare(controller, &count);
	if (error)
		log_warning("audit: %s", strerror(-error));
	else if (controller->applied)
		controller->map_audits++;
	took_ms = clock_ms() - began_ms;
	if (count)
		drift_repair(controller, count);
	wait_ms = took_ms * AUDIT_SHARE;
	event_timer_arm(controller->audit_timer, wait_ms > AUDIT_MS ? wait_ms : AUDIT_MS, 0);
}

static void audit_expired(void *context)
{
	controller_audit(context);
}

int controller_audit_start(struct controller *controller)
{
	int error = event_timer_new(controller->loop, audit_expired, controller,
				    &controller->audit_timer);

	if (!error)
		error = event_timer_arm(controller->audit_timer, AUDIT_MS, 0);
	if (error)
		log_error("event loop: %s", strerror(-error));
	return error;
}
