/* SPDX-License-Identifier: Apache-2.0 */
#include "lease_keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "../kube/kube_backoff.h"
#include "lease_election.h"

#define TIMEOUT_S 4 /* of a request: two fit into the deadline */

struct lease_keeper {
	const struct status_home *home;
	struct lease_keeper_events events;
	struct lease_election election;
	char name[LEASE_NAME_MAX];
	struct event_timer *timer;
	struct kube_request *request;
	enum election_step step; /* of the request */
	uint64_t began_ms;
	uint32_t nodes;
	bool led; /* as told to changed() */
	struct status_fault fault;
	bool releasing;
	bool released; /* the release is under way */
	void (*release_done)(void *context);
	void *release_context;
};

static void keeper_turn(struct lease_keeper *keeper);

bool lease_keeper_leads(const struct lease_keeper *keeper)
{
	return election_leads(&keeper->election, clock_boot_ms());
}

void lease_keeper_set_nodes(struct lease_keeper *keeper, uint32_t nodes)
{
	keeper->nodes = nodes;
}

static void release_end(struct lease_keeper *keeper)
{
	keeper->releasing = false;
	event_timer_disarm(keeper->timer);
	keeper->release_done(keeper->release_context);
}

static void look_end(struct lease_keeper *keeper, const struct kube_reply *reply, uint64_t now_ms)
{
	struct lease lease;

	if (reply->status == 404) {
		election_looked(&keeper->election, NULL, now_ms);
		return;
	}
	if (reply->status != 200 || lease_decode_text(reply->body, &lease)) {
		election_failed(&keeper->election, now_ms);
		return;
	}
	election_looked(&keeper->election, &lease, now_ms);
	if (lease.nodes)
		keeper->events.nodes(keeper->events.context, lease.nodes);
}

static void write_end(struct lease_keeper *keeper, const struct kube_reply *reply, uint64_t now_ms)
{
	struct lease lease;

	if (reply->status == 409)
		election_lost(&keeper->election, now_ms);
	else if (reply->status / 100 != 2 || lease_decode_text(reply->body, &lease))
		election_failed(&keeper->election, now_ms);
	else
		election_wrote(&keeper->election, &lease, keeper->began_ms);
}

static bool is_answer(const struct kube_reply *reply)
{
	return !reply->error &&
	       (reply->status / 100 == 2 || reply->status == 404 || reply->status == 409);
}

static void request_done(void *context, const struct kube_reply *reply)
{
	struct lease_keeper *keeper = context;
	uint64_t now_ms = clock_boot_ms();

	keeper->request = NULL;
	if (keeper->released) {
		release_end(keeper);
		return;
	}
	if (is_answer(reply))
		status_fault_end(&keeper->fault, keeper->home, "leader election");
	else
		status_fault_begin(&keeper->fault, keeper->home, "leader election", reply);
	if (reply->error)
		election_failed(&keeper->election, now_ms);
	else if (keeper->step == ELECTION_LOOK)
		look_end(keeper, reply, now_ms);
	else
		write_end(keeper, reply, now_ms);
	keeper_turn(keeper);
}

static int request_start(struct lease_keeper *keeper, const char *method, const char *body)
{
	bool creates = keeper->step == ELECTION_CREATE;
	char path[LEASE_NAME_MAX + 200];
	struct kube_call call = {
		.method = method,
		.path = path,
		.body = body,
		.idle_timeout_s = TIMEOUT_S,
		.timeout_s = TIMEOUT_S,
		.context = keeper,
		.on_done = request_done,
	};

	snprintf(path, sizeof(path), LEASE_PATH "%s/leases%s%s", keeper->home->namespace,
		 creates ? "" : "/", creates ? "" : keeper->name);
	return kube_client_start(keeper->home->client, &call, &keeper->request);
}

static int lease_write(struct lease_keeper *keeper, struct lease *lease)
{
	const struct lease_labels labels = {
		.namespace = keeper->home->namespace,
		.class_label = keeper->home->class_label,
		.role = LEASE_ROLE_LEADER,
		.owner = &keeper->home->owner,
	};
	_cleanup_free_ char *body = NULL;

	snprintf(lease->name, sizeof(lease->name), "%s", keeper->name);
	body = lease_encode(lease, &labels);
	if (!body)
		return -ENOMEM;
	return request_start(keeper, keeper->step == ELECTION_CREATE ? "POST" : "PUT", body);
}

static int step_begin(struct lease_keeper *keeper, enum election_step step)
{
	char text[LEASE_TIME_MAX];
	struct election_now now = {.text = text, .nodes = keeper->nodes};
	struct lease lease;

	keeper->step = step;
	keeper->began_ms = clock_boot_ms();
	if (step == ELECTION_LOOK)
		return request_start(keeper, "GET", NULL);
	status_home_time(text);
	election_fill(&keeper->election, step, &now, &lease);
	return lease_write(keeper, &lease);
}

static void release_begin(struct lease_keeper *keeper)
{
	char text[LEASE_TIME_MAX];
	struct election_now now = {.text = text};
	struct lease lease;

	status_home_time(text);
	election_fill_released(&keeper->election, &now, &lease);
	keeper->step = ELECTION_RENEW;
	keeper->released = true;
	if (lease_write(keeper, &lease))
		event_timer_arm(keeper->timer, 0, 0);
}

/* Tells of leading that has begun or ended; its end also comes without any answer. */
static void change_tell(struct lease_keeper *keeper)
{
	bool leads = !keeper->releasing && lease_keeper_leads(keeper);

	if (leads == keeper->led)
		return;
	keeper->led = leads;
	keeper->events.changed(keeper->events.context);
}

static void deadline_arm(struct lease_keeper *keeper, uint64_t now_ms)
{
	uint64_t end_ms = keeper->election.renewed_ms + ELECTION_DEADLINE_MS;

	if (lease_keeper_leads(keeper) && end_ms > now_ms)
		event_timer_arm(keeper->timer, end_ms - now_ms, 0);
}

static void keeper_turn(struct lease_keeper *keeper)
{
	uint64_t now_ms = clock_boot_ms(), wait_ms = 0;
	enum election_step step;

	change_tell(keeper);
	if (keeper->request) {
		deadline_arm(keeper, now_ms);
		return;
	}
	if (keeper->releasing) {
		if (keeper->released || !election_holds(&keeper->election))
			release_end(keeper);
		else
			release_begin(keeper);
		return;
	}
	step = election_next(&keeper->election, now_ms, &wait_ms);
	if (step != ELECTION_WAIT && step_begin(keeper, step)) {
		election_failed(&keeper->election, now_ms);
		step = election_next(&keeper->election, now_ms, &wait_ms);
	}
	if (keeper->request)
		deadline_arm(keeper, now_ms);
	else
		event_timer_arm(keeper->timer, wait_ms, 0);
}

static void timer_expired(void *context)
{
	keeper_turn(context);
}

int lease_keeper_new(const struct status_home *home, const struct lease_keeper_events *events,
		     struct lease_keeper **ret_keeper)
{
	struct lease_keeper *keeper = calloc(1, sizeof(*keeper));
	int error;

	if (!keeper)
		return -ENOMEM;
	keeper->home = home;
	keeper->events = *events;
	lease_leader_name(home->scope, keeper->name);
	election_init(&keeper->election, home->identity, kube_backoff_random(), clock_boot_ms());
	error = event_timer_new(home->loop, timer_expired, keeper, &keeper->timer);
	if (!error)
		error = event_timer_arm(keeper->timer, 0, 0);
	if (error) {
		lease_keeper_free(keeper);
		return error;
	}
	*ret_keeper = keeper;
	return 0;
}

void lease_keeper_free(struct lease_keeper *keeper)
{
	if (!keeper)
		return;
	kube_request_cancel(keeper->request);
	event_timer_free(keeper->timer);
	free(keeper);
}

/* A renewal that is under way changes the version: the release waits for its answer. */
bool lease_keeper_release(struct lease_keeper *keeper, void (*done)(void *context), void *context)
{
	if (!election_release(&keeper->election, clock_boot_ms()))
		return false;
	keeper->releasing = true;
	keeper->release_done = done;
	keeper->release_context = context;
	keeper_turn(keeper);
	return true;
}
