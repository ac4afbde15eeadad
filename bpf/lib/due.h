/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What time alone makes due: the end of a flow, and before it what is to be sent although no packet
 * comes. The sweep asks without a claim, and who sends asks again with one.
 */
#ifndef PATHROUTE_DUE_H
#define PATHROUTE_DUE_H

#include "silent.h"

#define DUE_ASKED_SHIFT 8 /* unit of flow_leg.asked, in ticks: about a quarter of a second */
#define DUE_ASKED_AGAIN 4 /* of these units: nothing is due more than once a second */

enum due {
	DUE_NOTHING = 0,
	DUE_REPEAT,   /* what the client's last byte would bring, if it came once more */
	DUE_PROBE,    /* to the pod in use */
	DUE_FAREWELL, /* to all sides */
};

static __always_inline __u32 due_limit(const struct flow *flow)
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

/* States that last as long as packets come. Both ends may believe in such a connection. */
static __always_inline int due_by_packets(const struct flow *flow)
{
	return flow->state == FLOW_SPLICED || flow->state == FLOW_CONNECTING ||
	       flow->state == FLOW_WAITING;
}

static __always_inline int due_age_is_over(const struct flow *flow, __u32 now, __u32 grace)
{
	__s32 age = now - (due_by_packets(flow) ? READ_ONCE(flow->seen) : flow->born);

	return flow->state != FLOW_FREE && age > (__s32)(due_limit(flow) + grace);
}

/* The flow has outlived its limit, and there is nobody to be told; or nobody has told them. */
static __always_inline int due_is_over(const struct flow *flow, __u32 now)
{
	return due_age_is_over(flow, now, due_by_packets(flow) ? settings.closing_timeout : 0);
}

/* The SYN under way is a second old, or one that was repeated two. */
static __always_inline int due_syn(const struct flow *flow, __u32 now)
{
	__s32 age = now - flow->leg.pod_next;

	return age > TICKS_PER_SECOND * (flow->leg.tries > 1 ? 2 : 1);
}

/* 1, 3 and 7 seconds after a reply of our own that a client need not have asked for again. */
static __always_inline int due_reply(const struct flow *flow, __u32 now)
{
	__u32 seconds = (now - flow->born) / TICKS_PER_SECOND;

	if (flow->verdict != VERDICT_HEAD_TIMEOUT && flow->verdict != VERDICT_ENDPOINTS_FAILED)
		return 0;
	return !(flow->progress & FLOW_POD_FIN_ACKED) && seconds && !(seconds & (seconds + 1));
}

static __always_inline enum due due_probe(const struct flow *flow, __u32 now)
{
	__u32 probes = flow->leg.probes;

	if (!silent_is_waiting(flow) ||
	    !silent_since(flow, now, SILENT_AFTER + probes * TICKS_PER_SECOND))
		return DUE_NOTHING;
	return probes < SILENT_PROBES ? DUE_PROBE : DUE_REPEAT;
}

/* What is to be sent now. */
static __always_inline enum due due_of(const struct flow *flow, __u32 now)
{
	if (due_by_packets(flow) && due_age_is_over(flow, now, 0))
		return DUE_FAREWELL;
	if (flow->state == FLOW_OVERDUE)
		return DUE_REPEAT;
	if (flow->state == FLOW_CONNECTING)
		return due_syn(flow, now) ? DUE_REPEAT : DUE_NOTHING;
	if (flow->state == FLOW_CLOSING)
		return due_reply(flow, now) ? DUE_REPEAT : DUE_NOTHING;
	return due_probe(flow, now);
}

/* Has the agent send for the flow, but not more than once a second. Nonzero: it is asked now. */
static __always_inline int due_ask(struct flow *flow, __u32 slot, __u32 now)
{
	struct due_send send = {
		.slot = slot,
		.generation = flow->generation,
		.ipv6 = flow_is_ipv6(flow),
	};
	__u8 tick = now >> DUE_ASKED_SHIFT;

	if ((__u8)(tick - flow->leg.asked) < DUE_ASKED_AGAIN ||
	    bpf_ringbuf_output(&due_ring, &send, sizeof(send), 0))
		return 0;
	flow->leg.asked = tick;
	return 1;
}

#endif
