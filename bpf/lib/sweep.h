/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Collection of dead flows, in the kernel, so that it needs no agent: a timer looks at a chunk of
 * the used slots at a time. A timer cannot send; what a silent client is owed (408) is sent when
 * its next packet comes.
 */
#ifndef PATHROUTE_SWEEP_H
#define PATHROUTE_SWEEP_H

#include "flow_end.h"

#define SWEEP_CHUNK 8192
#define SWEEP_INTERVAL_NS 50000000 /* the default table is seen once in 0.8 s */
#define SWEEP_CLOCK 1              /* CLOCK_MONOTONIC */

struct sweep_timer {
	struct bpf_timer timer;
	__u32 next; /* slot */
	__u32 pad;
};

MAP_ARRAY(sweep_timers, struct sweep_timer, 1);

static __always_inline __u32 sweep_limit(const struct flow *flow)
{
	if (flow->state == FLOW_GATHERING)
		return settings.head_timeout;
	if (flow->state == FLOW_CONNECTING)
		return settings.connect_timeout;
	if (flow->state == FLOW_CLOSING || flow->state == FLOW_OVERDUE)
		return settings.closing_timeout;
	if (flow->state == FLOW_TAIL)
		return settings.tail_timeout;
	if (flow->progress & FLOW_RESET_SEEN)
		return settings.closing_timeout;
	return flow->progress & (FLOW_CLIENT_FIN | FLOW_POD_FIN) ? settings.half_timeout
								 : settings.idle_timeout;
}

static __always_inline int sweep_expired(const struct flow *flow, __u32 now)
{
	int by_packets = flow->state == FLOW_SPLICED || flow->state == FLOW_CONNECTING ||
			 flow->state == FLOW_WAITING;
	__u32 since = by_packets ? flow->seen : flow->born;
	__s32 age = now - since;

	return flow->state != FLOW_FREE && age > (__s32)sweep_limit(flow);
}

struct sweep_chunk {
	__u32 first; /* slot */
	__u32 now;   /* ticks */
};

static long sweep_slot(__u32 index, void *data)
{
	const struct sweep_chunk *chunk = data;
	__u32 slot = index + chunk->first;
	__u32 now = chunk->now;
	struct flow *flow = flow_at(slot);
	__u32 generation;

	if (!flow || !sweep_expired(flow, now))
		return 0;
	generation = flow->generation;
	if (!flow_claim(flow, generation))
		return 0;
	if (flow->state == FLOW_GATHERING) {
		hold_drop(flow);
		flow_enter(flow, FLOW_OVERDUE, now);
		flow_release(flow, generation);
		return 0;
	}
	if (sweep_expired(flow, now))
		flow_free_slot(slot);
	flow_release(flow, generation);
	return 0;
}

static int sweep_run(void *map, int *key, struct sweep_timer *sweep)
{
	__u32 pool = ALLOC_FLOWS;
	struct alloc_mark *mark = bpf_map_lookup_elem(&alloc, &pool);
	struct sweep_chunk chunk = {
		.first = sweep->next,
		.now = bpf_ktime_get_ns() >> DATAPATH_TICK_SHIFT,
	};
	__u32 used = mark ? mark->high_water : 0;

	(void)map;
	(void)key;
	if (chunk.first >= used)
		chunk.first = 0;
	used -= chunk.first;
	bpf_loop(used < SWEEP_CHUNK ? used : SWEEP_CHUNK, sweep_slot, &chunk, 0);
	sweep->next = chunk.first + SWEEP_CHUNK;
	bpf_timer_start(&sweep->timer, SWEEP_INTERVAL_NS, 0);
	return 0;
}

/* Starts the timer, or hands a running one over to this version of the program. */
static __always_inline int sweep_start(void)
{
	__u32 zero = 0;
	struct sweep_timer *sweep = bpf_map_lookup_elem(&sweep_timers, &zero);

	if (!sweep)
		return -1;
	bpf_timer_init(&sweep->timer, &sweep_timers, SWEEP_CLOCK); /* -EBUSY: it exists */
	if (bpf_timer_set_callback(&sweep->timer, sweep_run))
		return -2;
	return bpf_timer_start(&sweep->timer, SWEEP_INTERVAL_NS, 0);
}

#endif
