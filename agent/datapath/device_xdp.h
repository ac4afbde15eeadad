/* SPDX-License-Identifier: Apache-2.0 */
/* On which devices XDP is in front of tc, and what became of it on each. */
#ifndef PATHROUTE_DEVICE_XDP_H
#define PATHROUTE_DEVICE_XDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attach_xdp.h"
#include "devices.h"
#include "report.h"

#define DEVICE_XDP_AUTO "auto" /* every device that is physical */
#define DEVICE_XDP_OFF "off"
#define DEVICE_XDP_VLANS_MAX 64

struct device_xdp {
	const char *directory; /* of the pins */
	char *const *patterns; /* DEVICE_XDP_*, or shell patterns of names */
	size_t pattern_count;  /* 0: as DEVICE_XDP_AUTO */
	int program_fd;        /* -1: there is none */
	uint32_t program_id;
	const struct report_sink *sink;
	uint32_t with_vlans[DEVICE_XDP_VLANS_MAX]; /* devices on which VLANs were seen */
	size_t with_vlans_count;
};

/* True if any device may get it: then the program has to be loaded. */
bool device_xdp_is_on(char *const *patterns, size_t pattern_count);

/* A pure look at the patterns. */
bool device_xdp_wants(const struct device_xdp *xdp, const struct device_entry *entry);

/* True if a pattern of its own wants it, whatever its kind. */
bool device_xdp_names(const struct device_xdp *xdp, const struct device_entry *entry);

/* True if VLANs of the device were noted. */
bool device_xdp_has_vlans(const struct device_xdp *xdp, uint32_t ifindex);

/* Takes note of a VLAN: a driver may hide its tag from XDP, so there is none below it from then
 * on. Returns the device below, or 0 when there is nothing new. */
uint32_t device_xdp_note_link(struct device_xdp *xdp, const struct link_state *link);

/* Attaches, replaces in place, or detaches, as the device needs it; sets device.xdp and reports
 * when that changed. Failures are no errors: tc does all the work then. */
void device_xdp_attach(const struct device_xdp *xdp, struct device_entry *entry);

/* Attaches again what somebody has taken off, which is reported, and takes a place that somebody
 * has left. `running_id` is that of the device's program now; 0: it has none. Returns true if ours
 * is back. */
bool device_xdp_look(const struct device_xdp *xdp, struct device_entry *entry, uint32_t running_id);

#endif
