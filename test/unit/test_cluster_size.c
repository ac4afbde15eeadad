/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/status/cluster_size.h"

#define NOW 1000000

static const uint32_t sizes[] = {1, 3, 20, 100, 1000, 5000, 20000};

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void reports_of_all_nodes_together_are_at_most_a_hundred_a_second(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		assert_true((uint64_t)sizes[i] * 10 <= report_gap_ms(sizes[i]));
		assert_true((uint64_t)sizes[i] * 10 <= report_spread_ms(sizes[i]));
	}
}

static void a_node_of_a_large_cluster_reports_every_ten_seconds_at_most(void **state)
{
	(void)state;
	assert_int_equal(report_gap_ms(3), 2000);
	assert_int_equal(report_gap_ms(100), 10000);
	assert_int_equal(report_gap_ms(1000), 10000);
	assert_int_equal(report_gap_ms(5000), 50000);
}

static void status_writes_cost_all_watches_together_a_bounded_number_of_events(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		uint64_t nodes = sizes[i];

		assert_true(nodes > 10000 || nodes * 1000 <= 20000 * status_interval_ms(sizes[i]));
		assert_true(nodes * 1000 <= 2000 * status_idle_interval_ms(sizes[i]));
	}
}

static void a_first_report_comes_at_once_and_the_next_ones_with_a_gap(void **state)
{
	struct report_schedule schedule;

	(void)state;
	report_schedule_init(&schedule, 1, NOW);
	schedule.nodes = 3;
	assert_true(schedule.due_ms <= NOW);
	report_schedule_wrote(&schedule, NOW);
	report_schedule_changed(&schedule, NOW + 10);
	assert_int_equal(schedule.due_ms, NOW + 2000);
	report_schedule_wrote(&schedule, NOW + 2000);
	report_schedule_changed(&schedule, NOW + 60000);
	assert_in_range(schedule.due_ms, NOW + 60000, NOW + 60030);
}

static void reports_of_five_thousand_nodes_are_spread_over_fifty_seconds(void **state)
{
	unsigned in_second[50] = {0};

	(void)state;
	for (uint64_t seed = 0; seed < 5000; seed++) {
		struct report_schedule schedule;

		report_schedule_init(&schedule, seed * 7919, NOW);
		schedule.nodes = 5000;
		report_schedule_wrote(&schedule, NOW - 100000);
		report_schedule_changed(&schedule, NOW);
		assert_in_range(schedule.due_ms, NOW, NOW + 49999);
		in_second[(schedule.due_ms - NOW) / 1000]++;
	}
	for (int i = 0; i < 50; i++)
		assert_in_range(in_second[i], 50, 150);
}

static void a_quiet_node_renews_after_about_five_minutes(void **state)
{
	struct report_schedule schedule;

	(void)state;
	report_schedule_init(&schedule, 1, NOW);
	report_schedule_wrote(&schedule, NOW);
	assert_in_range(schedule.due_ms, NOW + 240000, NOW + 360000);
}

static void without_a_daemonset_the_nodes_that_report_are_desired(void **state)
{
	struct desired_nodes desired = {0};

	(void)state;
	assert_int_equal(desired_nodes_count(&desired, 0, 7, NOW), 7);
}

static void a_fresh_leader_takes_the_daemonset_at_its_word(void **state)
{
	struct desired_nodes desired = {0};

	(void)state;
	assert_int_equal(desired_nodes_count(&desired, 3, 1, NOW), 3);
}

static void a_node_that_joins_gets_two_minutes_before_it_is_missed(void **state)
{
	struct desired_nodes desired = {0};

	(void)state;
	assert_int_equal(desired_nodes_count(&desired, 5, 5, NOW), 5);
	assert_int_equal(desired_nodes_count(&desired, 6, 5, NOW + 1000), 5);
	assert_int_equal(desired_nodes_count(&desired, 6, 5, NOW + 120999), 5);
	assert_int_equal(desired_nodes_count(&desired, 6, 5, NOW + 121000), 6);
	assert_int_equal(desired_nodes_count(&desired, 6, 6, NOW + 122000), 6);
	assert_int_equal(desired_nodes_count(&desired, 7, 6, NOW + 900000), 6);
}

static void a_node_that_falls_silent_is_missed_at_once(void **state)
{
	struct desired_nodes desired = {0};

	(void)state;
	assert_int_equal(desired_nodes_count(&desired, 5, 5, NOW), 5);
	assert_int_equal(desired_nodes_count(&desired, 5, 4, NOW + 1000), 5);
}

static void a_node_that_left_is_no_longer_desired(void **state)
{
	struct desired_nodes desired = {0};

	(void)state;
	assert_int_equal(desired_nodes_count(&desired, 5, 5, NOW), 5);
	assert_int_equal(desired_nodes_count(&desired, 4, 5, NOW + 1000), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_of_all_nodes_together_are_at_most_a_hundred_a_second),
		cmocka_unit_test(a_node_of_a_large_cluster_reports_every_ten_seconds_at_most),
		cmocka_unit_test(
			status_writes_cost_all_watches_together_a_bounded_number_of_events),
		cmocka_unit_test(a_first_report_comes_at_once_and_the_next_ones_with_a_gap),
		cmocka_unit_test(reports_of_five_thousand_nodes_are_spread_over_fifty_seconds),
		cmocka_unit_test(a_quiet_node_renews_after_about_five_minutes),
		cmocka_unit_test(without_a_daemonset_the_nodes_that_report_are_desired),
		cmocka_unit_test(a_fresh_leader_takes_the_daemonset_at_its_word),
		cmocka_unit_test(a_node_that_joins_gets_two_minutes_before_it_is_missed),
		cmocka_unit_test(a_node_that_falls_silent_is_missed_at_once),
		cmocka_unit_test(a_node_that_left_is_no_longer_desired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
