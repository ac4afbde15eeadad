/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a packet test includes. A test is a function with a connection that has sent nothing yet, on
 * a router that knows nothing but its routes; BOTH() runs it once for each address family.
 */
#ifndef PATHROUTE_TEST_HARNESS_H
#define PATHROUTE_TEST_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness_expect.h"
#include "harness_script.h"

extern bool harness_families[2];

/* Group fixture: the network and the loaded program. */
int harness_begin(void **state);
int harness_end(void **state);

/* Test fixture: *state points to a bool, IPv6 or not, and comes back as a struct connection. */
int harness_test_begin(void **state);

/* Another client of the same router: a port and numbers of its own. */
void harness_next_client(struct connection *c);

/* Loads the program anew with these settings, for the rest of this test. */
void harness_use_settings(struct connection *c, const struct datapath_settings *settings);

#define IPV4_ONLY(test)                                                               \
	{                                                                             \
#test " (IPv4)", test, harness_test_begin, NULL, &harness_families[0] \
	}
#define IPV6_ONLY(test)                                                               \
	{                                                                             \
#test " (IPv6)", test, harness_test_begin, NULL, &harness_families[1] \
	}
#define BOTH(test) IPV4_ONLY(test), IPV6_ONLY(test)

#define HARNESS_RUN(tests) cmocka_run_group_tests(tests, harness_begin, harness_end)

#endif
