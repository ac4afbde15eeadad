/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/kube/kube_backoff.h"

#define MANY 100000

/* The longest and the shortest wait after so many failures. */
static void spread(unsigned failures, uint64_t *least, uint64_t *most)
{
	*least = UINT64_MAX;
	*most = 0;
	for (uint64_t i = 0; i < MANY; i++) {
		struct kube_backoff backoff = {failures};
		uint64_t wait_ms = kube_backoff_next(&backoff, 0, i);

		*least = wait_ms < *least ? wait_ms : *least;
		*most = wait_ms > *most ? wait_ms : *most;
	}
}

static void the_limit_doubles_from_one_second_to_sixty(void **state)
{
	static const uint64_t limits[] = {1000,  2000,  4000,  8000,  16000,
					  32000, 60000, 60000, 60000, 60000};
	uint64_t least, most;

	(void)state;
	for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		spread(i, &least, &most);
		assert_int_equal(least, KUBE_BACKOFF_LEAST_MS);
		assert_int_equal(most, limits[i]);
	}
}

static void failures_add_up_until_a_success(void **state)
{
	struct kube_backoff backoff = {0};

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		kube_backoff_next(&backoff, 0, 0);
	assert_int_equal(kube_backoff_next(&backoff, 0, 31950), 32000);
	kube_backoff_reset(&backoff);
	assert_int_equal(kube_backoff_next(&backoff, 0, 950), 1000);
}

static void a_wish_of_the_server_is_kept(void **state)
{
	struct kube_backoff backoff = {0};

	(void)state;
	assert_int_equal(kube_backoff_next(&backoff, 90, 1234), 90234);
	assert_int_equal(kube_backoff_next(&backoff, 1, 0), 1000);
}

static void many_failures_do_no_harm(void **state)
{
	struct kube_backoff backoff = {UINT32_MAX};

	(void)state;
	assert_int_equal(kube_backoff_next(&backoff, 0, 0), KUBE_BACKOFF_LEAST_MS);
	assert_int_equal(backoff.failures, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_limit_doubles_from_one_second_to_sixty),
		cmocka_unit_test(failures_add_up_until_a_success),
		cmocka_unit_test(a_wish_of_the_server_is_kept),
		cmocka_unit_test(many_failures_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
