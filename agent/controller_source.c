/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "controller_parts.h"
#include "source/manifests.h"

static void object_upsert(void *context, struct object *object)
{
	struct controller *controller = context;

	if (route_store_put(controller->store, object))
		log_error("out of memory, an object is not taken in");
}

static void object_remove(void *context, const struct object_key *key)
{
	struct controller *controller = context;

	route_store_remove(controller->store, key);
}

static void problem_log(void *context, const struct source_problem *problem)
{
	bool is_error = problem->severity == SOURCE_ERROR;

	(void)context;
	if (problem->line)
		log_print(is_error ? LOG_WARNING : LOG_DEBUG, "%s:%u: %s: %s", problem->file,
			  problem->line, problem->reason, problem->message);
	else
		log_print(is_error ? LOG_WARNING : LOG_DEBUG, "%s: %s: %s", problem->file,
			  problem->reason, problem->message);
}

static void source_synced(void *context)
{
	struct controller *controller = context;

	controller->synced = true;
	controller->due = true;
}

static const char *source_name(const struct controller *controller)
{
	return controller->kube ? "API server" : controller->options->manifests;
}

struct source_sink controller_source_sink(struct controller *controller)
{
	return (struct source_sink){
		.context = controller,
		.upsert = object_upsert,
		.remove = object_remove,
		.problem = problem_log,
		.synced = source_synced,
	};
}

static void source_ready(void *context, uint32_t events)
{
	struct controller *controller = context;
	int error;

	(void)events;
	if (!controller->event_ms)
		controller->event_ms = controller_clock_exact_ms();
	error = source_dispatch(controller->source);
	if (error)
		log_error("%s: %s", source_name(controller), strerror(-error));
	controller_apply(controller);
}

void controller_source_stop(struct controller *controller)
{
	if (controller->source_fd >= 0)
		event_loop_remove(controller->loop, controller->source_fd);
	controller->source_fd = -1;
	source_free(STEAL(controller->source));
}

static int source_new(struct controller *controller)
{
	struct source_sink sink = controller_source_sink(controller);

	if (controller->kube)
		return controller_kube_source(controller, &controller->source);
	return manifests_new(controller->options->manifests, &sink, &controller->source);
}

static int source_open(struct controller *controller)
{
	int error = route_store_new(&controller->store);

	if (!error)
		error = source_new(controller);
	if (!error)
		error = source_start(controller->source);
	if (!error)
		error = event_loop_add(controller->loop, source_fd(controller->source), EPOLLIN,
				       source_ready, controller);
	if (!error)
		controller->source_fd = source_fd(controller->source);
	return error;
}

int controller_source_start(struct controller *controller)
{
	int error;

	error = source_open(controller);
	if (error)
		log_error("source %s: %s", source_name(controller), strerror(-error));
	return error;
}

void controller_source_again(struct controller *controller)
{
	int error;

	error = source_start(controller->source);
	if (error)
		log_error("source %s: %s", source_name(controller), strerror(-error));
	controller_apply(controller);
}
