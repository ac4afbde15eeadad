/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who of the agents leads: a state machine without input and output. It says which request is due,
 * and is told what came of it. Times are milliseconds of one clock that also counts while the
 * machine sleeps.
 *
 * A leader leads until a deadline after the last renewal that succeeded, counted from when that
 * request was begun; another one takes over when it has not seen the lease change for its duration,
 * counted from when it was seen. The first is shorter than the second, so two never lead at once,
 * whatever the clocks of the machines say. Each write carries the version that was read: of two who
 * try at once, one gets a conflict.
 *
 * How often the others look: so that all of them together look about ten times a second, see
 * election_poll_ms().
 */
#ifndef PATHROUTE_LEASE_ELECTION_H
#define PATHROUTE_LEASE_ELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/dice.h"
#include "lease.h"

#define ELECTION_DURATION_S 15
#define ELECTION_DEADLINE_MS 10000
#define ELECTION_RETRY_MS 2000
#define ELECTION_LOOKS_PER_S 10 /* of all agents together */

enum election_step {
	ELECTION_WAIT,
	ELECTION_LOOK,   /* read the lease */
	ELECTION_CREATE, /* it does not exist: create it, held by us */
	ELECTION_TAKE,   /* write it, held by us from now on */
	ELECTION_RENEW,  /* write it, held by us as before */
};

struct lease_election {
	char identity[LEASE_HOLDER_MAX];
	struct dice dice;
	enum election_step due; /* at due_ms */
	uint64_t due_ms;
	bool leads;          /* until renewed_ms + ELECTION_DEADLINE_MS */
	uint64_t renewed_ms; /* when the last renewal that succeeded was begun */
	struct lease seen;   /* name "": nothing was */
	uint64_t seen_ms;    /* when it was last seen to be another than before */
	bool confirms;       /* the next look is there to see whether the leader is alive */
};

/* `identity` is one that no other process has. */
void election_init(struct lease_election *election, const char *identity, uint64_t seed,
		   uint64_t now_ms);

/* What to do now. ELECTION_WAIT: ask again after *ret_wait_ms, or when a request ends. */
enum election_step election_next(struct lease_election *election, uint64_t now_ms,
				 uint64_t *ret_wait_ms);

/* To be asked before every write that only the leader may do. */
bool election_leads(const struct lease_election *election, uint64_t now_ms);

/* The lease was read; NULL: it does not exist. */
void election_looked(struct lease_election *election, const struct lease *lease, uint64_t now_ms);

/* A write begun at began_ms succeeded; the answer holds the lease as it is now. */
void election_wrote(struct lease_election *election, const struct lease *lease, uint64_t began_ms);

/* Somebody else was faster: a conflict, or it exists already. */
void election_lost(struct lease_election *election, uint64_t now_ms);

/* No answer, or an error of the server; a write may have happened or not. */
void election_failed(struct lease_election *election, uint64_t now_ms);

/* Leads no more. True: election_lease_released() is to be written, so that others need not wait. */
bool election_release(struct lease_election *election, uint64_t now_ms);

/* Whether there is still something to release: a look that was under way may have found another. */
bool election_holds(const struct lease_election *election);

/* The text of the times; the same for acquire and renew. */
struct election_now {
	const char *text; /* RFC 3339 with microseconds */
	uint32_t nodes;   /* to be published; 0: not known */
};

/* The lease that ELECTION_CREATE, _TAKE and _RENEW write, but for its name. */
void election_fill(const struct lease_election *election, enum election_step step,
		   const struct election_now *now, struct lease *ret_lease);
void election_fill_released(const struct lease_election *election, const struct election_now *now,
			    struct lease *ret_lease);

/* Between two looks of an agent that does not lead. */
uint64_t election_poll_ms(uint32_t nodes);

#endif
