/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "../base/cleanup.h"
#include "attach.h"
#include "attach_clsact.h"
#include "attach_xdp.h"
#include "datapath.h"
#include "link_monitor.h"
#include "own_requests.h"
#include "pins.h"

static void link_clear(void *context, const struct link_state *link)
{
	int error = attach_clsact_remove(link->ifindex, ATTACH_INGRESS);

	error = attach_clsact_remove(link->ifindex, ATTACH_EGRESS) ?: error;
	if (error)
		report_print(context, LOG_WARNING, "device %s: cannot remove the clsact filter: %s",
			     link->name, strerror(-error));
}

static void link_ignore(void *context, uint32_t ifindex)
{
	(void)context, (void)ifindex;
}

static void addresses_changed(void *context)
{
	(void)context;
}

static int filters_remove(const struct report_sink *sink)
{
	struct link_sink links = {(void *)sink,      link_clear,        link_ignore,
				  addresses_changed, addresses_changed, link_ignore};
	struct link_monitor *monitor;
	int error = link_monitor_new(&links, &monitor);

	if (error)
		return error;
	error = link_monitor_dump(monitor);
	link_monitor_free(monitor);
	return error;
}

static int version_detach(void *context, const char *directory)
{
	(void)context;
	return attach_xdp_remove_links(directory) ?: attach_remove_links(directory);
}

/* First of all: from now on nothing is sent to programs that will not be there. */
static int table_remove(const struct report_sink *sink)
{
	int error = own_requests_remove();

	if (error)
		report_print(sink, LOG_WARNING, "cannot remove the table of nf_tables: %s",
			     strerror(-error));
	return error;
}

static int everything_remove(const char *bpffs, const struct report_sink *sink)
{
	int table_error = table_remove(sink);
	int error = filters_remove(sink);

	if (!error)
		error = pins_walk_versions(bpffs, version_detach, NULL);
	if (!error)
		error = pins_remove(bpffs);
	return error ?: table_error;
}

int datapath_uninstall(const char *bpffs, const struct report_sink *sink)
{
	_cleanup_close_ int lock_fd = -1;
	int error = pins_is_bpffs(bpffs) ? pins_lock(bpffs, &lock_fd) : 0;

	if (error == -EBUSY) {
		report_print(sink, LOG_ERR, "an agent is running on %s: stop it first", bpffs);
		return error;
	}
	if (!error)
		error = everything_remove(bpffs, sink);
	if (error)
		report_print(sink, LOG_ERR, "uninstall from %s: %s", bpffs, strerror(-error));
	return error;
}
