/* SPDX-License-Identifier: Apache-2.0 */
#include "device_network.h"

#include <string.h>
#include <syslog.h>

void device_network_refresh(struct device_network *network, struct devices *devices,
			    const struct report_sink *sink,
			    void (*changed)(const void *context, const struct device_entry *entry),
			    const void *context)
{
	struct node_network found;
	int error = node_network_read(&found);

	network->due = false;
	if (error) {
		report_print(sink, LOG_ERR, "addresses and default routes: %s", strerror(-error));
		return;
	}
	node_network_done(&network->known);
	network->known = found;
	for (size_t i = 0; i < devices->count; i++) {
		struct device_entry *entry = &devices->entries[i];

		if (devices_set_network(devices, entry, &found))
			changed(context, entry);
	}
}
