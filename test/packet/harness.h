/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a packet test includes. A test is a function with a connection that has sent nothing yet, on
 * a router that knows nothing but its routes; BOTH() runs it once for each address family, at tc.
 * ON_XDP() runs it with XDP in front of tc, as on an uplink: packets of clients meet XDP first.
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

struct harness_variant {
	bool ipv6;
	bool xdp;
};

extern struct harness_variant harness_variants[4];

/* Group fixture: the network and the loaded program. */
int harness_begin(void **state);
int harness_end(void **state);

/* Test fixture: *state points to the variant, and comes back as a struct connection. */
int harness_test_begin(void **state);

/* Another client of the same router: a port and numbers of its own. */
void harness_next_client(struct connection *c);

/* Loads the program anew with these settings, for the rest of this test. */
void harness_use_settings(struct connection *c, const struct datapath_settings *settings);

#define VARIANT(test, number, words)                                                   \
	{                                                                              \
#test words, test, harness_test_begin, NULL, &harness_variants[number] \
	}
#define IPV4_ONLY(test) VARIANT(test, 0, " (IPv4)")
#define IPV6_ONLY(test) VARIANT(test, 1, " (IPv6)")
#define BOTH(test) IPV4_ONLY(test), IPV6_ONLY(test)
#define ON_XDP_IPV4(test) VARIANT(test, 2, " (IPv4, XDP)")
#define ON_XDP_IPV6(test) VARIANT(test, 3, " (IPv6, XDP)")
#define ON_XDP(test) ON_XDP_IPV4(test), ON_XDP_IPV6(test)
#define ON_BOTH_HOOKS(test) BOTH(test), ON_XDP(test)

#define HARNESS_RUN(tests) cmocka_run_group_tests(tests, harness_begin, harness_end)

#endif
