/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../ctl/amounts.h"
#include "../../ctl/top_rates.h"

static struct rule_reading before_rules[4], now_rules[4];
static struct readings before, now;
static struct top_row rows[4];

static int setup(void **state)
{
	(void)state;
	memset(before_rules, 0, sizeof(before_rules));
	memset(now_rules, 0, sizeof(now_rules));
	before = (struct readings){.rules = before_rules};
	now = (struct readings){.rules = now_rules};
	return 0;
}

static struct rule_stats *add(struct readings *readings, uint32_t id, const char *name)
{
	struct rule_reading *rule = &readings->rules[readings->rule_count++];

	rule->id = id;
	snprintf(rule->name, sizeof(rule->name), "%s", name);
	return &rule->stats;
}

/* Within a thousandth. */
static void assert_near(double value, double expected)
{
	double slack = expected / 1000;

	if (value < expected - slack || value > expected + slack)
		fail_msg("%g is not %g", value, expected);
}

static void rates_are_differences_by_time(void **state)
{
	struct rule_stats *a = add(&before, 1, "a"), *b = add(&now, 1, "a");

	(void)state;
	*a = (struct rule_stats){.requests = 100, .bytes_to_pod = 1000, .status = {[5] = 3}};
	*b = (struct rule_stats){.requests = 150,
				 .bytes_to_pod = 3000,
				 .bytes_to_client = 500,
				 .status = {[2] = 30, [5] = 13},
				 .aborted = 4};
	top_rates(&before, &now, 2, rows);
	assert_near(rows[0].requests, 25);
	assert_near(rows[0].replies, 20);
	assert_near(rows[0].errors, 5);
	assert_near(rows[0].aborted, 2);
	assert_near(rows[0].bytes_to_pod, 1000);
	assert_near(rows[0].bytes_to_client, 250);
	assert_true(rows[0].p50_us < 0);
}

static void rules_that_come_and_go_are_told_apart(void **state)
{
	(void)state;
	add(&before, 1, "a")->requests = 10;
	add(&before, 2, "gone")->requests = 100;
	add(&before, 4, "z")->requests = 7;
	add(&now, 1, "a")->requests = 12;
	add(&now, 2, "new")->requests = 5;
	add(&now, 4, "z")->requests = 7;
	top_rates(&before, &now, 1, rows);
	assert_near(rows[0].requests, 2);
	assert_near(rows[1].requests, 5);
	assert_near(rows[2].requests, 0);
}

static void cleared_counters_count_from_nought(void **state)
{
	(void)state;
	add(&before, 1, "a")->requests = 1000;
	add(&now, 1, "a")->requests = 4;
	top_rates(&before, &now, 1, rows);
	assert_near(rows[0].requests, 4);
}

static void times_are_only_of_the_time_between(void **state)
{
	struct rule_stats *a = add(&before, 1, "a"), *b = add(&now, 1, "a");

	(void)state;
	a->total_us[10] = 500;
	b->total_us[10] = 500;
	b->total_us[2] = 100; /* 64 to 128 us */
	top_rates(&before, &now, 1, rows);
	assert_near(rows[0].p50_us, 96);
	assert_near(rows[0].p99_us, 127.36);
}

static void a_quantile_lies_in_its_bucket(void **state)
{
	__u64 buckets[STATS_TIME_BUCKETS] = {[0] = 50, [1] = 40, [5] = 10};

	(void)state;
	assert_near(top_quantile(buckets, 0.25), 16);
	assert_near(top_quantile(buckets, 0.5), 32);
	assert_near(top_quantile(buckets, 0.7), 48);
	assert_near(top_quantile(buckets, 0.95), 768);
	assert_near(top_quantile(buckets, 1), 1024);
}

static void the_last_bucket_has_no_end(void **state)
{
	__u64 buckets[STATS_TIME_BUCKETS] = {[STATS_TIME_BUCKETS - 1] = 3};

	(void)state;
	assert_near(top_quantile(buckets, 0.5), 1 << 24);
}

static void nothing_has_no_quantile(void **state)
{
	__u64 buckets[STATS_TIME_BUCKETS] = {0};

	(void)state;
	assert_true(top_quantile(buckets, 0.5) < 0);
}

static void the_busiest_rule_comes_first(void **state)
{
	(void)state;
	add(&now, 3, "a");
	add(&now, 2, "b")->requests = 5;
	add(&now, 1, "c");
	top_rates(&before, &now, 1, rows);
	top_rates_sort(rows, now.rule_count);
	assert_string_equal(rows[0].rule->name, "b");
	assert_string_equal(rows[1].rule->name, "a");
	assert_string_equal(rows[2].rule->name, "c");
}

static void amounts_are_short(void **state)
{
	static const struct {
		double value;
		const char *time;
		const char *bytes;
	} cases[] = {
		{0, "0us", "0B"},
		{999, "999us", "999B"},
		{999.7, "1.0ms", "1.0kB"},
		{1500, "1.5ms", "1.5kB"},
		{999949, "999.9ms", "999.9kB"},
		{999950, "1.0s", "1.0MB"},
		{7.5e12, "7500000.0s", "7.5TB"},
		{5e15, "5000000000.0s", "5000.0TB"},
	};
	char text[AMOUNT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(amount_time(cases[i].value, text), cases[i].time);
		assert_string_equal(amount_bytes(cases[i].value, text), cases[i].bytes);
	}
	assert_string_equal(amount_time(-1, text), "-");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rates_are_differences_by_time),
		TEST(rules_that_come_and_go_are_told_apart),
		TEST(cleared_counters_count_from_nought),
		TEST(times_are_only_of_the_time_between),
		TEST(a_quantile_lies_in_its_bucket),
		TEST(the_last_bucket_has_no_end),
		TEST(nothing_has_no_quantile),
		TEST(the_busiest_rule_comes_first),
		TEST(amounts_are_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
