/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "../../agent/datapath/id_pool.h"

#define LIMIT 5 /* numbers 1 to 4 */

static uint32_t take(struct id_pool *pool, uint64_t now_ms)
{
	uint32_t id = 0;

	assert_int_equal(id_pool_take(pool, now_ms, NULL, NULL, &id), 0);
	return id;
}

static int setup(void **state)
{
	static struct id_pool pool;

	*state = &pool;
	return id_pool_init(&pool, LIMIT);
}

static int teardown(void **state)
{
	id_pool_done(*state);
	return 0;
}

static void numbers_start_at_one(void **state)
{
	assert_int_equal(take(*state, 0), 1);
	assert_int_equal(take(*state, 0), 2);
}

static void a_full_pool_says_so(void **state)
{
	uint32_t id = 77;

	for (int i = 1; i < LIMIT; i++)
		take(*state, 0);
	assert_int_equal(id_pool_take(*state, 0, NULL, NULL, &id), -ENOSPC);
	assert_int_equal(id, 77);
}

static void a_given_up_number_rests_for_a_second(void **state)
{
	uint32_t id;

	for (int i = 1; i < LIMIT; i++)
		take(*state, 0);
	id_pool_retire(*state, 5000, 3);
	assert_int_equal(id_pool_take(*state, 5999, NULL, NULL, &id), -EAGAIN);
	assert_int_equal(take(*state, 6000), 3);
}

static void numbers_never_used_come_before_rested_ones(void **state)
{
	id_pool_retire(*state, 0, take(*state, 0));
	assert_int_equal(take(*state, 9000), 2);
}

static void the_longest_rested_number_comes_first(void **state)
{
	for (int i = 1; i < LIMIT; i++)
		take(*state, 0);
	id_pool_retire(*state, 10, 4);
	id_pool_retire(*state, 20, 1);
	assert_int_equal(take(*state, 5000), 4);
	assert_int_equal(take(*state, 5000), 1);
}

static bool is_two(void *context, uint32_t id)
{
	(void)context;
	return id == 2;
}

static void a_busy_number_rests_on(void **state)
{
	uint32_t id = 0;

	for (int i = 1; i < LIMIT; i++)
		take(*state, 0);
	id_pool_retire(*state, 0, 2);
	assert_int_equal(id_pool_take(*state, 5000, is_two, NULL, &id), -EAGAIN);
	id_pool_retire(*state, 0, 3);
	assert_int_equal(id_pool_take(*state, 9000, is_two, NULL, &id), 0);
	assert_int_equal(id, 3);
}

static void a_claimed_number_is_not_given_out(void **state)
{
	assert_true(id_pool_claim(*state, 1));
	assert_false(id_pool_claim(*state, 1));
	assert_false(id_pool_claim(*state, 0));
	assert_false(id_pool_claim(*state, LIMIT));
	assert_int_equal(take(*state, 0), 2);
}

static void a_returned_number_is_fresh_again(void **state)
{
	take(*state, 0);
	take(*state, 0);
	id_pool_return(*state, 1);
	assert_int_equal(take(*state, 0), 1);
	assert_int_equal(take(*state, 0), 3);
}

static void endless_churn_needs_no_more_numbers(void **state)
{
	for (uint64_t second = 0; second < 10000; second++)
		id_pool_retire(*state, second * 1000, take(*state, second * 1000));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_start_at_one),
		TEST(a_full_pool_says_so),
		TEST(a_given_up_number_rests_for_a_second),
		TEST(numbers_never_used_come_before_rested_ones),
		TEST(the_longest_rested_number_comes_first),
		TEST(a_busy_number_rests_on),
		TEST(a_claimed_number_is_not_given_out),
		TEST(a_returned_number_is_fresh_again),
		TEST(endless_churn_needs_no_more_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
