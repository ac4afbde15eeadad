/* SPDX-License-Identifier: Apache-2.0 */
#include "event_writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "../kube/kube_backoff.h"
#include "event_text.h"

#define IN_FLIGHT 4
#define ALL_BURST 25
#define ALL_INTERVAL_MS 200
#define TIMEOUT_S 10

struct event_slot {
	struct event_writer *writer;
	struct kube_request *request;
};

struct event_writer {
	const struct status_home *home;
	void (*room)(void *context);
	void *context;
	struct event_slot slots[IN_FLIGHT];
	struct token_bucket all;
	struct status_fault fault;
	uint64_t serial;
	uint64_t count;
	bool missed;
};

uint64_t event_writer_count(const struct event_writer *writer)
{
	return writer->count;
}

int event_writer_new(const struct status_home *home, void (*room)(void *context), void *context,
		     struct event_writer **ret_writer)
{
	struct event_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return -ENOMEM;
	writer->home = home;
	writer->room = room;
	writer->context = context;
	writer->serial = kube_backoff_random();
	for (int i = 0; i < IN_FLIGHT; i++)
		writer->slots[i].writer = writer;
	*ret_writer = writer;
	return 0;
}

void event_writer_cancel(struct event_writer *writer)
{
	for (int i = 0; i < IN_FLIGHT; i++) {
		kube_request_cancel(writer->slots[i].request);
		writer->slots[i].request = NULL;
	}
}

void event_writer_free(struct event_writer *writer)
{
	if (!writer)
		return;
	event_writer_cancel(writer);
	free(writer);
}

static void request_done(void *context, const struct kube_reply *reply)
{
	struct event_slot *slot = context;
	struct event_writer *writer = slot->writer;

	slot->request = NULL;
	if (!reply->error && reply->status / 100 == 2) {
		writer->count++;
		status_fault_end(&writer->fault, writer->home, "events");
	} else {
		status_fault_begin(&writer->fault, writer->home, "events", reply);
	}
	if (!writer->missed)
		return;
	writer->missed = false;
	writer->room(writer->context);
}

static struct event_slot *slot_find(struct event_writer *writer)
{
	for (int i = 0; i < IN_FLIGHT; i++) {
		if (!writer->slots[i].request)
			return &writer->slots[i];
	}
	return NULL;
}

static void event_send(struct event_writer *writer, struct event_slot *slot,
		       const struct event_facts *what)
{
	struct event_facts facts = *what;
	char path[OBJECT_NAMESPACE_MAX + 100], time[LEASE_TIME_MAX];
	_cleanup_free_ char *body = NULL;
	struct kube_call call = {
		.method = "POST",
		.path = path,
		.timeout_s = TIMEOUT_S,
		.context = slot,
		.on_done = request_done,
	};

	status_home_time(time);
	facts.time = time;
	facts.instance = writer->home->identity;
	facts.serial = writer->serial++;
	body = event_text_encode(&facts);
	call.body = body;
	snprintf(path, sizeof(path), "/apis/events.k8s.io/v1/namespaces/%s/events",
		 facts.route->namespace);
	if (body)
		kube_client_start(writer->home->client, &call, &slot->request);
}

/* While a new generation gets around, that some nodes lack it is nothing to warn of. */
static uint64_t earliest(const struct status_route *route, enum status_condition_type type)
{
	bool spreads = type == STATUS_PROGRAMMED && route->events[type].state == STATUS_FALSE;

	return spreads ? route->changed_ms + EVENTS_PROGRESS_MS : 0;
}

static bool is_pending(const struct status_route *route, const struct status_wish *wish,
		       enum status_condition_type type)
{
	const struct event_limit *limit = &route->events[type];

	return limit->state != limit->told && limit->state == wish->conditions[type].state;
}

static uint64_t condition_visit(struct event_writer *writer, struct status_route *route,
				const struct status_wish *wish, enum status_condition_type type)
{
	struct event_facts facts = {.route = route, .condition = &wish->conditions[type]};
	struct event_limit limit = route->events[type];
	struct event_slot *slot = slot_find(writer);
	uint64_t now_ms = clock_boot_ms(), at_ms = earliest(route, type);

	if (at_ms > now_ms)
		return at_ms;
	if (!slot) {
		writer->missed = true;
		return UINT64_MAX;
	}
	if (!event_limit_take(&limit, now_ms, &facts.changes, &at_ms) ||
	    !token_bucket_take(&writer->all, ALL_BURST, ALL_INTERVAL_MS, now_ms, &at_ms))
		return at_ms;
	route->events[type] = limit;
	event_send(writer, slot, &facts);
	return UINT64_MAX;
}

uint64_t event_writer_visit(struct event_writer *writer, struct status_route *route,
			    const struct status_wish *wish)
{
	uint64_t first_ms = UINT64_MAX;

	for (int i = 0; i < STATUS_CONDITION_COUNT; i++) {
		enum status_condition_type type = (enum status_condition_type)i;
		uint64_t at_ms = is_pending(route, wish, type)
					 ? condition_visit(writer, route, wish, type)
					 : UINT64_MAX;

		if (at_ms < first_ms)
			first_ms = at_ms;
	}
	return first_ms;
}
