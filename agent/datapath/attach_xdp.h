/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XDP links in the driver's own (native) mode, pinned as "xdp/<ifindex>". Generic mode is never
 * used: it costs more than tc does.
 */
#ifndef PATHROUTE_ATTACH_XDP_H
#define PATHROUTE_ATTACH_XDP_H

#include <stdint.h>

/* Values are those of struct device.xdp. */
enum xdp_state {
	XDP_STATE_OFF = 0,     /* not wanted */
	XDP_STATE_NATIVE,      /* attached */
	XDP_STATE_FOREIGN,     /* somebody else's program is on the device */
	XDP_STATE_UNSUPPORTED, /* the driver has no native mode */
	XDP_STATE_VLANS,       /* frames of VLANs come in by the device */
	XDP_STATE_FAILED,      /* the driver refused, or the kernel does not take the program */
};

/* Attaches, or replaces our program in place. Returns 0, -EBUSY when a program of somebody else is
 * there, -EOPNOTSUPP when the driver has no native mode, or what the driver said. */
int attach_xdp(const char *directory, uint32_t ifindex, int program_fd);

/* 0 also when there was none. */
int attach_xdp_remove(const char *directory, uint32_t ifindex);

/* Updates our links that are already there, on devices of any network namespace, and detaches those
 * that cannot be: all of them without a program (-1). */
int attach_xdp_update_links(const char *directory, int program_fd);

/* Detaches all our pinned links. */
int attach_xdp_remove_links(const char *directory);

/* Asks the kernel which program our link runs. -ENOENT: no link, or its device is gone. */
int attach_xdp_query(const char *directory, uint32_t ifindex, uint32_t *ret_program_id);

#endif
