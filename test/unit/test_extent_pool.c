/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../agent/datapath/extent_pool.h"

#define LIMIT 100

static uint32_t take(struct extent_pool *pool, uint64_t now_ms, uint32_t count)
{
	uint32_t first = UINT32_MAX;

	assert_int_equal(extent_pool_take(pool, now_ms, count, &first), 0);
	return first;
}

static int setup(void **state)
{
	static struct extent_pool pool;

	*state = &pool;
	return extent_pool_init(&pool, LIMIT);
}

static int teardown(void **state)
{
	extent_pool_done(*state);
	return 0;
}

static void runs_follow_one_another(void **state)
{
	assert_int_equal(take(*state, 0, 10), 0);
	assert_int_equal(take(*state, 0, 90), 10);
}

static void nothing_takes_no_room(void **state)
{
	take(*state, 0, LIMIT);
	take(*state, 0, 0);
}

static void a_full_pool_says_so(void **state)
{
	uint32_t first;

	take(*state, 0, 60);
	assert_int_equal(extent_pool_take(*state, 0, 41, &first), -ENOSPC);
}

static void a_given_up_run_rests_for_a_second(void **state)
{
	uint32_t first;

	take(*state, 0, LIMIT);
	extent_pool_retire(*state, 1000, 20, 30);
	assert_int_equal(extent_pool_take(*state, 1999, 30, &first), -EAGAIN);
	assert_int_equal(take(*state, 2000, 30), 20);
}

static void neighbours_grow_together(void **state)
{
	take(*state, 0, LIMIT);
	extent_pool_return(*state, 10, 10);
	extent_pool_return(*state, 30, 10);
	extent_pool_return(*state, 20, 10);
	assert_int_equal(take(*state, 0, 30), 10);
}

static void a_claimed_run_is_left_out(void **state)
{
	assert_int_equal(extent_pool_claim(*state, 20, 10), 0);
	assert_int_equal(take(*state, 0, 25), 30);
	assert_int_equal(take(*state, 0, 20), 0);
}

static void runs_that_overlap_cannot_both_be_claimed(void **state)
{
	assert_int_equal(extent_pool_claim(*state, 20, 10), 0);
	assert_int_equal(extent_pool_claim(*state, 25, 10), -EINVAL);
	assert_int_equal(extent_pool_claim(*state, 15, 10), -EINVAL);
	assert_int_equal(extent_pool_claim(*state, 95, 10), -EINVAL);
	assert_int_equal(extent_pool_claim(*state, 10, UINT32_MAX), -EINVAL);
}

struct run {
	uint32_t first;
	uint32_t count;
};

static void run_take(struct extent_pool *pool, struct run *run, bool *used)
{
	run->count = 1 + (uint32_t)rand() % 7;
	if (extent_pool_take(pool, 0, run->count, &run->first)) {
		run->count = 0;
		return;
	}
	for (uint32_t i = 0; i < run->count; i++) {
		assert_false(used[run->first + i]);
		used[run->first + i] = true;
	}
}

static void run_return(struct extent_pool *pool, struct run *run, bool *used)
{
	extent_pool_return(pool, run->first, run->count);
	for (uint32_t i = 0; i < run->count; i++)
		used[run->first + i] = false;
	run->count = 0;
}

static void random_use_never_overlaps_and_leaves_one_run(void **state)
{
	struct run runs[32] = {{0}};
	bool used[LIMIT] = {false};

	srand(1);
	for (int i = 0; i < 20000; i++) {
		struct run *run = &runs[rand() % 32];

		if (run->count)
			run_return(*state, run, used);
		else
			run_take(*state, run, used);
	}
	for (int i = 0; i < 32; i++) {
		if (runs[i].count)
			run_return(*state, &runs[i], used);
	}
	assert_int_equal(take(*state, 0, LIMIT), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(runs_follow_one_another),
		TEST(nothing_takes_no_room),
		TEST(a_full_pool_says_so),
		TEST(a_given_up_run_rests_for_a_second),
		TEST(neighbours_grow_together),
		TEST(a_claimed_run_is_left_out),
		TEST(runs_that_overlap_cannot_both_be_claimed),
		TEST(random_use_never_overlaps_and_leaves_one_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
