/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finished requests as the programs hand them over, in one of two ring buffers. A ring has one
 * reader: what one has taken, no other sees.
 */
#ifndef PATHROUTE_REQUEST_LOG_H
#define PATHROUTE_REQUEST_LOG_H

#include "../../bpf/datapath_abi.h"

#define REQUEST_LOG_AGENT "log_ring"
#define REQUEST_LOG_TAIL "tail_ring"

struct request_log;

/* `entry` is valid during the call only. */
typedef void (*request_log_take)(void *context, const struct log_entry *entry);

/* Opens a ring by its pin. Returns 0 or a negative errno. */
int request_log_open(const char *directory, const char *ring, request_log_take take, void *context,
		     struct request_log **ret_log);

/* Accepts NULL. */
void request_log_close(struct request_log *log);

/* Readable while there are entries; owned by the log. */
int request_log_fd(const struct request_log *log);

/* Takes up to `limit` entries (1 or more). Returns how many, or a negative errno. */
int request_log_consume(struct request_log *log, unsigned limit);

#endif
