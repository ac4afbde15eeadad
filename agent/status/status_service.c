/* SPDX-License-Identifier: Apache-2.0 */
#include "status_service.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "../kube/kube_backoff.h"
#include "cluster_size.h"
#include "lease_keeper.h"
#include "node_report.h"
#include "node_watch.h"
#include "status_routes.h"
#include "status_writer.h"

struct status_service {
	struct status_home home;
	const struct route_report *report;
	struct status_routes routes;
	struct lease_keeper *keeper;
	struct node_report *own;
	struct status_writer *writer;
	struct node_watch *watch; /* NULL: we do not lead */
	struct desired_nodes desired_nodes;
	struct node_progress progress;
	bool progress_due;
	uint32_t wanted; /* by the agents' DaemonSet; 0: not known */
	uint32_t desired;
};

static void nodes_set(struct status_service *service, uint32_t nodes)
{
	node_report_set_nodes(service->own, nodes);
	status_writer_set_nodes(service->writer, nodes);
}

static void nodes_known(void *context, uint32_t nodes)
{
	nodes_set(context, nodes);
}

static void progress_changed(struct status_service *service)
{
	service->progress_due = true;
	status_writer_wake(service->writer);
}

static void nodes_changed(void *context)
{
	struct status_service *service = context;
	const struct node_table *table = node_watch_table(service->watch);
	uint32_t nodes = table ? (uint32_t)table->count : 0;

	if (service->wanted > nodes)
		nodes = service->wanted;
	lease_keeper_set_nodes(service->keeper, nodes);
	nodes_set(service, nodes);
	progress_changed(service);
}

static bool progress_take(struct status_service *service, const struct node_table *table)
{
	uint64_t now_ms = clock_boot_ms();
	struct node_progress progress;

	if (node_progress_take(table, &service->routes.history, now_ms, &progress))
		return false;
	node_progress_done(&service->progress);
	service->progress = progress;
	service->progress_due = false;
	service->desired =
		desired_nodes_count(&service->desired_nodes, service->wanted,
				    (uint32_t)(progress.known + progress.unknown), now_ms);
	return true;
}

static int status_compare(const void *left, const void *right)
{
	const struct route_status *a = left, *b = right;
	int order = strcmp(a->namespace, b->namespace);

	return order ? order : strcmp(a->name, b->name);
}

static const struct route_status *report_find(const struct route_report *report,
					      const struct status_route *route)
{
	const struct route_status wanted = {.namespace = route->namespace, .name = route->name};

	return report->route_count ? bsearch(&wanted, report->routes, report->route_count,
					     sizeof(*report->routes), status_compare)
				   : NULL;
}

static uint32_t programmed_count(const struct status_service *service,
				 const struct status_route *route)
{
	bool told = route->seen.observed_generation == route->generation;
	uint32_t count;

	if (route->refused)
		return 0;
	count = node_progress_count(&service->progress, route->position,
				    told ? route->seen.programmed : 0);
	return count < service->desired ? count : service->desired;
}

/* Nothing can be said before the nodes are known, nor of what was not applied yet. */
static bool route_look(void *context, const struct status_route *route,
		       struct status_facts *ret_facts)
{
	struct status_service *service = context;
	const struct node_table *table = service->watch ? node_watch_table(service->watch) : NULL;
	const struct route_status *status = report_find(service->report, route);

	if (!table || !table->count)
		return false;
	if (!route->refused && (!status || status->generation != route->generation))
		return false;
	if (service->progress_due && !progress_take(service, table))
		return false;
	*ret_facts = (struct status_facts){
		.generation = route->generation,
		.route = status,
		.refused = route->refused,
		.rules = route->rules,
		.desired = service->desired,
		.programmed = programmed_count(service, route),
	};
	return true;
}

static bool leads_now(void *context)
{
	const struct status_service *service = context;

	return lease_keeper_leads(service->keeper);
}

static void lead_begin(struct status_service *service)
{
	struct node_watch_options wanted = {service, nodes_changed};
	int error = node_watch_new(&service->home, &wanted, &service->watch);

	status_home_report(&service->home, LOG_INFO, "leads: writes the status of routes");
	if (error) {
		status_home_report(&service->home, LOG_ERR, "cannot follow the nodes: %s",
				   strerror(-error));
		return;
	}
	service->desired_nodes = (struct desired_nodes){0};
	service->progress_due = true;
	status_writer_begin(service->writer);
}

static void lead_end(struct status_service *service)
{
	status_home_report(&service->home, LOG_INFO, "leads no more");
	status_writer_end(service->writer);
	node_watch_free(service->watch);
	service->watch = NULL;
}

static void lead_changed(void *context)
{
	struct status_service *service = context;

	if (lease_keeper_leads(service->keeper))
		lead_begin(service);
	else
		lead_end(service);
}

static void home_init(struct status_home *home, const struct status_service_options *options)
{
	*home = (struct status_home){
		.loop = options->loop,
		.client = options->client,
		.namespace = options->namespace,
		.class_name = options->class_name,
		.node = options->node,
		.context = options->context,
		.report = options->log,
	};
	snprintf(home->scope, sizeof(home->scope), "%s%s%s", options->class_name,
		 options->watched ? "/" : "", options->watched ? options->watched : "");
	lease_class_label(home->scope, home->class_label);
	snprintf(home->identity, sizeof(home->identity), "%.253s_%016" PRIx64, options->node,
		 kube_backoff_random());
}

static int parts_start(struct status_service *service)
{
	struct status_writer_options writer = {
		.routes = &service->routes,
		.context = service,
		.leads = leads_now,
		.look = route_look,
	};
	struct lease_keeper_events events = {service, lead_changed, nodes_known};
	int error = node_report_new(&service->home, &service->own);

	if (!error)
		error = status_writer_new(&service->home, &writer, &service->writer);
	return error ?: lease_keeper_new(&service->home, &events, &service->keeper);
}

int status_service_new(const struct status_service_options *options,
		       struct status_service **ret_service)
{
	struct status_service *service = calloc(1, sizeof(*service));
	int error;

	if (!service)
		return -ENOMEM;
	home_init(&service->home, options);
	service->report = options->report;
	status_routes_init(&service->routes);
	error = parts_start(service);
	if (error) {
		status_service_free(service);
		return error;
	}
	*ret_service = service;
	return 0;
}

void status_service_free(struct status_service *service)
{
	if (!service)
		return;
	lease_keeper_free(service->keeper);
	status_writer_free(service->writer);
	node_watch_free(service->watch);
	node_report_free(service->own);
	node_progress_done(&service->progress);
	status_routes_done(&service->routes);
	free(service);
}

static void news_put(struct status_service *service, const struct status_route_news *news)
{
	uint64_t position = service->routes.history.position;

	if (status_routes_put(&service->routes, news))
		status_home_report(&service->home, LOG_ERR, "status of %s/%s: out of memory",
				   news->version->key.namespace, news->version->key.name);
	if (service->routes.history.position != position)
		service->progress_due = true;
	status_writer_wake(service->writer);
}

void status_service_put(struct status_service *service, const struct route_version *version,
			const struct rejection *refused)
{
	const struct status_route_news news = {
		.version = version,
		.refused = refused,
		.now_ms = clock_boot_ms(),
	};

	if (strcmp(version->class_name, service->home.class_name))
		status_service_remove(service, &version->key);
	else
		news_put(service, &news);
}

void status_service_remove(struct status_service *service, const struct object_key *key)
{
	if (key->kind != OBJECT_PATH_ROUTE)
		return;
	status_routes_remove(&service->routes, key);
	progress_changed(service);
}

void status_service_settled(struct status_service *service)
{
	node_report_set_digest(service->own, digest_history_now(&service->routes.history));
}

void status_service_applied(struct status_service *service)
{
	status_service_settled(service);
	status_writer_wake(service->writer);
}

void status_service_set_wanted(struct status_service *service, uint32_t nodes)
{
	service->wanted = nodes <= NODES_MAX ? nodes : 0;
	if (service->watch && node_watch_table(service->watch))
		nodes_changed(service);
}

void status_service_set_owner(struct status_service *service, const char *daemonset,
			      const char *uid)
{
	struct lease_owner *owner = &service->home.owner;

	owner->daemonset = daemonset;
	snprintf(owner->uid, sizeof(owner->uid), "%s", uid);
	node_report_repeat(service->own);
}

bool status_service_release(struct status_service *service, void (*done)(void *context),
			    void *context)
{
	return lease_keeper_release(service->keeper, done, context);
}

struct status_service_reading status_service_read(const struct status_service *service)
{
	struct status_writer_counts counts = status_writer_count(service->writer);
	const struct node_table *table = service->watch ? node_watch_table(service->watch) : NULL;

	return (struct status_service_reading){
		.leads = lease_keeper_leads(service->keeper),
		.written = counts.written,
		.conflicts = counts.conflicts,
		.failures = counts.failures,
		.events = counts.events,
		.node_reports = node_report_writes(service->own),
		.nodes = table ? (uint32_t)table->count : 0,
	};
}
