/* SPDX-License-Identifier: Apache-2.0 */
/* The programs on one device: attached, looked after, told of. */
#ifndef PATHROUTE_DEVICE_HOOKS_H
#define PATHROUTE_DEVICE_HOOKS_H

#include <stdint.h>

#include "attach.h"
#include "device_xdp.h"
#include "devices.h"
#include "program.h"
#include "report.h"

struct device_hooks {
	const char *directory; /* of the pins */
	enum attach_wish wish;
	const struct report_sink *sink;
	struct device_xdp xdp;
	int fds[ATTACH_HOOKS]; /* of the programs; negative: not loaded yet */
	uint32_t ids[ATTACH_HOOKS];
	int map_fd;       /* "devices"; negative: not there yet */
	uint64_t repairs; /* how often a program was put back */
};

void device_hooks_load(struct device_hooks *hooks, const struct program *program);

/* What is known of the device into the map, if it is there. */
void device_hooks_write(const struct device_hooks *hooks, const struct device_entry *entry);

/* Failures are reported and kept in the entry: the next look tries again. */
void device_hooks_attach(struct device_hooks *hooks, struct device_entry *entry);

/* Puts back what somebody took off, and counts the programs of others. */
void device_hooks_look(struct device_hooks *hooks, struct device_entry *entry);

/* Takes all of ours off a device, and its entry out of the map. */
void device_hooks_remove(const struct device_hooks *hooks, uint32_t ifindex);

#endif
