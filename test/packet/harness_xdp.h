/* SPDX-License-Identifier: Apache-2.0 */
/* The XDP program in front of a testbed's tc program, over the same maps. */
#ifndef PATHROUTE_TEST_HARNESS_XDP_H
#define PATHROUTE_TEST_HARNESS_XDP_H

#include "harness_testbed.h"

/* Loads it for the testbed's skeleton and settings, in place of an earlier one. 0 or negative
 * errno. */
int xdp_load(struct testbed *testbed);
void xdp_unload(struct testbed *testbed);

/* The opened skeleton with these settings, not loaded yet; NULL: out of memory. */
struct pathroute_xdp *xdp_open(const struct testbed *testbed);

/* Runs it on a packet of the client. Sets at_xdp, and action and what is in `after` if so. 0 or
 * negative errno; -EBADMSG: passed on, but changed. */
int xdp_run(struct testbed *testbed, const struct packet *packet);

#endif
