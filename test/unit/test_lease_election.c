/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/status/lease_election.h"

static struct lease held_by(const char *holder, const char *renewed)
{
	struct lease lease = {.name = "pathroute-agent-pathroute", .duration_s = 15, .nodes = 3};

	snprintf(lease.holder, sizeof(lease.holder), "%s", holder);
	snprintf(lease.renew_time, sizeof(lease.renew_time), "%s", renewed);
	return lease;
}

static enum election_step step_at(struct lease_election *election, uint64_t now_ms)
{
	uint64_t wait;

	return election_next(election, now_ms, &wait);
}

/* Waits as told; the answer is the step that is due then. */
static enum election_step step_after_wait(struct lease_election *election, uint64_t *now_ms)
{
	uint64_t wait = 0;
	enum election_step step = election_next(election, *now_ms, &wait);

	if (step != ELECTION_WAIT)
		return step;
	*now_ms += wait;
	return election_next(election, *now_ms, &wait);
}

static struct lease_election new_election(void)
{
	struct lease_election election;

	election_init(&election, "me", 7, 1000);
	return election;
}

static struct lease_election new_leader(uint64_t now_ms)
{
	struct lease_election election = new_election();
	struct lease lease = held_by("me", "t0");

	election_looked(&election, NULL, now_ms);
	election_wrote(&election, &lease, now_ms);
	return election;
}

static void a_lease_that_does_not_exist_is_created(void **state)
{
	struct lease_election election = new_election();

	(void)state;
	assert_int_equal(step_at(&election, 1000), ELECTION_LOOK);
	election_looked(&election, NULL, 1000);
	assert_int_equal(step_at(&election, 1000), ELECTION_CREATE);
}

static void nobody_leads_before_a_write_succeeded(void **state)
{
	struct lease_election election = new_election();

	(void)state;
	election_looked(&election, NULL, 1000);
	assert_false(election_leads(&election, 1000));
	election_lost(&election, 1001);
	assert_false(election_leads(&election, 1001));
}

static void a_released_lease_is_taken_at_once(void **state)
{
	struct lease_election election = new_election();
	struct lease lease = held_by("", "t0");

	(void)state;
	election_looked(&election, &lease, 1000);
	assert_int_equal(step_at(&election, 1000), ELECTION_TAKE);
}

static void a_lease_that_changes_is_left_to_its_holder(void **state)
{
	struct lease_election election = new_election();
	uint64_t now = 1000;

	(void)state;
	for (int i = 0; i < 100; i++) {
		char renewed[24];
		struct lease lease;

		snprintf(renewed, sizeof(renewed), "t%d", i);
		lease = held_by("other", renewed);
		election_looked(&election, &lease, now);
		assert_int_equal(step_after_wait(&election, &now), ELECTION_LOOK);
	}
}

static void a_lease_not_seen_to_change_for_its_duration_is_taken(void **state)
{
	struct lease_election election = new_election();
	struct lease lease = held_by("other", "t0");
	uint64_t now = 1000;

	(void)state;
	election_looked(&election, &lease, now);
	while (now < 16000) {
		assert_int_equal(step_after_wait(&election, &now), ELECTION_LOOK);
		election_looked(&election, &lease, now);
	}
	assert_true(now < 16000 + ELECTION_RETRY_MS);
	assert_int_equal(step_at(&election, now), ELECTION_TAKE);
}

/* Times of the lease lie in another world: only that they change counts. */
static void clocks_of_other_machines_do_not_matter(void **state)
{
	static const char *const times[] = {"1970-01-01T00:00:00.000000Z",
					    "2999-01-01T00:00:00.000000Z"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct lease_election election = new_election();
		struct lease lease = held_by("other", times[i]);

		election_looked(&election, &lease, 1000);
		election_looked(&election, &lease, 15999);
		assert_int_not_equal(step_at(&election, 15999), ELECTION_TAKE);
		election_looked(&election, &lease, 16000);
		assert_int_equal(step_at(&election, 16000), ELECTION_TAKE);
	}
}

static void a_leader_renews_every_two_seconds(void **state)
{
	struct lease_election election = new_leader(1000);
	uint64_t wait = 0;

	(void)state;
	assert_int_equal(election_next(&election, 1000, &wait), ELECTION_WAIT);
	assert_int_equal(wait, 2000);
	assert_int_equal(step_at(&election, 3000), ELECTION_RENEW);
}

static void leading_ends_ten_seconds_after_the_last_renewal_was_begun(void **state)
{
	struct lease_election election = new_leader(1000);

	(void)state;
	assert_true(election_leads(&election, 10999));
	assert_false(election_leads(&election, 11000));
}

static void a_late_answer_does_not_make_it_longer(void **state)
{
	struct lease_election election = new_election();
	struct lease lease = held_by("me", "t0");

	(void)state;
	election_looked(&election, NULL, 1000);
	election_wrote(&election, &lease, 1000); /* it came when the process woke up, at 90000 */
	assert_false(election_leads(&election, 90000));
	assert_int_equal(step_at(&election, 90000), ELECTION_LOOK);
}

static void a_conflict_ends_leading_at_once(void **state)
{
	struct lease_election election = new_leader(1000);

	(void)state;
	election_lost(&election, 3001);
	assert_false(election_leads(&election, 3001));
}

static void a_renewal_without_answer_is_tried_again_while_there_is_time(void **state)
{
	struct lease_election election = new_leader(1000);
	struct lease lease = held_by("me", "t1");
	uint64_t now = 3000;

	(void)state;
	election_failed(&election, now);
	assert_true(election_leads(&election, now));
	assert_int_equal(step_after_wait(&election, &now), ELECTION_LOOK);
	election_looked(&election, &lease, now); /* it had been written after all */
	assert_true(election_leads(&election, now));
	assert_int_equal(step_at(&election, now), ELECTION_RENEW);
}

static void renewals_that_all_fail_end_leading(void **state)
{
	struct lease_election election = new_leader(1000);
	uint64_t now = 3000;

	(void)state;
	while (now < 11000) {
		assert_true(election_leads(&election, now));
		election_failed(&election, now);
		step_after_wait(&election, &now);
	}
	assert_false(election_leads(&election, now));
	assert_true(now <= 12000);
}

static void a_leader_that_sees_another_holder_leads_no_more(void **state)
{
	struct lease_election election = new_leader(1000);
	struct lease lease = held_by("other", "t9");

	(void)state;
	election_failed(&election, 3000);
	election_looked(&election, &lease, 4000);
	assert_false(election_leads(&election, 4000));
}

static void a_release_frees_the_lease_for_others(void **state)
{
	struct lease_election election = new_leader(1000), other = new_election();
	struct election_now now = {.text = "t1"};
	struct lease lease;

	(void)state;
	assert_true(election_release(&election, 2000));
	assert_false(election_leads(&election, 2000));
	election_fill_released(&election, &now, &lease);
	assert_string_equal(lease.holder, "");
	election_looked(&other, &lease, 2001);
	assert_int_equal(step_at(&other, 2001), ELECTION_TAKE);
	assert_int_equal(step_at(&election, 900000), ELECTION_WAIT);
}

/* The look was under way when the agent was told to end. */
static void a_lease_that_another_has_taken_is_not_released(void **state)
{
	struct lease_election election = new_leader(1000);
	struct lease taken = held_by("another", "t1");

	(void)state;
	assert_true(election_release(&election, 2000));
	assert_true(election_holds(&election));
	election_looked(&election, &taken, 2100);
	assert_false(election_holds(&election));
}

static void who_does_not_lead_has_nothing_to_release(void **state)
{
	struct lease_election election = new_election(), late = new_leader(1000);

	(void)state;
	assert_false(election_release(&election, 2000));
	assert_false(election_release(&late, 12000));
}

static void taking_over_counts_a_transition_and_renewing_does_not(void **state)
{
	struct lease_election election = new_election();
	struct election_now now = {.text = "t5", .nodes = 40};
	struct lease seen = held_by("", "t0"), lease;

	(void)state;
	seen.transitions = 4;
	election_looked(&election, &seen, 1000);
	election_fill(&election, ELECTION_TAKE, &now, &lease);
	assert_int_equal(lease.transitions, 5);
	assert_string_equal(lease.acquire_time, "t5");
	assert_int_equal(lease.nodes, 40);
	election_wrote(&election, &lease, 1000);
	now.text = "t6";
	election_fill(&election, ELECTION_RENEW, &now, &lease);
	assert_int_equal(lease.transitions, 5);
	assert_string_equal(lease.acquire_time, "t5");
	assert_string_equal(lease.renew_time, "t6");
}

/* How often an agent looks in an hour while the leader renews as it should. */
static unsigned looks_in_an_hour(uint32_t nodes)
{
	struct lease_election election = new_election();
	uint64_t now = 1000;
	unsigned looks = 0;

	for (; now < 3601000; looks++) {
		char renewed[24];
		struct lease lease;

		snprintf(renewed, sizeof(renewed), "%llu", (unsigned long long)now / 2000);
		lease = held_by("other", renewed);
		lease.nodes = nodes;
		election_looked(&election, &lease, now);
		assert_int_equal(step_after_wait(&election, &now), ELECTION_LOOK);
	}
	return looks;
}

static void all_agents_together_look_about_as_often_whatever_their_number(void **state)
{
	static const uint32_t nodes[] = {20, 100, 1000, 5000};

	(void)state;
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		double per_second = (double)looks_in_an_hour(nodes[i]) * nodes[i] / 3600;

		assert_true(per_second > 5 && per_second < 25);
	}
}

/* The first look after a leader's death is followed by the one that finds it dead. */
static void one_look_is_enough_to_find_a_dead_leader_in_a_large_cluster(void **state)
{
	struct lease_election election = new_election();
	struct lease lease = held_by("other", "t0");
	uint64_t now = 1000;

	(void)state;
	lease.nodes = 5000;
	election_looked(&election, &lease, now);
	assert_int_equal(step_after_wait(&election, &now), ELECTION_LOOK);
	assert_true(now < 1000 + 15000 + ELECTION_RETRY_MS);
	election_looked(&election, &lease, now);
	assert_int_equal(step_at(&election, now), ELECTION_TAKE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lease_that_does_not_exist_is_created),
		cmocka_unit_test(nobody_leads_before_a_write_succeeded),
		cmocka_unit_test(a_released_lease_is_taken_at_once),
		cmocka_unit_test(a_lease_that_changes_is_left_to_its_holder),
		cmocka_unit_test(a_lease_not_seen_to_change_for_its_duration_is_taken),
		cmocka_unit_test(clocks_of_other_machines_do_not_matter),
		cmocka_unit_test(a_leader_renews_every_two_seconds),
		cmocka_unit_test(leading_ends_ten_seconds_after_the_last_renewal_was_begun),
		cmocka_unit_test(a_late_answer_does_not_make_it_longer),
		cmocka_unit_test(a_conflict_ends_leading_at_once),
		cmocka_unit_test(a_renewal_without_answer_is_tried_again_while_there_is_time),
		cmocka_unit_test(renewals_that_all_fail_end_leading),
		cmocka_unit_test(a_leader_that_sees_another_holder_leads_no_more),
		cmocka_unit_test(a_release_frees_the_lease_for_others),
		cmocka_unit_test(a_lease_that_another_has_taken_is_not_released),
		cmocka_unit_test(who_does_not_lead_has_nothing_to_release),
		cmocka_unit_test(taking_over_counts_a_transition_and_renewing_does_not),
		cmocka_unit_test(all_agents_together_look_about_as_often_whatever_their_number),
		cmocka_unit_test(one_look_is_enough_to_find_a_dead_leader_in_a_large_cluster),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
