/* SPDX-License-Identifier: Apache-2.0 */
/* Which devices would get XDP, and which not and why. Only asks, and changes nothing. */
#ifndef PATHROUTE_XDP_SURVEY_H
#define PATHROUTE_XDP_SURVEY_H

#include "device_xdp.h"
#include "devices.h"

enum xdp_outlook {
	XDP_OUTLOOK_NATIVE = 0,  /* the driver takes programs, or has ours already */
	XDP_OUTLOOK_UNKNOWN,     /* the kernel does not tell before it is tried */
	XDP_OUTLOOK_FOREIGN,     /* somebody else's program is there */
	XDP_OUTLOOK_VLANS,       /* VLANs are above */
	XDP_OUTLOOK_UNSUPPORTED, /* the driver has no native mode */
	XDP_OUTLOOKS,
};

struct xdp_survey {
	struct devices wanted;        /* its patterns only */
	const struct device_xdp *xdp; /* its patterns, and the directory of the pins */
	void *context;
	/* Called for each device that is wanted and to have XDP. `named`: not by its kind. */
	void (*found)(void *context, const char *name, bool named, enum xdp_outlook outlook);
};

/* For the network namespace of the caller. Returns 0 or a negative errno. */
int xdp_survey_run(const struct xdp_survey *survey);

#endif
