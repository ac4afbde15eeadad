/* SPDX-License-Identifier: Apache-2.0 */
/* Finished requests, put into the ring buffers as the data path would. */
#ifndef PATHROUTE_TEST_REQUEST_WRITER_H
#define PATHROUTE_TEST_REQUEST_WRITER_H

#include "../../bpf/datapath_abi.h"

/* A GET of shop.example.com/api/x from 192.0.2.1 by rule 1 and endpoint 1, answered 200. */
struct log_entry request_writer_entry(void);

/* Puts an entry into the ring of that descriptor so many times. Returns how many it took, or a
 * negative errno. */
int request_writer_put(int ring_fd, const struct log_entry *entry, int count);

#endif
