/* SPDX-License-Identifier: Apache-2.0 */
/* The agent at work: brings what the source delivers into the data path. Knows all modules. */
#ifndef PATHROUTE_CONTROLLER_H
#define PATHROUTE_CONTROLLER_H

#include "options.h"

/* Runs until SIGTERM or SIGINT, then leaves the data path to itself, or takes it off the node when
 * the agent's DaemonSet is deleted. Returns 0, -EBUSY when another
 * agent works on the same bpffs, or another negative errno; all was logged. */
int controller_run(const struct options *options);

#endif
