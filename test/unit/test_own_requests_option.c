/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../agent/options.h"

static char manifests[] = "/etc/pathroute";

static void by_default_they_are_routed_with_an_api_server(void **state)
{
	(void)state;
	assert_true(options_own_requests(&(struct options){0}));
	assert_false(options_own_requests(&(struct options){.manifests = manifests}));
}

static void what_is_said_holds_with_each_source(void **state)
{
	(void)state;
	assert_true(options_own_requests(
		&(struct options){.manifests = manifests, .own_requests = OPTIONS_OWN_ON}));
	assert_false(options_own_requests(&(struct options){.own_requests = OPTIONS_OWN_OFF}));
}

static void chain_delivery_has_none(void **state)
{
	(void)state;
	assert_false(options_own_requests(&(struct options){.delivery = DELIVERY_CHAIN}));
	assert_false(options_own_requests(
		&(struct options){.delivery = DELIVERY_CHAIN, .own_requests = OPTIONS_OWN_ON}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_default_they_are_routed_with_an_api_server),
		cmocka_unit_test(what_is_said_holds_with_each_source),
		cmocka_unit_test(chain_delivery_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
