/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What fills a hole in a chunked upload, and what was kept behind it. See gap.h. */
#ifndef PATHROUTE_PASS_KEPT_H
#define PATHROUTE_PASS_KEPT_H

#include "deliver.h"
#include "gap.h"
#include "translate.h"

/* If the translated packet has filled the hole in front of what was kept: sends the one, and lets
 * the other come in. */
__noinline int pass_kept(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);

	if (!s || !flow || !gap_client_is_filled(flow))
		return 0;
	if (!gap_client_is_missing(flow)) {
		hold_drop_pending(flow);
		return 0;
	}
	deliver_clone_to_pod(ctx, flow, &flow->leg);
	return gap_repeat_client(ctx, s, slot);
}

/* Sends the translated packet to the pod, and what was kept behind it. */
static __always_inline int pass_before_kept(struct packet_context *ctx, struct scratch *s,
					    const struct flow *flow, __u32 slot)
{
	int verdict = pass_translate(ctx, s, slot, 1);

	if (verdict == VERDICT_TO_POD && (flow->progress & FLOW_PENDING))
		pass_kept(ctx, s, slot);
	return verdict;
}

#endif
