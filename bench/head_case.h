/* SPDX-License-Identifier: Apache-2.0 */
/* A browser's request of 400 bytes, parsed and matched by bench/head.bpf.c. */
#ifndef PATHROUTE_BENCH_HEAD_CASE_H
#define PATHROUTE_BENCH_HEAD_CASE_H

#include "../test/packet/harness_testbed.h"
#include "measure.h"

#define HEAD_CASE_LENGTH 400

/* Writes it with its NUL. HEAD_CASE_LENGTH, or negative errno. */
int head_case_text(bool ipv6, char *ret_text);

/* Uses the testbed's maps, in which the routes are. IPv6: Host is an address in brackets. 0 or
 * negative errno; -EINVAL when the head does not lead to the rule of "/api". */
int head_case_measure(struct measure *measure, const struct testbed *testbed, bool ipv6,
		      struct measure_result *ret_result);

#endif
