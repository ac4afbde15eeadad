/* SPDX-License-Identifier: Apache-2.0 */
#include "lease_election.h"

#include <stdio.h>
#include <string.h>

#define POLL_UNKNOWN_MS 5000 /* until the number of nodes is known */
#define CONFLICT_SPREAD_MS 1000
#define RELEASED_REST_MS (3600 * 1000) /* the process ends long before */

void election_init(struct lease_election *election, const char *identity, uint64_t seed,
		   uint64_t now_ms)
{
	*election = (struct lease_election){.dice = {seed}, .due = ELECTION_LOOK, .due_ms = now_ms};
	snprintf(election->identity, sizeof(election->identity), "%s", identity);
}

uint64_t election_poll_ms(uint32_t nodes)
{
	uint64_t poll_ms = (uint64_t)nodes * 1000 / ELECTION_LOOKS_PER_S;

	if (!nodes)
		return POLL_UNKNOWN_MS;
	return poll_ms > ELECTION_RETRY_MS ? poll_ms : ELECTION_RETRY_MS;
}

bool election_leads(const struct lease_election *election, uint64_t now_ms)
{
	return election->leads && now_ms < election->renewed_ms + ELECTION_DEADLINE_MS;
}

static void schedule(struct lease_election *election, enum election_step step, uint64_t at_ms)
{
	election->due = step;
	election->due_ms = at_ms;
}

static uint64_t min(uint64_t left, uint64_t right)
{
	return left < right ? left : right;
}

enum election_step election_next(struct lease_election *election, uint64_t now_ms,
				 uint64_t *ret_wait_ms)
{
	uint64_t until = election->due_ms;

	if (election->leads && !election_leads(election, now_ms)) {
		election->leads = false;
		schedule(election, ELECTION_LOOK, now_ms);
	}
	if (now_ms >= election->due_ms)
		return election->due;
	if (election->leads)
		until = min(until, election->renewed_ms + ELECTION_DEADLINE_MS);
	*ret_wait_ms = until - now_ms;
	return ELECTION_WAIT;
}

static bool is_same(const struct lease *left, const struct lease *right)
{
	return !strcmp(left->renew_time, right->renew_time) && !strcmp(left->holder, right->holder);
}

static uint64_t expiry(const struct lease_election *election)
{
	uint32_t duration_s = election->seen.duration_s;

	return election->seen_ms + (uint64_t)(duration_s ? duration_s : 1) * 1000;
}

/* A third more or less. */
static uint64_t around(struct lease_election *election, uint64_t wait_ms)
{
	return wait_ms - wait_ms / 3 + dice_below(&election->dice, wait_ms * 2 / 3 + 1);
}

/*
 * Looks are rare in a large cluster, and one look cannot tell whether the leader is alive: so each
 * is followed by a second one, just after the lease would have expired. In a small cluster the
 * next look comes before that anyway.
 */
static void look_later(struct lease_election *election, bool changed, uint64_t now_ms)
{
	uint64_t poll_ms = election_poll_ms(election->seen.nodes);
	uint64_t next = now_ms + around(election, poll_ms);
	uint64_t confirm = expiry(election) + dice_below(&election->dice, ELECTION_RETRY_MS);

	if (next <= confirm) {
		election->confirms = false;
	} else if (changed && election->confirms) {
		election->confirms = false; /* it is alive */
	} else {
		election->confirms = true;
		next = confirm;
	}
	schedule(election, ELECTION_LOOK, next);
}

static void looked_as_leader(struct lease_election *election, uint64_t now_ms)
{
	if (strcmp(election->seen.holder, election->identity)) {
		election->leads = false;
		look_later(election, true, now_ms);
		return;
	}
	schedule(election, ELECTION_RENEW, now_ms);
}

void election_looked(struct lease_election *election, const struct lease *lease, uint64_t now_ms)
{
	bool changed;

	if (!lease) {
		election->leads = false;
		election->seen = (struct lease){0};
		schedule(election, ELECTION_CREATE, now_ms);
		return;
	}
	changed = !is_same(lease, &election->seen);
	election->seen = *lease;
	if (changed)
		election->seen_ms = now_ms;
	if (election->leads)
		looked_as_leader(election, now_ms);
	else if (!lease->holder[0] || !strcmp(lease->holder, election->identity) ||
		 now_ms >= expiry(election))
		schedule(election, ELECTION_TAKE, now_ms);
	else
		look_later(election, changed, now_ms);
}

void election_wrote(struct lease_election *election, const struct lease *lease, uint64_t began_ms)
{
	election->seen = *lease;
	election->seen_ms = began_ms;
	election->renewed_ms = began_ms;
	election->leads = true;
	election->confirms = false;
	schedule(election, ELECTION_RENEW, began_ms + ELECTION_RETRY_MS);
}

void election_lost(struct lease_election *election, uint64_t now_ms)
{
	election->leads = false;
	election->confirms = false;
	schedule(election, ELECTION_LOOK, now_ms + dice_below(&election->dice, CONFLICT_SPREAD_MS));
}

/* The leader looks first, since a renewal of unknown fate may have changed the version. */
void election_failed(struct lease_election *election, uint64_t now_ms)
{
	uint64_t wait_ms = election->leads
				   ? ELECTION_RETRY_MS / 2
				   : around(election, election_poll_ms(election->seen.nodes));

	schedule(election, ELECTION_LOOK, now_ms + wait_ms);
}

bool election_release(struct lease_election *election, uint64_t now_ms)
{
	bool held = election_leads(election, now_ms);

	election->leads = false;
	schedule(election, ELECTION_LOOK, now_ms + RELEASED_REST_MS);
	return held;
}

bool election_holds(const struct lease_election *election)
{
	return !strcmp(election->seen.holder, election->identity);
}

static void fill_held(const struct lease_election *election, const struct election_now *now,
		      struct lease *lease)
{
	snprintf(lease->holder, sizeof(lease->holder), "%s", election->identity);
	snprintf(lease->renew_time, sizeof(lease->renew_time), "%s", now->text);
	lease->duration_s = ELECTION_DURATION_S;
	if (now->nodes)
		lease->nodes = now->nodes;
}

void election_fill(const struct lease_election *election, enum election_step step,
		   const struct election_now *now, struct lease *ret_lease)
{
	*ret_lease = election->seen;
	fill_held(election, now, ret_lease);
	if (step == ELECTION_RENEW)
		return;
	snprintf(ret_lease->acquire_time, sizeof(ret_lease->acquire_time), "%s", now->text);
	if (step == ELECTION_TAKE && strcmp(election->seen.holder, election->identity))
		ret_lease->transitions++;
}

void election_fill_released(const struct lease_election *election, const struct election_now *now,
			    struct lease *ret_lease)
{
	*ret_lease = election->seen;
	ret_lease->holder[0] = '\0';
	ret_lease->duration_s = 1;
	snprintf(ret_lease->renew_time, sizeof(ret_lease->renew_time), "%s", now->text);
}
