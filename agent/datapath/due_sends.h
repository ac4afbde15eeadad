/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends for the programs what no packet lets them send: a timer in the kernel finds connections
 * that are owed something and puts them into a ring buffer, and pathroute_send is run for each.
 */
#ifndef PATHROUTE_DUE_SENDS_H
#define PATHROUTE_DUE_SENDS_H

#include "../../bpf/datapath_abi.h"

struct due_sends;

/* Runs the program for one connection. Returns 0 or a negative errno. */
int due_sends_one(int program_fd, const struct due_send *send);

/* `ring_fd`, the map "due_ring", stays the caller's. Returns 0 or a negative errno. */
int due_sends_open(int ring_fd, struct due_sends **ret_sends);

/* Accepts NULL. */
void due_sends_close(struct due_sends *sends);

/* Readable while there is something to send; owned by `sends`. */
int due_sends_fd(const struct due_sends *sends);

/* Runs the program for up to `limit` connections (1 or more). Returns for how many, or the negative
 * errno of the last one that failed; none is tried again. */
int due_sends_run(struct due_sends *sends, int program_fd, unsigned limit);

#endif
