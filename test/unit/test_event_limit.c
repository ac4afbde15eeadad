/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/status/event_limit.h"

#define NOW 1000000

static bool is_told(struct event_limit *limit, uint64_t now_ms)
{
	uint32_t changes;
	uint64_t at;

	return event_limit_take(limit, now_ms, &changes, &at);
}

static bool changes_and_is_told(struct event_limit *limit, enum status_state state, uint64_t now_ms)
{
	event_limit_change(limit, state);
	return is_told(limit, now_ms);
}

static void a_change_is_told_once(void **state)
{
	struct event_limit limit = {0};

	(void)state;
	assert_true(changes_and_is_told(&limit, STATUS_TRUE, NOW));
	assert_false(changes_and_is_told(&limit, STATUS_TRUE, NOW + 1000000000));
}

static void what_others_have_told_is_not_told_again(void **state)
{
	struct event_limit limit;

	(void)state;
	event_limit_init(&limit, STATUS_FALSE);
	assert_false(changes_and_is_told(&limit, STATUS_FALSE, NOW));
	assert_true(changes_and_is_told(&limit, STATUS_TRUE, NOW));
}

static void a_condition_that_flaps_for_an_hour_is_told_a_few_times(void **state)
{
	struct event_limit limit;
	unsigned told = 0;

	(void)state;
	event_limit_init(&limit, STATUS_TRUE);
	for (uint64_t s = 0; s < 3600; s++)
		told += changes_and_is_told(&limit, s % 2 ? STATUS_TRUE : STATUS_FALSE,
					    NOW + s * 1000);
	assert_in_range(told, 10, EVENT_BURST + 12);
}

static void the_last_state_is_told_however_long_it_was_held_back(void **state)
{
	struct event_limit limit;
	uint32_t changes = 0;
	uint64_t at = 0;

	(void)state;
	event_limit_init(&limit, STATUS_TRUE);
	for (int i = 0; i < 21; i++)
		changes_and_is_told(&limit, i % 2 ? STATUS_TRUE : STATUS_FALSE, NOW + (uint64_t)i);
	assert_int_equal(limit.state, STATUS_FALSE);
	assert_int_equal(limit.told, STATUS_TRUE);
	assert_false(event_limit_take(&limit, NOW + 100, &changes, &at));
	assert_true(at > NOW + 100 && at <= NOW + EVENT_INTERVAL_MS);
	assert_true(event_limit_take(&limit, at, &changes, &at));
	assert_int_equal(changes, 19);
}

static void a_change_there_and_back_between_two_events_is_not_told(void **state)
{
	struct event_limit limit;

	(void)state;
	event_limit_init(&limit, STATUS_TRUE);
	event_limit_change(&limit, STATUS_FALSE);
	event_limit_change(&limit, STATUS_TRUE);
	assert_false(is_told(&limit, NOW));
}

static void what_is_unknown_is_not_told(void **state)
{
	struct event_limit limit = {0};

	(void)state;
	assert_false(changes_and_is_told(&limit, STATUS_UNKNOWN, NOW));
}

static void a_bucket_gives_its_burst_and_then_one_an_interval(void **state)
{
	struct token_bucket bucket = {0};
	uint64_t at = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(token_bucket_take(&bucket, 3, 100, NOW, &at));
	assert_false(token_bucket_take(&bucket, 3, 100, NOW, &at));
	assert_true(at == NOW + 100);
	assert_false(token_bucket_take(&bucket, 3, 100, at - 1, &at));
	assert_true(token_bucket_take(&bucket, 3, 100, at, &at));
	assert_false(token_bucket_take(&bucket, 3, 100, at, &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_is_told_once),
		cmocka_unit_test(what_others_have_told_is_not_told_again),
		cmocka_unit_test(a_condition_that_flaps_for_an_hour_is_told_a_few_times),
		cmocka_unit_test(the_last_state_is_told_however_long_it_was_held_back),
		cmocka_unit_test(a_change_there_and_back_between_two_events_is_not_told),
		cmocka_unit_test(what_is_unknown_is_not_told),
		cmocka_unit_test(a_bucket_gives_its_burst_and_then_one_an_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
