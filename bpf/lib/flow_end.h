/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The end of a flow: its tail, and the return of its slot. The caller has claimed the flow. */
#ifndef PATHROUTE_FLOW_END_H
#define PATHROUTE_FLOW_END_H

#include "account.h"
#include "hold.h"
#include "leg.h"

/* Both sides have ended; stray segments are still translated until the sweep takes the slot. */
static __always_inline void flow_tail(struct flow *flow, const struct packet *packet)
{
	account_abort(packet->slot);
	hold_drop(flow);
	hold_drop_spare(flow);
	hold_drop_others(flow);
	hold_drop_pending(flow);
	flow_leave_endpoint(&flow->leg);
	flow_enter(flow, FLOW_TAIL, packet->now);
}

/* Frees the slot and everything that hangs on it. The claim ends with the generation. */
__noinline int flow_free_slot(__u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct flow_key key;

	if (!flow)
		return -1;
	flow_client_key(flow, &key);
	bpf_map_delete_elem(&flows, &key);
	account_abort(slot); /* while the leg has its endpoint */
	leg_forget_all(flow, slot);
	hold_drop(flow);
	hold_drop_spare(flow);
	hold_drop_others(flow);
	hold_drop_pending(flow);
	flow_enter(flow, FLOW_FREE, 0);
	bpf_spin_lock(&flow->lock);
	flow->generation = (flow->generation + 1) & FLOW_GENERATION_MASK;
	flow->progress = 0;
	bpf_spin_unlock(&flow->lock);
	bpf_map_push_elem(&flow_free, &slot, 0);
	return 0;
}

#endif
