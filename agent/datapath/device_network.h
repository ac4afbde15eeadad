/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what source NAT has to know of each device current. */
#ifndef PATHROUTE_DEVICE_NETWORK_H
#define PATHROUTE_DEVICE_NETWORK_H

#include <stdbool.h>

#include "devices.h"
#include "report.h"

struct device_network {
	struct node_network known; /* when the kernel was last asked */
	bool due;                  /* addresses or default routes are others now */
};

/* Asks the kernel, and calls changed() for each device for which there is news. What was known
 * stays when the kernel cannot be asked, which is reported. */
void device_network_refresh(struct device_network *network, struct devices *devices,
			    const struct report_sink *sink,
			    void (*changed)(const void *context, const struct device_entry *entry),
			    const void *context);

#endif
