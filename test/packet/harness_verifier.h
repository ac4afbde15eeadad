/* SPDX-License-Identifier: Apache-2.0 */
/* How many instructions the verifier walks for each program of the router. */
#ifndef PATHROUTE_TEST_HARNESS_VERIFIER_H
#define PATHROUTE_TEST_HARNESS_VERIFIER_H

#include "harness_testbed.h"

#define VERIFIER_PROGRAMS_MAX 16

struct verifier_reading {
	char program[64];
	unsigned long steps;
};

/* Loads the router once more with the verifier's statistics on. The number of programs, or a
 * negative errno. */
int verifier_read(const struct datapath_settings *settings, struct verifier_reading *ret_readings,
		  unsigned max);

#endif
