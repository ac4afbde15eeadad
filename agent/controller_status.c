/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "controller_parts.h"
#include "status/status_service.h"

#define NAMESPACE_DEFAULT "pathroute-system"
#define RELEASE_MS 2000 /* that the end of the process waits for the API server */

struct controller_status {
	struct status_service *service;
	struct event_timer *release_timer;
};

const char *controller_namespace(const struct options *options)
{
	const char *pod = controller_variable("POD_NAMESPACE");

	if (options->lease_namespace)
		return options->lease_namespace;
	return pod ? pod : NAMESPACE_DEFAULT;
}

static void service_log(void *context, int level, const char *text)
{
	(void)context;
	log_print(level, "status: %s", text);
}

static void loop_stop(void *context)
{
	struct controller *controller = context;

	event_loop_stop(controller->loop);
}

static int service_start(struct controller *controller, struct controller_status *status)
{
	const struct options *options = controller->options;
	const struct status_service_options wanted = {
		.loop = controller_kube_loop(controller),
		.client = controller_kube_client(controller),
		.namespace = controller_namespace(options),
		.class_name = options->class_name ? options->class_name : ROUTE_CLASS_DEFAULT,
		.watched = options->namespace,
		.node = controller->node,
		.report = &controller->live.report,
		.log = service_log,
	};
	int error =
		event_timer_new(controller->loop, loop_stop, controller, &status->release_timer);

	return error ?: status_service_new(&wanted, &status->service);
}

int controller_status_start(struct controller *controller)
{
	struct controller_status *status;
	int error;

	if (!controller->kube)
		return 0;
	status = calloc(1, sizeof(*status));
	if (!status)
		return -ENOMEM;
	controller->status = status;
	error = service_start(controller, status);
	if (error)
		log_error("status of routes: %s", strerror(-error));
	else
		log_info("node %s, Leases in namespace %s", controller->node,
			 controller_namespace(controller->options));
	return error;
}

void controller_status_stop(struct controller *controller)
{
	struct controller_status *status = STEAL(controller->status);

	if (!status)
		return;
	status_service_free(status->service);
	event_timer_free(status->release_timer);
	free(status);
}

void controller_status_seen(void *context, const struct route_version *version,
			    const struct rejection *refused)
{
	struct controller *controller = context;

	if (controller->status)
		status_service_put(controller->status->service, version, refused);
}

void controller_status_gone(void *context, const struct object_key *key)
{
	struct controller *controller = context;

	if (controller->status)
		status_service_remove(controller->status->service, key);
}

void controller_status_settled(struct controller *controller)
{
	if (controller->status)
		status_service_settled(controller->status->service);
}

void controller_status_applied(struct controller *controller)
{
	if (controller->status)
		status_service_applied(controller->status->service);
}

void controller_status_set_wanted(const struct controller *controller, uint32_t nodes)
{
	if (controller->status)
		status_service_set_wanted(controller->status->service, nodes);
}

void controller_status_owner(struct controller *controller, const char *uid)
{
	if (controller->status)
		status_service_set_owner(controller->status->service,
					 controller->options->daemonset, uid);
}

void controller_status_end(struct controller *controller)
{
	struct controller_status *status = controller->status;

	if (!status || !status_service_release(status->service, loop_stop, controller))
		event_loop_stop(controller->loop);
	else
		event_timer_arm(status->release_timer, RELEASE_MS, 0);
}

void controller_status_read(const struct controller *controller, struct status_reading *ret_reading)
{
	struct status_service_reading reading;

	*ret_reading = (struct status_reading){0};
	if (!controller->status)
		return;
	reading = status_service_read(controller->status->service);
	*ret_reading = (struct status_reading){
		.known = true,
		.leads = reading.leads,
		.written = reading.written,
		.conflicts = reading.conflicts,
		.failures = reading.failures,
		.events = reading.events,
		.node_reports = reading.node_reports,
		.nodes = reading.nodes,
	};
}
