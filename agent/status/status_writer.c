/* SPDX-License-Identifier: Apache-2.0 */
#include "status_writer.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../base/cleanup.h"
#include "../base/json_read.h"
#include "../kube/kube_backoff.h"
#include "event_writer.h"
#include "status_pace.h"

#define IN_FLIGHT 4
#define TIMEOUT_S 10
#define WAKE_MS 100 /* what changes within is looked at once */
#define CONFLICT_MS 1000
#define REFUSED_MS 60000

struct write_slot {
	struct status_writer *writer;
	struct kube_request *request;
	char *namespace;
	char *name;
	char *uid;
	char version[STATUS_VERSION_MAX]; /* that the patch was for */
};

struct status_writer {
	const struct status_home *home;
	struct status_writer_options options;
	struct event_writer *events;
	struct event_timer *timer;
	struct write_slot slots[IN_FLIGHT];
	struct kube_backoff backoff;
	struct status_fault fault;
	struct status_pace pace;
	struct status_writer_counts counts;
	uint64_t pause_ms; /* nothing is written before */
	uint64_t later_ms; /* the earliest time at which a route is to be looked at again */
	size_t cursor;
	size_t left; /* routes to look at */
	bool leads;
};

struct status_writer_counts status_writer_count(const struct status_writer *writer)
{
	struct status_writer_counts counts = writer->counts;

	counts.events = event_writer_count(writer->events);
	return counts;
}

void status_writer_set_nodes(struct status_writer *writer, uint32_t nodes)
{
	writer->pace.nodes = nodes;
}

void status_writer_wake(struct status_writer *writer)
{
	if (!writer->leads)
		return;
	if (!writer->left)
		event_timer_arm(writer->timer, WAKE_MS, 0);
	writer->left = writer->options.routes->count;
}

static void later(struct status_writer *writer, uint64_t at_ms)
{
	if (at_ms < writer->later_ms)
		writer->later_ms = at_ms;
}

static void slot_clear(struct write_slot *slot)
{
	slot->request = NULL;
	free(STEAL(slot->namespace));
	free(STEAL(slot->name));
	free(STEAL(slot->uid));
}

static struct write_slot *slot_find(struct status_writer *writer)
{
	for (int i = 0; i < IN_FLIGHT; i++) {
		if (!writer->slots[i].request)
			return &writer->slots[i];
	}
	return NULL;
}

static void writer_scan(struct status_writer *writer);

/* The route that was written; NULL: it is gone, or is another one of the same name. */
static struct status_route *slot_route(const struct write_slot *slot)
{
	struct status_route *route =
		status_routes_find(slot->writer->options.routes, slot->namespace, slot->name);

	return route && !strcmp(route->uid, slot->uid) ? route : NULL;
}

static void awaited_set(struct status_route *route, const char *version)
{
	snprintf(route->awaited, sizeof(route->awaited), "%s", version);
	route->awaited_until_ms = clock_boot_ms() + STATUS_AWAITED_MS;
}

/* What the object says now is in the reply; the watch will bring it, too. */
static void written_take(const struct write_slot *slot, struct status_route *route,
			 const char *body)
{
	cJSON *tree = cJSON_Parse(body);
	struct json_value root = json_root(tree, NULL);
	struct route_status_mark mark;

	route_status_mark_decode(&root, &mark);
	cJSON_Delete(tree);
	if (!mark.resource_version[0])
		return;
	/* What was seen meanwhile is what we wrote or newer: it came after the slot's version. */
	if (!strcmp(route->seen.resource_version, slot->version)) {
		if (strcmp(mark.resource_version, slot->version))
			awaited_set(route, mark.resource_version);
		route->seen = mark;
	}
	for (int i = 0; i < STATUS_CONDITION_COUNT; i++)
		event_limit_change(&route->events[i], mark.conditions[i].state);
}

static void failure_take(struct status_writer *writer, struct status_route *route,
			 const struct kube_reply *reply)
{
	uint64_t now_ms = clock_boot_ms();
	bool is_of_route = !reply->error &&
			   (reply->status == 400 || reply->status == 404 || reply->status == 422);

	if (!reply->error && reply->status == 409) {
		writer->counts.conflicts++;
		if (route)
			route->retry_ms = now_ms + CONFLICT_MS;
		return;
	}
	writer->counts.failures++;
	status_fault_begin(&writer->fault, writer->home, "status of routes", reply);
	if (is_of_route && route)
		route->retry_ms = now_ms + REFUSED_MS;
	if (!is_of_route)
		writer->pause_ms =
			now_ms + kube_backoff_next(&writer->backoff, reply->retry_after_s,
						   kube_backoff_random());
}

static void request_done(void *context, const struct kube_reply *reply)
{
	struct write_slot *slot = context;
	struct status_writer *writer = slot->writer;
	struct status_route *route = slot_route(slot);
	bool again = !route || route->missed;

	if (!reply->error && reply->status == 200) {
		status_fault_end(&writer->fault, writer->home, "status of routes");
		kube_backoff_reset(&writer->backoff);
		writer->counts.written++;
		if (route)
			written_take(slot, route, reply->body);
	} else {
		failure_take(writer, route, reply);
		again = true;
	}
	if (route)
		route->writing = route->missed = false;
	slot_clear(slot);
	if (again)
		status_writer_wake(writer);
	writer_scan(writer);
}

static int slot_fill(struct write_slot *slot, const struct status_route *route)
{
	slot->namespace = strdup(route->namespace);
	slot->name = strdup(route->name);
	slot->uid = strdup(route->uid);
	memcpy(slot->version, route->seen.resource_version, sizeof(slot->version));
	return slot->namespace && slot->name && slot->uid ? 0 : -ENOMEM;
}

static int write_start(struct status_writer *writer, struct status_route *route,
		       const struct status_wish *wish)
{
	struct write_slot *slot = slot_find(writer);
	char path[OBJECT_NAMESPACE_MAX + OBJECT_NAME_MAX + 100];
	_cleanup_free_ char *body = status_wish_encode(wish, route->seen.resource_version);
	struct kube_call call = {
		.method = "PATCH",
		.path = path,
		.body = body,
		.content_type = "application/merge-patch+json",
		.timeout_s = TIMEOUT_S,
		.context = slot,
		.on_done = request_done,
	};
	int error = body ? slot_fill(slot, route) : -ENOMEM;

	snprintf(path, sizeof(path),
		 "/apis/pathroute.io/v1alpha1/namespaces/%s/pathroutes/%s/status", route->namespace,
		 route->name);
	if (!error)
		error = kube_client_start(writer->home->client, &call, &slot->request);
	if (error) {
		slot_clear(slot);
		return error;
	}
	route->writing = true;
	status_pace_wrote(&writer->pace, route, clock_boot_ms());
	return 0;
}

/* False: no route can be written now. */
static bool route_write(struct status_writer *writer, struct status_route *route,
			const struct status_facts *facts, const struct status_wish *wish)
{
	const struct status_pace_wish pace = {
		.difference = status_wish_compare(wish, &route->seen),
		.spreads = facts->programmed < facts->desired && !facts->refused,
	};
	uint64_t now_ms = clock_boot_ms(), at_ms;

	if (pace.difference == STATUS_SAME)
		return true;
	if (!slot_find(writer))
		return false;
	at_ms = status_pace_route(&writer->pace, route, &pace, now_ms);
	if (at_ms > now_ms)
		later(writer, at_ms);
	else if (write_start(writer, route, wish))
		later(writer, now_ms + CONFLICT_MS);
	return true;
}

/* False: no route can be written now; look at it again then. */
static bool route_visit(struct status_writer *writer, struct status_route *route)
{
	char now[API_TIME_MAX];
	struct status_facts facts;
	struct status_wish wish;

	if (!route->seen.resource_version[0] ||
	    !writer->options.look(writer->options.context, route, &facts))
		return true;
	api_time_format(time(NULL), now);
	status_wish_make(&facts, &route->seen, now, &wish);
	later(writer, event_writer_visit(writer->events, route, &wish));
	if (route->writing) {
		route->missed = true;
		return true;
	}
	return route_write(writer, route, &facts, &wish);
}

static void timer_set(struct status_writer *writer)
{
	uint64_t now_ms = clock_boot_ms();
	uint64_t at_ms = writer->left ? writer->pause_ms : writer->later_ms;

	if (at_ms == UINT64_MAX || (writer->left && !slot_find(writer)))
		return; /* the end of a request goes on */
	if (at_ms < now_ms + WAKE_MS)
		at_ms = now_ms + WAKE_MS;
	event_timer_arm(writer->timer, at_ms - now_ms, 0);
}

static bool may_go_on(struct status_writer *writer)
{
	uint64_t now_ms = clock_boot_ms();

	if (now_ms >= writer->pause_ms)
		writer->pause_ms = status_pace_any(&writer->pace, now_ms);
	return now_ms >= writer->pause_ms;
}

static void writer_scan(struct status_writer *writer)
{
	const struct status_routes *routes = writer->options.routes;

	if (!routes->count || !writer->options.leads(writer->options.context))
		writer->left = 0;
	while (writer->left && may_go_on(writer)) {
		if (writer->cursor >= routes->count)
			writer->cursor = 0;
		if (!route_visit(writer, routes->routes[writer->cursor]))
			break;
		writer->cursor++;
		writer->left--;
	}
	timer_set(writer);
}

static void timer_expired(void *context)
{
	struct status_writer *writer = context;

	if (!writer->leads)
		return;
	if (clock_boot_ms() >= writer->later_ms) {
		writer->later_ms = UINT64_MAX;
		writer->left = writer->options.routes->count;
	}
	writer_scan(writer);
}

static void events_room(void *context)
{
	status_writer_wake(context);
}

int status_writer_new(const struct status_home *home, const struct status_writer_options *options,
		      struct status_writer **ret_writer)
{
	struct status_writer *writer = calloc(1, sizeof(*writer));
	int error;

	if (!writer)
		return -ENOMEM;
	writer->home = home;
	writer->options = *options;
	writer->later_ms = UINT64_MAX;
	for (int i = 0; i < IN_FLIGHT; i++)
		writer->slots[i].writer = writer;
	error = event_writer_new(home, events_room, writer, &writer->events);
	if (!error)
		error = event_timer_new(home->loop, timer_expired, writer, &writer->timer);
	if (error) {
		status_writer_free(writer);
		return error;
	}
	*ret_writer = writer;
	return 0;
}

void status_writer_free(struct status_writer *writer)
{
	if (!writer)
		return;
	status_writer_end(writer);
	event_writer_free(writer->events);
	event_timer_free(writer->timer);
	free(writer);
}

void status_writer_begin(struct status_writer *writer)
{
	const struct status_routes *routes = writer->options.routes;

	for (size_t i = 0; i < routes->count; i++)
		status_route_begin(routes->routes[i]);
	writer->leads = true;
	writer->left = 0;
	writer->later_ms = UINT64_MAX;
	status_writer_wake(writer);
}

void status_writer_end(struct status_writer *writer)
{
	const struct status_routes *routes = writer->options.routes;

	writer->leads = false;
	writer->left = 0;
	for (int i = 0; i < IN_FLIGHT; i++) {
		kube_request_cancel(writer->slots[i].request);
		slot_clear(&writer->slots[i]);
	}
	if (writer->events)
		event_writer_cancel(writer->events);
	for (size_t i = 0; i < routes->count; i++)
		routes->routes[i]->writing = routes->routes[i]->missed = false;
}
