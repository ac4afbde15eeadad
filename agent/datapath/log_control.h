/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs are to log of requests, in the pinned map. Each function opens the pin anew
 * and returns 0 or a negative errno.
 *
 * Agent and pathroutectl change a field each and write both: a change of the other one in the same
 * microseconds may be lost. The worst of that is a ring buffer that nobody empties, which the
 * programs must bear anyway when a reader was killed.
 */
#ifndef PATHROUTE_LOG_CONTROL_H
#define PATHROUTE_LOG_CONTROL_H

#include <stdint.h>

/* One request of `every` goes to the access log; 0: none. */
int log_control_set_every(const char *directory, uint32_t every);

/* All requests go to pathroutectl as well for so long from now; 0: none from now on. */
int log_control_set_tail(const char *directory, uint32_t milliseconds);

/* Counts entries that the agent has taken and could not write (LOG_COUNT_UNWRITTEN). */
int log_control_count_unwritten(const char *directory, uint64_t entries);

#endif
