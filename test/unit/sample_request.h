/* SPDX-License-Identifier: Apache-2.0 */
/* A request of 192.0.2.1 for shop.example.com/api/x that pod 10.0.1.2 has answered by 200. */
#ifndef PATHROUTE_TEST_SAMPLE_REQUEST_H
#define PATHROUTE_TEST_SAMPLE_REQUEST_H

#include "agent/observe/access_log.h"

#define SAMPLE_REQUEST_STARTED_US 1795514401000042ULL /* 2026-11-24T10:00:01.000042Z */

/* The request points to the entry. */
void sample_request(struct log_entry *ret_entry, struct access_log_request *ret_request);

#endif
