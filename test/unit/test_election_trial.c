/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Agents of all kinds of misfortune around one server: requests that take long, get lost before or
 * behind the server, processes that freeze, die and come back. In each of many seeded runs at most
 * one leads at any moment, and when all is well somebody does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/status/lease_election.h"

#define AGENTS 5
#define RUNS 60
#define RUN_MS 600000
#define TICK_MS 20

struct server {
	bool exists;
	unsigned version;
	struct lease lease;
};

struct agent {
	struct lease_election election;
	uint64_t frozen_until;
	bool busy; /* a request is under way */
	enum election_step step;
	struct lease lease; /* that is written */
	uint64_t began_ms;
	uint64_t arrives_ms; /* at the server; 0: it did, or is lost */
	uint64_t answer_ms;
	bool answer_lost;
	bool conflict;
	bool found;
	struct lease answer;
};

struct trial {
	struct server server;
	struct agent agents[AGENTS];
	struct dice dice;
	uint64_t now;
	bool calm; /* nothing bad happens any more */
};

static uint64_t roll(struct trial *trial, uint64_t limit)
{
	return dice_below(&trial->dice, limit);
}

static void agent_start(struct trial *trial, size_t index)
{
	struct agent *agent = &trial->agents[index];
	char identity[32];

	*agent = (struct agent){0};
	snprintf(identity, sizeof(identity), "agent-%zu-%llu", index,
		 (unsigned long long)trial->now);
	election_init(&agent->election, identity, roll(trial, UINT64_MAX), trial->now);
}

static void request_begin(struct trial *trial, struct agent *agent, enum election_step step)
{
	char text[32];
	struct election_now now = {.text = text, .nodes = AGENTS};

	snprintf(text, sizeof(text), "t%llu", (unsigned long long)trial->now);
	agent->busy = true;
	agent->step = step;
	agent->began_ms = trial->now;
	agent->arrives_ms = trial->now + 1 + roll(trial, trial->calm ? 50 : 4000);
	agent->answer_ms = agent->arrives_ms + 1 + roll(trial, trial->calm ? 50 : 3000);
	agent->answer_lost = !trial->calm && !roll(trial, 8);
	if (step != ELECTION_LOOK)
		election_fill(&agent->election, step, &now, &agent->lease);
	if (!trial->calm && !roll(trial, 8)) { /* never arrives */
		agent->arrives_ms = 0;
		agent->answer_lost = true;
	}
}

static void server_write(struct server *server, struct agent *agent)
{
	bool creates = agent->step == ELECTION_CREATE;
	char version[LEASE_VERSION_MAX];

	snprintf(version, sizeof(version), "%u", server->version);
	agent->conflict =
		creates ? server->exists : strcmp(agent->lease.resource_version, version) != 0;
	if (agent->conflict)
		return;
	server->exists = true;
	server->lease = agent->lease;
	snprintf(server->lease.name, sizeof(server->lease.name), "lease");
	snprintf(server->lease.resource_version, sizeof(server->lease.resource_version), "%u",
		 ++server->version);
}

static void request_arrive(struct trial *trial, struct agent *agent)
{
	agent->arrives_ms = 0;
	if (agent->step != ELECTION_LOOK)
		server_write(&trial->server, agent);
	agent->found = trial->server.exists;
	agent->answer = trial->server.lease;
}

static void request_end(struct trial *trial, struct agent *agent)
{
	agent->busy = false;
	if (agent->answer_lost)
		election_failed(&agent->election, trial->now);
	else if (agent->step == ELECTION_LOOK)
		election_looked(&agent->election, agent->found ? &agent->answer : NULL, trial->now);
	else if (agent->conflict)
		election_lost(&agent->election, trial->now);
	else
		election_wrote(&agent->election, &agent->answer, agent->began_ms);
}

static void agent_turn(struct trial *trial, struct agent *agent)
{
	enum election_step step;
	uint64_t wait;

	if (agent->busy && agent->arrives_ms && agent->arrives_ms <= trial->now)
		request_arrive(trial, agent);
	if (trial->now < agent->frozen_until)
		return;
	if (agent->busy && !agent->arrives_ms && agent->answer_ms <= trial->now)
		request_end(trial, agent);
	if (agent->busy)
		return;
	step = election_next(&agent->election, trial->now, &wait);
	if (step != ELECTION_WAIT)
		request_begin(trial, agent, step);
}

static void misfortune(struct trial *trial)
{
	size_t index = roll(trial, AGENTS);

	if (roll(trial, 500))
		return;
	if (roll(trial, 3))
		trial->agents[index].frozen_until = trial->now + roll(trial, 40000);
	else
		agent_start(trial, index);
}

/* Also a frozen one counts: it would write as soon as it wakes, if it still believed so then. */
static unsigned leaders(const struct trial *trial)
{
	unsigned count = 0;

	for (size_t i = 0; i < AGENTS; i++)
		count += election_leads(&trial->agents[i].election, trial->now);
	return count;
}

static void trial_run(struct trial *trial, uint64_t until_ms)
{
	for (; trial->now < until_ms; trial->now += TICK_MS) {
		if (!trial->calm)
			misfortune(trial);
		for (size_t i = 0; i < AGENTS; i++)
			agent_turn(trial, &trial->agents[i]);
		assert_true(leaders(trial) <= 1);
	}
}

static void trial_begin(struct trial *trial, uint64_t seed)
{
	*trial = (struct trial){.dice = {seed}, .now = 1000};
	for (size_t i = 0; i < AGENTS; i++)
		agent_start(trial, i);
}

static void two_never_lead_at_once(void **state)
{
	static struct trial trial;

	(void)state;
	for (uint64_t seed = 1; seed <= RUNS; seed++) {
		trial_begin(&trial, seed);
		trial_run(&trial, RUN_MS);
	}
}

static void somebody_leads_within_half_a_minute_after_any_misfortune(void **state)
{
	static struct trial trial;

	(void)state;
	for (uint64_t seed = 1; seed <= RUNS; seed++) {
		trial_begin(&trial, seed);
		trial_run(&trial, RUN_MS / 10);
		trial.calm = true;
		for (size_t i = 0; i < AGENTS; i++)
			trial.agents[i].frozen_until = 0;
		trial_run(&trial, trial.now + 30000);
		assert_int_equal(leaders(&trial), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_never_lead_at_once),
		cmocka_unit_test(somebody_leads_within_half_a_minute_after_any_misfortune),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
