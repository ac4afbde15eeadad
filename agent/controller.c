/* SPDX-License-Identifier: Apache-2.0 */
#include "controller.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/version.h"
#include "controller_parts.h"

static void report_log(void *context, int level, const char *text)
{
	(void)context;
	log_print(level, "%s", text);
}

static void addresses_changed(void *context)
{
	struct controller *controller = context;

	if (!controller->options->node_address_count)
		controller->due = true;
}

static void hooks_changed(void *context)
{
	controller_look_soon(context);
}

static void datapath_ready(void *context, uint32_t events)
{
	struct controller *controller = context;
	int error;

	(void)events;
	error = datapath_dispatch(controller->datapath);
	if (error)
		log_error("following the devices: %s", strerror(-error));
	controller_apply(controller);
}

static void sends_due(void *context, uint32_t events)
{
	struct controller *controller = context;
	int error;

	(void)events;
	error = datapath_send_due(controller->datapath);
	if (error && error != controller->send_error)
		log_error("cannot send to silent clients and pods: %s", strerror(-error));
	controller->send_error = error;
}

static void keys_expired(void *context)
{
	struct controller *controller = context;
	int error = datapath_rotate_keys(controller->datapath);

	if (error)
		log_error("cannot replace a cookie key: %s", strerror(-error));
	event_timer_arm(controller->key_timer, datapath_key_wait_ms(), 0);
}

static void retry_expired(void *context)
{
	struct controller *controller = context;

	controller->due = true;
	controller_apply(controller);
}

static void reload(struct controller *controller)
{
	log_info("reading all objects again");
	controller_source_again(controller);
}

static void signal_taken(void *context, int signal)
{
	struct controller *controller = context;

	switch (signal) {
	case SIGHUP:
		reload(controller);
		return;
	case SIGUSR1:
		controller_log_reopen(controller);
		return;
	case SIGUSR2:
		controller_audit(controller);
		controller_look(controller);
		return;
	case SIGTERM:
		if (controller_uninstall_ask(controller))
			return;
		log_info("SIGTERM: ending, traffic goes on");
		break;
	default:
		log_info("SIGINT: ending, traffic goes on");
	}
	controller_status_end(controller);
}

static int loop_start(struct controller *controller)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, 0};
	int error = event_loop_new(&controller->loop);

	/* Readers of the access log and API servers may go away: an error of write() is enough. */
	signal(SIGPIPE, SIG_IGN);

	if (!error)
		error = event_loop_take_signals(controller->loop, signals, signal_taken,
						controller);
	if (!error)
		error = event_timer_new(controller->loop, keys_expired, controller,
					&controller->key_timer);
	if (!error)
		error = event_timer_new(controller->loop, retry_expired, controller,
					&controller->retry_timer);
	if (error)
		log_error("event loop: %s", strerror(-error));
	return error;
}

static int datapath_start(struct controller *controller)
{
	const struct options *options = controller->options;
	struct datapath_options wanted = {
		.bpffs = options->bpffs,
		.device_patterns = options->devices.items,
		.device_pattern_count = options->devices.count,
		.xdp_patterns = options->xdp.items,
		.xdp_pattern_count = options->xdp.count,
		.uplink_patterns = options->uplinks.items,
		.uplink_pattern_count = options->uplinks.count,
		.nat_port_first = options->nat_ports.first,
		.nat_port_count = options->nat_ports.count,
		.attach = options->attach,
		.delivery = options->delivery,
		.flows = options->max_flows,
		.rules = options->max_rules,
		.endpoints = options->max_endpoints,
		.holds_large = options->holds_large,
		.source_cap = options->source_cap,
		.head_timeout_s = options->head_timeout_s,
		.idle_timeout_s = options->idle_timeout_s,
		.mss = options->mss,
	};
	struct datapath_events events = {controller, report_log, addresses_changed, hooks_changed};
	int error = datapath_open(&wanted, &events, &controller->datapath);

	if (error)
		return error;
	log_info("data path %s in %s",
		 datapath_adopted(controller->datapath) ? "adopted" : "loaded",
		 datapath_directory(controller->datapath));
	event_timer_arm(controller->key_timer, datapath_key_wait_ms(), 0);
	error = event_loop_add(controller->loop, datapath_fd(controller->datapath), EPOLLIN,
			       datapath_ready, controller);
	if (!error)
		error = event_loop_add(controller->loop, datapath_due_fd(controller->datapath),
				       EPOLLIN, sends_due, controller);
	if (error)
		log_error("event loop: %s", strerror(-error));
	return error;
}

/* The kernel is touched last: a mistake of the user is found before. But of another agent is told
 * first, since it has our port, too. */
static int controller_start(struct controller *controller)
{
	const struct report_sink sink = {report_log, NULL};
	int error = datapath_is_free(controller->options->bpffs, &sink);

	if (!error)
		error = controller_place_find(controller);
	if (!error)
		error = loop_start(controller);
	if (!error && !controller->options->manifests)
		error = controller_kube_open(controller);
	if (!error)
		error = controller_status_start(controller);
	if (!error)
		error = controller_uninstall_start(controller);
	if (!error)
		error = controller_source_start(controller);
	if (!error)
		error = controller_http_start(controller);
	if (!error)
		error = controller_log_open(controller);
	if (!error)
		error = datapath_start(controller);
	if (!error)
		error = controller_log_start(controller);
	if (!error)
		error = controller_audit_start(controller);
	if (!error)
		error = controller_look_start(controller);
	if (!error)
		controller_apply(controller);
	return error;
}

static void controller_done(struct controller *controller)
{
	if (controller->loop) {
		controller_source_stop(controller);
		controller_status_stop(controller);
		controller_uninstall_stop(controller);
		controller_kube_close(controller);
		controller_http_stop(controller);
		controller_log_stop(controller);
		event_timer_free(controller->key_timer);
		event_timer_free(controller->retry_timer);
		event_timer_free(controller->audit_timer);
		event_timer_free(controller->look_timer);
	}
	datapath_close(controller->datapath);
	event_loop_free(controller->loop);
	route_store_free(controller->store);
	live_table_done(&controller->live);
	free(controller->node);
}

/* Everything is closed when it returns. */
static int controller_work(const struct options *options, bool *ret_uninstall)
{
	_cleanup_(controller_done) struct controller controller = {
		.options = options,
		.source_fd = -1,
	};
	int error;

	log_info("pathroute-agent " PATHROUTE_VERSION " starts");
	error = controller_start(&controller);
	if (error)
		return error;
	error = event_loop_run(controller.loop);
	if (error)
		log_error("event loop: %s", strerror(-error));
	else
		*ret_uninstall = controller.uninstall;
	return error;
}

int controller_run(const struct options *options)
{
	struct report_sink sink = {report_log, NULL};
	bool uninstall = false;
	int error = controller_work(options, &uninstall);

	if (error || !uninstall)
		return error;
	error = datapath_uninstall(options->bpffs, &sink);
	if (!error)
		log_info("nothing of the router is left in %s", options->bpffs);
	return error;
}
