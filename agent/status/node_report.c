/* SPDX-License-Identifier: Apache-2.0 */
#include "node_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "../base/version.h"
#include "../kube/kube_backoff.h"
#include "cluster_size.h"
#include "node_table.h"

#define TIMEOUT_S 10

struct node_report {
	const struct status_home *home;
	struct event_timer *timer;
	struct kube_request *request;
	struct report_schedule schedule;
	struct kube_backoff backoff;
	struct status_fault fault;
	char name[LEASE_NAME_MAX];
	bool has_digest;
	uint64_t digest;
	uint64_t sent; /* of the last request */
	bool creates;  /* the next request, since there is none to change */
	uint64_t writes;
};

static void report_turn(struct node_report *report);

uint64_t node_report_writes(const struct node_report *report)
{
	return report->writes;
}

static void retry_later(struct node_report *report, unsigned retry_after_s)
{
	report->schedule.due_ms =
		clock_boot_ms() +
		kube_backoff_next(&report->backoff, retry_after_s, kube_backoff_random());
}

static void write_end(struct node_report *report)
{
	uint64_t now_ms = clock_boot_ms();

	status_fault_end(&report->fault, report->home, "report of this node");
	kube_backoff_reset(&report->backoff);
	report->creates = false;
	report->writes++;
	report_schedule_wrote(&report->schedule, now_ms);
	if (report->digest != report->sent)
		report_schedule_changed(&report->schedule, now_ms);
}

static void request_done(void *context, const struct kube_reply *reply)
{
	struct node_report *report = context;
	bool is_absent = !reply->error && reply->status == 404 && !report->creates;
	bool exists = !reply->error && reply->status == 409 && report->creates;

	report->request = NULL;
	if (!reply->error && reply->status / 100 == 2) {
		write_end(report);
	} else if (is_absent || exists) {
		report->creates = is_absent;
		report->schedule.due_ms = clock_boot_ms();
	} else {
		status_fault_begin(&report->fault, report->home, "report of this node", reply);
		report->creates = false; /* the namespace may have been missing */
		retry_later(report, reply->retry_after_s);
	}
	report_turn(report);
}

static char *body_make(const struct node_report *report)
{
	const struct lease_labels labels = {
		.namespace = report->home->namespace,
		.class_label = report->home->class_label,
		.role = LEASE_ROLE_NODE,
		.owner = &report->home->owner,
	};
	struct lease lease = {
		.duration_s = NODE_LEASE_DURATION_S,
		.has_digest = true,
		.digest = report->digest,
	};

	snprintf(lease.name, sizeof(lease.name), "%s", report->name);
	snprintf(lease.holder, sizeof(lease.holder), "%s", report->home->node);
	snprintf(lease.agent_version, sizeof(lease.agent_version), "%s", PATHROUTE_VERSION);
	status_home_time(lease.renew_time);
	return lease_encode(&lease, &labels);
}

/* A merge patch needs no version: nobody else writes this Lease. */
static int request_start(struct node_report *report)
{
	_cleanup_free_ char *body = body_make(report);
	char path[LEASE_NAME_MAX + 200];
	struct kube_call call = {
		.method = report->creates ? "POST" : "PATCH",
		.path = path,
		.body = body,
		.content_type = report->creates ? NULL : "application/merge-patch+json",
		.timeout_s = TIMEOUT_S,
		.context = report,
		.on_done = request_done,
	};

	if (!body)
		return -ENOMEM;
	snprintf(path, sizeof(path), LEASE_PATH "%s/leases%s%s", report->home->namespace,
		 report->creates ? "" : "/", report->creates ? "" : report->name);
	report->sent = report->digest;
	return kube_client_start(report->home->client, &call, &report->request);
}

static void report_turn(struct node_report *report)
{
	uint64_t now_ms = clock_boot_ms();

	if (report->request || !report->has_digest)
		return;
	if (now_ms >= report->schedule.due_ms && request_start(report))
		retry_later(report, 0);
	if (!report->request)
		event_timer_arm(report->timer, report->schedule.due_ms - now_ms, 0);
}

static void timer_expired(void *context)
{
	report_turn(context);
}

int node_report_new(const struct status_home *home, struct node_report **ret_report)
{
	struct node_report *report = calloc(1, sizeof(*report));
	int error;

	if (!report)
		return -ENOMEM;
	report->home = home;
	lease_node_name(home->scope, home->node, report->name);
	report_schedule_init(&report->schedule, kube_backoff_random(), clock_boot_ms());
	error = event_timer_new(home->loop, timer_expired, report, &report->timer);
	if (error) {
		node_report_free(report);
		return error;
	}
	*ret_report = report;
	return 0;
}

void node_report_free(struct node_report *report)
{
	if (!report)
		return;
	kube_request_cancel(report->request);
	event_timer_free(report->timer);
	free(report);
}

void node_report_repeat(struct node_report *report)
{
	if (report->backoff.failures == 0)
		report_schedule_changed(&report->schedule, clock_boot_ms());
	report_turn(report);
}

void node_report_set_digest(struct node_report *report, uint64_t digest)
{
	if (report->has_digest && report->digest == digest)
		return;
	report->has_digest = true;
	report->digest = digest;
	node_report_repeat(report);
}

void node_report_set_nodes(struct node_report *report, uint32_t nodes)
{
	report->schedule.nodes = nodes;
}
