/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "base/version.h"
#include "controller_parts.h"
#include "observe/metrics.h"
#include "observe/status_page.h"

static struct http_check check_programs(const struct controller *controller)
{
	struct http_check check = {.name = "programs"};
	struct datapath_status status = {0};

	if (!controller->datapath) {
		snprintf(check.text, sizeof(check.text), "not loaded yet");
		return check;
	}
	datapath_get_status(controller->datapath, &status);
	check.passed = status.attaching && status.attached == status.devices;
	snprintf(check.text, sizeof(check.text), "attached to %zu of %zu devices", status.attached,
		 status.devices);
	return check;
}

static struct http_check check_sync(const struct controller *controller)
{
	struct http_check check = {.name = "sync"};

	check.passed = controller->synced && controller->applied;
	if (!controller->synced)
		snprintf(check.text, sizeof(check.text), "the source has not delivered all yet");
	else if (!controller->applied)
		snprintf(check.text, sizeof(check.text),
			 "the last change could not be applied, see the log");
	return check;
}

static size_t checks_list(void *context, struct http_check *checks, size_t limit)
{
	const struct controller *controller = context;

	if (limit < 2)
		return 0;
	checks[0] = check_programs(controller);
	checks[1] = check_sync(controller);
	return 2 + controller_kube_checks(controller, checks + 2, limit - 2);
}

static size_t routes_accepted(const struct route_report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->route_count; i++)
		count += report->routes[i].accepted.holds;
	return count;
}

static double sync_age(const struct controller *controller)
{
	if (controller->applied)
		return 0;
	if (!controller->applied_ms)
		return -1;
	return (double)(controller_clock_ms() - controller->applied_ms) / 1000;
}

static struct agent_reading agent_read(struct controller *controller)
{
	struct agent_reading reading = {
		.version = PATHROUTE_VERSION,
		.sync_age = sync_age(controller),
		.manifests_refused = source_refused(controller->source),
		.routes = routes_accepted(&controller->live.report),
		.map_errors = controller->map_errors,
		.map_audits = controller->map_audits,
		.map_drift = controller->map_drift,
		.event_to_maps = controller->event_to_maps,
	};
	struct datapath_status datapath = {0};

	if (controller->datapath)
		datapath_get_status(controller->datapath, &datapath);
	reading.repairs = datapath.repairs;
	controller_kube_read(controller, &reading.kube);
	controller_status_read(controller, &reading.status);
	return reading;
}

static int readings_read(struct controller *controller, struct readings *ret_readings)
{
	int error = 0;

	if (!controller->datapath)
		return -EAGAIN;
	if (!controller->maps_open)
		error = readings_open(datapath_directory(controller->datapath), &controller->maps);
	if (error)
		return error;
	controller->maps_open = true;
	return readings_take(&controller->maps, ret_readings);
}

static int metrics_serve(void *context, FILE *out)
{
	struct controller *controller = context;
	struct agent_reading agent = agent_read(controller);
	struct readings readings = {0};
	int error = readings_read(controller, &readings);

	if (error)
		return error;
	error = metrics_write(out, &readings, &agent);
	readings_done(&readings);
	return error;
}

static int page_serve(void *context, FILE *out)
{
	struct controller *controller = context;
	struct agent_reading agent = agent_read(controller);
	struct http_check checks[HTTP_SERVER_CHECKS];
	struct readings readings = {0};
	struct status_page page = {
		.readings = &readings,
		.agent = &agent,
		.checks = checks,
		.check_count = checks_list(context, checks, HTTP_SERVER_CHECKS),
	};
	int error = readings_read(controller, &readings);

	if (error)
		return error;
	error = status_page_write(out, &page);
	readings_done(&readings);
	return error;
}

static void http_ready(void *context, uint32_t events)
{
	struct controller *controller = context;

	(void)events;
	http_server_dispatch(controller->http);
}

int controller_http_start(struct controller *controller)
{
	const char *address = controller->options->http_listen;
	struct http_content content = {
		.context = controller,
		.list_checks = checks_list,
		.write_metrics = metrics_serve,
		.write_page = page_serve,
	};
	int error = 0;

	if (!address)
		return 0;
	error = http_server_start(address, &content, &controller->http);
	if (!error)
		error = event_loop_add(controller->loop, http_server_fd(controller->http), EPOLLIN,
				       http_ready, controller);
	if (error)
		log_error("--http-listen %s: %s", address,
			  error == -EINVAL
				  ? "must be ADDRESS:PORT, [ADDRESS]:PORT for IPv6, or none"
				  : strerror(-error));
	return error;
}

void controller_http_stop(struct controller *controller)
{
	if (controller->http)
		event_loop_remove(controller->loop, http_server_fd(controller->http));
	http_server_stop(controller->http);
	controller->http = NULL;
	if (controller->maps_open)
		readings_close(&controller->maps);
}
