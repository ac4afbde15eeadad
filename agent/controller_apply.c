/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "controller_parts.h"
#include "node_addresses.h"

#define RETRY_MS 1100 /* places of the maps that were given up rest for a second */

uint64_t controller_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

double controller_clock_exact_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int status_compare(const void *left, const void *right)
{
	const struct route_status *a = left, *b = right;

	return strcmp(a->namespace, b->namespace) ?: strcmp(a->name, b->name);
}

static const struct route_status *status_find(const struct route_report *report,
					      const struct route_status *like)
{
	return report->route_count ? bsearch(like, report->routes, report->route_count,
					     sizeof(*report->routes), status_compare)
				   : NULL;
}

static void condition_log(const struct route_status *status, const struct route_condition *now,
			  const struct route_condition *before)
{
	if (now->holds || (before && !strcmp(before->message, now->message)))
		return;
	log_warning("PathRoute %s/%s: %s: %s%s", status->namespace, status->name, now->reason,
		    now->message, now->problems > 1 ? " (and more)" : "");
}

/* One line for each condition that does not hold, when it is new or has changed. */
static void report_log(const struct route_report *report, const struct route_report *before)
{
	for (size_t i = 0; i < report->route_count; i++) {
		const struct route_status *status = &report->routes[i];
		const struct route_status *old = status_find(before, status);

		condition_log(status, &status->accepted, old ? &old->accepted : NULL);
		condition_log(status, &status->resolved_refs, old ? &old->resolved_refs : NULL);
		condition_log(status, &status->ready, old ? &old->ready : NULL);
	}
}

static void live_accept(struct controller *controller, const struct live_table *live)
{
	report_log(&live->report, &controller->live.report);
	live_table_done(&controller->live);
	controller->live = *live;
}

/* *found holds addresses that must outlive the options; the caller frees it. */
static int build_options(const struct controller *controller, struct ip_address **found,
			 struct route_table_options *ret_options)
{
	struct route_table_options wanted = {
		.class_name = controller->options->class_name,
		.node_addresses = controller->options->node_addresses,
		.node_address_count = controller->options->node_address_count,
		.place = controller->place,
	};
	int error = 0;

	if (!wanted.node_address_count) {
		error = node_addresses_list(found, &wanted.node_address_count);
		wanted.node_addresses = *found;
	}
	*ret_options = wanted;
	return error;
}

int controller_build(const struct controller *controller, struct route_table **ret_table)
{
	_cleanup_free_ struct ip_address *found = NULL;
	struct route_table_options wanted;
	int error = build_options(controller, &found, &wanted);

	return error ?: route_table_build(controller->store, &wanted, ret_table, NULL);
}

static int live_build(const struct controller *controller, struct live_table *ret_live)
{
	_cleanup_free_ struct ip_address *found = NULL;
	struct route_table_options wanted;
	int error = build_options(controller, &found, &wanted);

	return error ?: live_table_build(controller->store, &wanted, ret_live);
}

static void change_log(const struct route_table *table, const struct route_change *change,
		       double took_ms)
{
	log_print(change->writes ? LOG_INFO : LOG_DEBUG,
		  "routes applied: %zu rules (%zu new, %zu changed, %zu gone), endpoints %zu new, "
		  "%zu gone, %zu listeners, %zu hosts, %zu paths; %zu writes in %.1f ms",
		  table->rule_count, change->rules_added, change->rules_changed,
		  change->rules_removed, change->endpoints_added, change->endpoints_removed,
		  table->listener_count, table->host_count, table->path_count, change->writes,
		  took_ms);
}

/* The first apply is no answer to an event. */
static void event_time(struct controller *controller, const struct route_change *change)
{
	double took_ms = controller_clock_exact_ms() - controller->event_ms;

	if (controller->event_ms > 0 && controller->applied_ms && change->writes)
		latency_add(&controller->event_to_maps, took_ms / 1000);
	controller->event_ms = 0;
}

static const char *full_remedy(const char *map)
{
	static const struct {
		const char *map;
		const char *remedy;
	} remedies[] = {
		{"endpoints", "raise --max-endpoints"},
		{"members", "fewer endpoints with ClientIP"},
		{"listeners", "fewer listeners"},
		{"redirects", "fewer redirect rules"},
	};

	for (size_t i = 0; map && i < sizeof(remedies) / sizeof(remedies[0]); i++) {
		if (!strcmp(remedies[i].map, map))
			return remedies[i].remedy;
	}
	return "raise --max-rules";
}

static void failure_log(struct controller *controller, int error, const struct route_change *change)
{
	controller->map_errors++;
	if (error == -ENOSPC) {
		log_error("routes not applied: map %s is full, %s and run uninstall once",
			  change->full ? change->full : "(unknown)", full_remedy(change->full));
		return;
	}
	log_error("routes not applied: %s%s%s, retrying in %d ms", strerror(-error),
		  change->full ? ", map " : "", change->full ? change->full : "", RETRY_MS);
	event_timer_arm(controller->retry_timer, RETRY_MS, 0);
}

static void applied(struct controller *controller, const struct route_change *change,
		    double begin_ms)
{
	event_time(controller, change);
	change_log(controller->live.table, change, controller_clock_exact_ms() - begin_ms);
	controller->applied = true;
	controller->applied_ms = controller_clock_ms();
}

static void apply_whole(struct controller *controller)
{
	double begin_ms = controller_clock_exact_ms();
	struct route_change change = {0};
	struct live_table live;
	int error = live_build(controller, &live);

	if (error) {
		failure_log(controller, error, &change);
		return;
	}
	route_store_settle(controller->store);
	error = datapath_apply(controller->datapath, live.table, &change);
	controller_log_forget_names(controller);
	live_accept(controller, &live);
	if (error) {
		failure_log(controller, error, &change);
		return;
	}
	applied(controller, &change, begin_ms);
	controller_status_applied(controller);
}

static void status_changed(void *context, const struct route_status *status,
			   const struct route_status *before)
{
	bool *is_changed = context;

	*is_changed = true;
	condition_log(status, &status->ready, &before->ready);
}

/* When nothing but endpoints has changed: at the cost of the rules that use them. False: the whole
 * is to be applied. */
static bool apply_endpoints(struct controller *controller)
{
	double begin_ms = controller_clock_exact_ms();
	bool is_changed = false;
	struct live_touched touched = {.context = &is_changed, .status_changed = status_changed};
	struct route_change change = {0};
	int error = live_table_refresh(&controller->live, controller->store, &controller->place,
				       &touched);

	if (!error)
		error = datapath_refresh(
			controller->datapath, controller->live.table,
			&(const struct rule_places){touched.rules, touched.rule_count}, &change);
	free(touched.rules);
	if (error)
		return false;
	route_store_settle(controller->store);
	controller_log_forget_names(controller);
	applied(controller, &change, begin_ms);
	if (is_changed)
		controller_status_applied(controller);
	else
		controller_status_settled(controller);
	return true;
}

void controller_apply(struct controller *controller)
{
	uint64_t revision = route_store_revision(controller->store);
	bool endpoints_only = controller->applied && !controller->due &&
			      !route_store_changes(controller->store)->others;

	if (!controller->synced || (revision == controller->revision && !controller->due)) {
		controller->event_ms = controller->applied ? 0 : controller->event_ms;
		if (controller->applied)
			controller_status_settled(controller);
		return;
	}
	event_timer_disarm(controller->retry_timer);
	controller->applied = controller->due = false;
	controller->revision = revision;
	if (!endpoints_only || !apply_endpoints(controller))
		apply_whole(controller);
}
