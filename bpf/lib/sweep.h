/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Collection of dead flows, in the kernel, so that it needs no agent: a timer looks at a chunk of
 * the used slots at a time. A timer cannot send. For what is to be sent it asks the agent; without
 * one that waits for the next packet of the flow, or ends with it.
 */
#ifndef PATHROUTE_SWEEP_H
#define PATHROUTE_SWEEP_H

#include "due.h"

#define SWEEP_CHUNK 8192
#define SWEEP_INTERVAL_NS 50000000 /* the default table is seen once in 0.8 s */
#define SWEEP_CLOCK 1              /* CLOCK_MONOTONIC */
#define SWEEP_ASKS_MAX 128         /* in one chunk: bounds the agent's work, whoever causes it */

struct sweep_timer {
	struct bpf_timer timer;
	__u32 next; /* slot */
	__u32 asks; /* made of the agent in this chunk */
};

MAP_ARRAY(sweep_timers, struct sweep_timer, 1);

struct sweep_chunk {
	__u32 first; /* slot */
	__u32 now;   /* ticks */
};

static __always_inline struct sweep_timer *sweep_at(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&sweep_timers, &zero);
}

/* Looks what is due for a flow, and asks the agent for it. */
__noinline int sweep_ask(__u32 slot, __u32 now)
{
	struct sweep_timer *sweep = sweep_at();
	struct flow *flow = flow_at(slot);

	if (!sweep || !flow)
		return -1;
	if (due_of(flow, now)) {
		if (sweep->asks < SWEEP_ASKS_MAX)
			sweep->asks += due_ask(flow, slot, now);
		return 0;
	}
	if (flow->leg.probes && flow->state == FLOW_SPLICED &&
	    !silent_since(flow, now, SILENT_AFTER))
		flow->leg.probes = 0; /* one was answered */
	return 0;
}

/* Ends a flow whose time is over. */
__noinline int sweep_end(__u32 slot, __u32 now)
{
	struct flow *flow = flow_at(slot);
	__u32 generation;

	if (!flow || !due_is_over(flow, now))
		return 0;
	generation = flow->generation;
	if (!flow_claim(flow, generation))
		return 0;
	if (flow->state == FLOW_GATHERING) {
		hold_drop(flow);
		flow_enter(flow, FLOW_OVERDUE, now);
	} else if (due_is_over(flow, now)) {
		flow_free_slot(slot);
	}
	flow_release(flow, generation);
	return 0;
}

static long sweep_slot(__u32 index, void *data)
{
	const struct sweep_chunk *chunk = data;
	__u32 slot = index + chunk->first;
	struct flow *flow = flow_at(slot);

	if (!flow || flow->state == FLOW_FREE)
		return 0;
	sweep_end(slot, chunk->now);
	sweep_ask(slot, chunk->now);
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
	sweep->asks = 0;
	bpf_loop(used < SWEEP_CHUNK ? used : SWEEP_CHUNK, sweep_slot, &chunk, 0);
	sweep->next = chunk.first + SWEEP_CHUNK;
	bpf_timer_start(&sweep->timer, SWEEP_INTERVAL_NS, 0);
	return 0;
}

/* Starts the timer, or hands a running one over to this version of the program. */
static __always_inline int sweep_start(void)
{
	struct sweep_timer *sweep = sweep_at();

	if (!sweep)
		return -1;
	bpf_timer_init(&sweep->timer, &sweep_timers, SWEEP_CLOCK); /* -EBUSY: it exists */
	if (bpf_timer_set_callback(&sweep->timer, sweep_run))
		return -2;
	return bpf_timer_start(&sweep->timer, SWEEP_INTERVAL_NS, 0);
}

#endif
