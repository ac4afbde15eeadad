/* SPDX-License-Identifier: Apache-2.0 */
#include "event_limit.h"

bool token_bucket_take(struct token_bucket *bucket, uint32_t burst, uint64_t interval_ms,
		       uint64_t now_ms, uint64_t *ret_at_ms)
{
	uint64_t full_ms = bucket->full_ms > now_ms ? bucket->full_ms : now_ms;
	uint64_t room_ms = (uint64_t)(burst - 1) * interval_ms;

	if (full_ms - now_ms > room_ms) {
		*ret_at_ms = full_ms - room_ms;
		return false;
	}
	bucket->full_ms = full_ms + interval_ms;
	return true;
}

void event_limit_init(struct event_limit *limit, enum status_state told)
{
	*limit = (struct event_limit){.state = told, .told = told};
}

void event_limit_change(struct event_limit *limit, enum status_state state)
{
	if (state == limit->state)
		return;
	limit->state = state;
	limit->changes++;
}

bool event_limit_take(struct event_limit *limit, uint64_t now_ms, uint32_t *ret_changes,
		      uint64_t *ret_at_ms)
{
	bool speaks = limit->state == STATUS_TRUE || limit->state == STATUS_FALSE;

	*ret_at_ms = UINT64_MAX;
	if (limit->state == limit->told || !speaks)
		return false;
	if (!token_bucket_take(&limit->bucket, EVENT_BURST, EVENT_INTERVAL_MS, now_ms, ret_at_ms))
		return false;
	*ret_changes = limit->changes;
	limit->told = limit->state;
	limit->changes = 0;
	return true;
}
