/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The XDP hook, in front of tc on devices whose driver runs programs itself: what needs no flow is
 * answered or dropped here. Everything else passes to tc as it came, and whatever is doubtful: a
 * checksum that is bad may be one that is not made yet.
 */
#include <linux/types.h>

#define HOOK_XDP
#include "lib/handshake.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} xdp_scratch SEC(".maps");

/* Yields VERDICT_CONTINUE for what is tc's. The listener first: what is for none costs no more. */
static __always_inline int early_decide(struct packet_context *ctx, struct scratch *s)
{
	struct listener *listener;
	struct flow_ref ref;

	if (packet_parse(ctx, &s->packet) != PARSE_TCP ||
	    !flow_port_used(PORTS_LISTENER, s->packet.key.destination_port))
		return VERDICT_CONTINUE;
	listener = flow_find_listener(&s->packet);
	if (!listener || flow_find(&s->packet.key, &ref))
		return VERDICT_CONTINUE;
	packet_parse_rest(ctx, &s->packet);
	return handshake_receive(ctx, s, listener->learned);
}

SEC("xdp.frags")
int pathroute_early(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct scratch *s = bpf_map_lookup_elem(&xdp_scratch, &zero);
	__u32 verdict;

	if (!s)
		return ACTION_PASS;
	verdict = early_decide(ctx, s);
	if (verdict == VERDICT_CONTINUE || verdict == VERDICT_CHECKSUM_BAD ||
	    verdict == VERDICT_INTERNAL)
		return ACTION_PASS;
	counters_verdict(verdict);
	counters_xdp(verdict);
	return s->packet.action;
}

char _license[] SEC("license") = "Dual BSD/GPL";
