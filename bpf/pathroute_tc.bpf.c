/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tc hook: packet -> decide -> verdict -> action. And the programs that the agent runs. */
#include <linux/types.h>

#include "lib/icmp.h"
#include "lib/irregular.h"
#include "lib/pass.h"
#include "lib/send.h"
#include "lib/sweep.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch_map SEC(".maps");

/* Of the one agent: a packet may come while it sends. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} send_scratch SEC(".maps");

/* Segments of no flow, for a listener. */
__noinline int ingress_listener(struct packet_context *ctx, struct scratch *s, __u32 learned)
{
	int verdict;

	if (!s)
		return VERDICT_INTERNAL;
	verdict = handshake_receive(ctx, s, learned);
	return verdict == VERDICT_CONTINUE ? gather_first(ctx, s) : verdict;
}

static __always_inline int ingress_flow(struct packet_context *ctx, struct scratch *s,
					const struct flow_ref *ref, struct flow *flow)
{
	__u32 tag = ref->tag;
	struct listener *listener;

	if (deliver_is_chain() && FLOW_TAG_SIDE(tag) == FLOW_SIDE_POD)
		return VERDICT_NOT_OURS; /* until it leaves: see pathroute_chain() */
	s->packet.slot = ref->slot;
	s->packet.generation = FLOW_TAG_GENERATION(tag);
	s->packet.switches = READ_ONCE(flow->switches);
	s->packet.leg = FLOW_TAG_LEG(tag);
	if (FLOW_TAG_SIDE(tag) == FLOW_SIDE_POD) {
		if (s->packet.leg != flow->leg.id)
			return pass_from_pod(ctx, s);
		if (pass_is_strange(flow, &s->packet, FLOW_SIDE_POD))
			return VERDICT_OUT_OF_WINDOW;
		return pass_quickly(flow, &s->packet, FLOW_SIDE_POD) ? pass_to_client(ctx, s, flow)
								     : pass_from_pod(ctx, s);
	}
	if ((s->packet.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN) {
		flow_note_syn(flow, s->packet.now);
		listener = flow_find_listener(&s->packet);
		return listener ? handshake_syn(ctx, s, listener->learned) : VERDICT_NO_FLOW;
	}
	if (pass_may_begin(flow, &s->packet) && handshake_check(s, 0) == COOKIE_FIRST)
		return pass_begin_anew(ctx, s);
	if (pass_is_strange(flow, &s->packet, FLOW_SIDE_CLIENT))
		return VERDICT_OUT_OF_WINDOW;
	return pass_quickly(flow, &s->packet, FLOW_SIDE_CLIENT) ? pass_to_pod(ctx, s, flow)
								: pass_from_client(ctx, s);
}

static __always_inline int ingress_tcp(struct packet_context *ctx, struct scratch *s)
{
	struct listener *listener;
	struct flow_ref ref;
	struct flow *flow;

	if (!flow_port_used(PORTS_ENDPOINT, s->packet.key.source_port) &&
	    !flow_port_used(PORTS_LISTENER, s->packet.key.destination_port))
		return VERDICT_NOT_OURS;
	if (ctx->vlan_present) /* it comes again by the VLAN's device, without the tag */
		return VERDICT_NOT_OURS;
	flow = flow_find(&s->packet.key, &ref);
	if (flow) {
		packet_parse_rest(ctx, &s->packet);
		return ingress_flow(ctx, s, &ref, flow);
	}
	listener = flow_find_listener(&s->packet);
	if (!listener)
		return VERDICT_NOT_OURS;
	packet_parse_rest(ctx, &s->packet);
	return ingress_listener(ctx, s, listener->learned);
}

static __always_inline int ingress_decide(struct packet_context *ctx, struct scratch *s)
{
	int parsed = packet_parse(ctx, &s->packet);

	if (parsed == PARSE_TCP)
		return ingress_tcp(ctx, s);
	if (parsed == PARSE_ICMP)
		return icmp_receive(ctx, s);
	if (parsed == PARSE_IRREGULAR)
		return irregular_check(ctx, s);
	if (parsed == PARSE_MALFORMED && flow_find_listener(&s->packet))
		return VERDICT_MALFORMED;
	return VERDICT_NOT_OURS;
}

SEC("tc")
int pathroute_ingress(struct __sk_buff *ctx)
{
	__u32 zero = 0;
	struct scratch *s = bpf_map_lookup_elem(&scratch_map, &zero);
	__u32 verdict;

	if (!s || s->busy || !packet_is_news(ctx, &s->packet))
		return ACTION_PASS;
	s->packet.action = ACTION_DROP;
	s->busy = 1;
	verdict = ingress_decide(ctx, s);
	s->busy = 0;
	counters_verdict(verdict);
	if (verdict == VERDICT_NOT_OURS)
		return ACTION_PASS;
	return s->packet.egress && s->packet.action == ACTION_DROP ? ACTION_SWALLOW
								   : s->packet.action;
}

static __always_inline int egress_tcp(struct packet_context *ctx, struct scratch *s)
{
	struct flow_ref ref;
	struct flow *flow;

	if (!flow_port_used(PORTS_ENDPOINT, s->packet.key.source_port))
		return VERDICT_NOT_OURS;
	flow = flow_find(&s->packet.key, &ref);
	if (!flow || FLOW_TAG_SIDE(ref.tag) != FLOW_SIDE_POD)
		return VERDICT_NOT_OURS;
	packet_parse_rest(ctx, &s->packet);
	s->packet.slot = ref.slot;
	s->packet.generation = FLOW_TAG_GENERATION(ref.tag);
	s->packet.switches = READ_ONCE(flow->switches);
	s->packet.leg = FLOW_TAG_LEG(ref.tag);
	return s->packet.leg == flow->leg.id && pass_quickly(flow, &s->packet, FLOW_SIDE_POD)
		       ? pass_to_client(ctx, s, flow)
		       : pass_from_pod(ctx, s);
}

static __always_inline int egress_decide(struct packet_context *ctx, struct scratch *s)
{
	int parsed = packet_parse(ctx, &s->packet);

	if (parsed == PARSE_TCP)
		return egress_tcp(ctx, s);
	return parsed == PARSE_ICMP ? icmp_receive(ctx, s) : VERDICT_NOT_OURS;
}

/* With DELIVERY_CHAIN, on packets that leave a device: those of pods have come through the stack as
 * the pods sent them, and are translated behind it. */
SEC("?tc")
int pathroute_chain(struct __sk_buff *ctx)
{
	__u32 zero = 0;
	struct scratch *s = bpf_map_lookup_elem(&scratch_map, &zero);
	__u32 verdict;

	if (!s || s->busy) /* sent by the program that is busy */
		return ACTION_PASS;
	s->packet.action = ACTION_DROP;
	s->packet.egress = 1;
	s->busy = 1;
	verdict = egress_decide(ctx, s);
	if (verdict != VERDICT_NOT_OURS)
		counters_verdict(verdict);
	s->busy = 0;
	return verdict == VERDICT_NOT_OURS ? ACTION_PASS : s->packet.action;
}

/* Not attached: see struct due_send. Packets leave as clones, whatever is returned. */
SEC("tc")
int pathroute_send(struct __sk_buff *ctx)
{
	__u32 zero = 0;
	struct scratch *s = bpf_map_lookup_elem(&send_scratch, &zero);
	__u32 verdict;

	if (!s)
		return ACTION_DROP;
	verdict = send_due(ctx, s, ctx->cb[0], ctx->cb[1]);
	if (verdict != VERDICT_CONTINUE)
		counters_verdict(verdict);
	return ACTION_DROP;
}

/* Not attached either. A program of type "syscall" may sleep, and Linux 6.1 gives such ones no maps
 * with a lock. */
SEC("tc")
int pathroute_sweep_start(struct __sk_buff *ctx)
{
	(void)ctx;
	return sweep_start();
}

char _license[] SEC("license") = "Dual BSD/GPL";
