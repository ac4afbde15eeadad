/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "controller_parts.h"
#include "kube/daemonset_watch.h"

static void watch_report(void *context, bool failing, const char *text)
{
	const struct controller *controller = context;

	log_print(failing ? LOG_WARNING : LOG_INFO, "DaemonSet %s: %s",
		  controller->options->daemonset, text);
}

static void nodes_changed(void *context)
{
	const struct controller *controller = context;

	controller_status_set_wanted(controller, daemonset_watch_nodes(controller->daemonset));
}

static void identified(void *context, const char *uid)
{
	controller_status_owner(context, uid);
}

/* The end of the agent, now that it is known what kind of an end it is. */
static void end_decided(void *context)
{
	struct controller *controller = context;

	controller->uninstall = daemonset_watch_is_deleted(controller->daemonset);
	if (controller->uninstall)
		log_info("SIGTERM: DaemonSet %s is deleted: ending, and routing with it",
			 controller->options->daemonset);
	else
		log_info("SIGTERM: ending, traffic goes on");
	controller_status_end(controller);
}

int controller_uninstall_start(struct controller *controller)
{
	int error;

	if (!controller->kube || !controller->options->daemonset)
		return 0;
	error = daemonset_watch_new(
		&(const struct daemonset_watch_options){
			.loop = controller_kube_loop(controller),
			.client = controller_kube_client(controller),
			.namespace = controller_namespace(controller->options),
			.name = controller->options->daemonset,
			.context = controller,
			.report = watch_report,
			.nodes_changed = nodes_changed,
			.identified = identified,
			.answered = end_decided,
		},
		&controller->daemonset);
	if (error)
		log_error("DaemonSet %s: %s", controller->options->daemonset, strerror(-error));
	return error;
}

void controller_uninstall_stop(struct controller *controller)
{
	daemonset_watch_free(STEAL(controller->daemonset));
}

bool controller_uninstall_ask(struct controller *controller)
{
	return controller->daemonset && !daemonset_watch_ask(controller->daemonset);
}
