/* SPDX-License-Identifier: Apache-2.0 */
#include "node_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "../base/cleanup.h"
#include "../kube/kube_reflector.h"

#define TICK_MS 30000
#define EXPIRY_LEAST_MS 1000
#define SELECTOR_MAX (LEASE_LABEL_MAX + 64)

struct node_watch {
	const struct status_home *home;
	struct node_watch_options options;
	struct kube_reflector *reflector;
	struct kube_resource resource;
	char selector[SELECTOR_MAX];
	struct node_table table;
	bool synced;
	struct event_timer *expiry_timer;
	uint64_t expiry_ms;           /* when it expires; 0: it is not armed */
	struct kube_request *removal; /* of the Lease of a node that is gone */
	struct event_timer *tick_timer;
};

const struct node_table *node_watch_table(const struct node_watch *watch)
{
	return watch->synced ? &watch->table : NULL;
}

static void changed(struct node_watch *watch)
{
	if (watch->synced)
		watch->options.changed(watch->options.context);
}

static void list_begin(void *context)
{
	struct node_watch *watch = context;

	node_table_list_begin(&watch->table);
}

/* Unless the timer expires before. */
static void expiry_arm(struct node_watch *watch, uint64_t at_ms)
{
	uint64_t now_ms = clock_boot_ms();

	if (watch->expiry_ms && watch->expiry_ms <= at_ms)
		return;
	watch->expiry_ms = at_ms;
	event_timer_arm(watch->expiry_timer, at_ms > now_ms ? at_ms - now_ms : 0, 0);
}

static void lease_upsert(void *context, const struct cJSON *object)
{
	struct node_watch *watch = context;
	struct lease lease;

	if (lease_decode(object, &lease))
		return;
	if (node_table_put(&watch->table, &lease, clock_boot_ms()) == -ENOSPC)
		status_home_report(watch->home, LOG_WARNING, "more than %d nodes: %s is left out",
				   NODES_MAX, lease.name);
	expiry_arm(watch, clock_boot_ms() + (uint64_t)lease.duration_s * 1000 + 1);
	changed(watch);
}

static void lease_remove(void *context, const struct cJSON *object)
{
	struct node_watch *watch = context;
	struct lease lease;

	if (lease_decode(object, &lease))
		return;
	node_table_remove(&watch->table, lease.name);
	changed(watch);
}

static void lease_skip(void *context, const char *reason, const char *message)
{
	(void)context, (void)reason, (void)message;
}

static void expiry_expired(void *context);

static void list_end(void *context, bool whole)
{
	struct node_watch *watch = context;

	if (whole)
		node_table_list_end(&watch->table);
	watch->synced = true;
	expiry_expired(watch);
	changed(watch);
}

static void reflector_report(void *context, bool failing, const char *text)
{
	struct node_watch *watch = context;

	status_home_report(watch->home, failing ? LOG_WARNING : LOG_INFO, "Leases of nodes: %s",
			   text);
}

static void removal_done(void *context, const struct kube_reply *reply)
{
	struct node_watch *watch = context;

	(void)reply; /* the watch tells of it, and a failure is tried again with the next one */
	watch->removal = NULL;
	expiry_arm(watch, clock_boot_ms() + EXPIRY_LEAST_MS);
}

/* If the node has come back meanwhile, the version is another, and the Lease stays. */
static void lease_delete(struct node_watch *watch, const struct node_entry *node)
{
	char path[LEASE_NAME_MAX + 200], body[LEASE_VERSION_MAX + 200];
	struct kube_call call = {
		.method = "DELETE",
		.path = path,
		.body = body,
		.context = watch,
		.on_done = removal_done,
	};

	snprintf(path, sizeof(path), LEASE_PATH "%s/leases/%s", watch->home->namespace, node->name);
	snprintf(body, sizeof(body),
		 "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\","
		 "\"preconditions\":{\"resourceVersion\":\"%s\"}}",
		 node->resource_version);
	status_home_report(watch->home, LOG_INFO, "%s was not renewed: the node is gone",
			   node->name);
	kube_client_start(watch->home->client, &call, &watch->removal);
}

static void expiry_expired(void *context)
{
	struct node_watch *watch = context;
	uint64_t now_ms = clock_boot_ms(), next_ms = UINT64_MAX;
	const struct node_entry *node = node_table_expired(&watch->table, now_ms, &next_ms);

	watch->expiry_ms = 0;
	if (watch->removal)
		return;
	if (node) {
		changed(watch);
		lease_delete(watch, node);
		next_ms = now_ms + EXPIRY_LEAST_MS;
	}
	if (next_ms != UINT64_MAX)
		expiry_arm(watch, next_ms + 1);
}

/* What nodes should have told by now depends on time, too. */
static void tick(void *context)
{
	changed(context);
}

static int timers_start(struct node_watch *watch)
{
	struct event_loop *loop = watch->home->loop;
	int error = event_timer_new(loop, expiry_expired, watch, &watch->expiry_timer);

	if (!error)
		error = event_timer_new(loop, tick, watch, &watch->tick_timer);
	if (!error)
		error = event_timer_arm(watch->tick_timer, TICK_MS, TICK_MS);
	return error;
}

static int reflector_start(struct node_watch *watch)
{
	struct kube_reflector_options wanted = {
		.resource = &watch->resource,
		.namespace = watch->home->namespace,
		.sink =
			{
				.context = watch,
				.begin = list_begin,
				.upsert = lease_upsert,
				.remove = lease_remove,
				.skip = lease_skip,
				.end = list_end,
				.report = reflector_report,
			},
	};
	int error;

	snprintf(watch->selector, sizeof(watch->selector), "%s=%s,%s=%s", LEASE_LABEL_CLASS,
		 watch->home->class_label, LEASE_LABEL_ROLE, LEASE_ROLE_NODE);
	watch->resource = (struct kube_resource){
		.name = "leases",
		.kind = "Lease",
		.api_version = "coordination.k8s.io/v1",
		.selector = watch->selector,
	};
	error = kube_reflector_new(watch->home->loop, watch->home->client, &wanted,
				   &watch->reflector);
	if (!error)
		kube_reflector_relist(watch->reflector);
	return error;
}

int node_watch_new(const struct status_home *home, const struct node_watch_options *options,
		   struct node_watch **ret_watch)
{
	struct node_watch *watch = calloc(1, sizeof(*watch));
	int error;

	if (!watch)
		return -ENOMEM;
	watch->home = home;
	watch->options = *options;
	error = timers_start(watch);
	if (!error)
		error = reflector_start(watch);
	if (error) {
		node_watch_free(watch);
		return error;
	}
	*ret_watch = watch;
	return 0;
}

void node_watch_free(struct node_watch *watch)
{
	if (!watch)
		return;
	kube_reflector_free(watch->reflector);
	kube_request_cancel(watch->removal);
	event_timer_free(watch->expiry_timer);
	event_timer_free(watch->tick_timer);
	node_table_done(&watch->table);
	free(watch);
}
