/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "controller_parts.h"
#include "kube/kube_client.h"
#include "kube/kube_config.h"
#include "source/kube_source.h"

struct controller_kube {
	struct event_loop *loop; /* runs inside of the agent's */
	struct kube_config *config;
	struct kube_client *client;
};

static int config_read(const struct options *options, struct kube_config **ret_config)
{
	char text[KUBE_CONFIG_ERROR_MAX];
	int error = options->kubeconfig
			    ? kube_config_read_file(options->kubeconfig, options->kube_context,
						    ret_config, text)
			    : kube_config_read_cluster(NULL, ret_config, text);

	if (error == -EINVAL)
		log_error("%s", text);
	return error;
}

int controller_kube_open(struct controller *controller)
{
	struct controller_kube *kube = calloc(1, sizeof(*kube));
	const struct options *options = controller->options;
	int error;

	if (!kube)
		return -ENOMEM;
	controller->kube = kube;
	error = config_read(options, &kube->config);
	if (!error)
		error = event_loop_new(&kube->loop);
	if (!error)
		error = kube_client_new(kube->loop, kube->config, &kube->client);
	if (error && error != -EINVAL)
		log_error("API server: %s", strerror(-error));
	if (!error)
		log_info("API server %s, %s%s%s", kube->config->server,
			 options->namespace ? "namespace " : "all namespaces",
			 options->namespace ? options->namespace : "",
			 kube->config->insecure ? ", ITS CERTIFICATE IS NOT CHECKED" : "");
	return error;
}

struct event_loop *controller_kube_loop(const struct controller *controller)
{
	return controller->kube->loop;
}

struct kube_client *controller_kube_client(const struct controller *controller)
{
	return controller->kube->client;
}

static void fortune_log(void *context, bool failing, const char *text)
{
	(void)context;
	log_print(failing ? LOG_WARNING : LOG_INFO, "API server: %s", text);
}

int controller_kube_source(struct controller *controller, struct object_source **ret_source)
{
	const struct kube_source_options options = {
		.loop = controller->kube->loop,
		.client = controller->kube->client,
		.namespace = controller->options->namespace,
		.sink = controller_source_sink(controller),
		.route_seen = controller_status_seen,
		.route_gone = controller_status_gone,
		.report = fortune_log,
	};

	return kube_source_new(&options, ret_source);
}

void controller_kube_close(struct controller *controller)
{
	struct controller_kube *kube = STEAL(controller->kube);

	if (!kube)
		return;
	kube_client_free(kube->client);
	event_loop_free(kube->loop);
	kube_config_free(kube->config);
	free(kube);
}

static struct http_check check_kind(const struct kube_source_state *state)
{
	const struct kube_reflector_state *reflector = &state->reflector;
	struct http_check check = {.name = reflector->name};
	uint64_t age_s = reflector->age_ms / 1000;

	check.passed = reflector->synced && !reflector->stale;
	if (!reflector->synced)
		snprintf(check.text, sizeof(check.text), "not listed yet, see the log");
	else
		snprintf(check.text, sizeof(check.text),
			 "%zu objects, last heard of %" PRIu64 " s ago%s", state->objects, age_s,
			 reflector->stale ? ": stale" : "");
	return check;
}

size_t controller_kube_checks(const struct controller *controller, struct http_check *checks,
			      size_t limit)
{
	size_t count = 0;

	while (controller->kube && count < OBJECT_KIND_COUNT && count < limit) {
		struct kube_source_state state = kube_source_get(controller->source, count);

		checks[count++] = check_kind(&state);
	}
	return count;
}

static void kind_read(const struct kube_source_state *state, struct kube_kind_reading *ret_reading)
{
	*ret_reading = (struct kube_kind_reading){
		.name = state->reflector.name,
		.objects = state->objects,
		.refused = state->refused,
		.lists = state->reflector.lists,
		.skipped = state->reflector.skipped,
		.age = (double)state->reflector.age_ms / 1000,
	};
	for (size_t i = 0; i < KUBE_READING_ENDS; i++)
		ret_reading->ends[i] = state->reflector.ends[i];
}

static void requests_read(const struct controller_kube *kube, struct kube_reading *reading)
{
	const struct kube_request_count *counts;
	size_t count = kube_client_counts(kube->client, &counts);

	for (size_t i = 0; i < count && i < KUBE_READING_REQUESTS; i++)
		reading->requests[reading->request_count++] = (struct kube_request_reading){
			counts[i].method, counts[i].status, counts[i].count};
}

void controller_kube_read(const struct controller *controller, struct kube_reading *ret_reading)
{
	_Static_assert(KUBE_READING_ENDS == KUBE_WATCH_END_COUNT, "all reasons are shown");
	_Static_assert(KUBE_READING_KINDS == OBJECT_KIND_COUNT, "all kinds are shown");

	*ret_reading = (struct kube_reading){0};
	if (!controller->kube)
		return;
	for (size_t i = 0; i < OBJECT_KIND_COUNT; i++) {
		struct kube_source_state state = kube_source_get(controller->source, i);

		kind_read(&state, &ret_reading->kinds[i]);
	}
	ret_reading->kind_count = OBJECT_KIND_COUNT;
	for (size_t i = 0; i < KUBE_READING_ENDS; i++)
		ret_reading->end_words[i] = kube_watch_end_word(i);
	requests_read(controller->kube, ret_reading);
}
