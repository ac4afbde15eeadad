/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often a condition's changes become Events: two at once, then one in five minutes. What is
 * held back is not lost: once the time has come the state of then is told, if it is another than
 * the one told last, together with how often it changed.
 */
#ifndef PATHROUTE_EVENT_LIMIT_H
#define PATHROUTE_EVENT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "../route/route_status_mark.h"

#define EVENT_BURST 2
#define EVENT_INTERVAL_MS (5 * 60 * 1000)

/* A bucket of tokens, by the time at which it would be full. Zeroed: full. */
struct token_bucket {
	uint64_t full_ms;
};

/* Takes a token; false: there is none before *ret_at_ms. */
bool token_bucket_take(struct token_bucket *bucket, uint32_t burst, uint64_t interval_ms,
		       uint64_t now_ms, uint64_t *ret_at_ms);

/* One condition of one route. */
struct event_limit {
	enum status_state state; /* now */
	enum status_state told;  /* by the last event, or by whoever led before */
	uint32_t changes;        /* since then */
	struct token_bucket bucket;
};

/* The state that others have told of already. */
void event_limit_init(struct event_limit *limit, enum status_state told);

void event_limit_change(struct event_limit *limit, enum status_state state);

/* True: an event is to be sent now and counts as told; *ret_changes says how many changes it
 * stands for. False: nothing is to be told before *ret_at_ms (UINT64_MAX: or ever). */
bool event_limit_take(struct event_limit *limit, uint64_t now_ms, uint32_t *ret_changes,
		      uint64_t *ret_at_ms);

#endif
