/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is sent although no packet comes. A timer cannot send: the agent runs this on a packet of
 * its own, which is built anew, and whose clones are transmitted.
 *
 * A reply of our own and a SYN are sent by the hook alone, in the client's packet. So a packet of
 * the client is put in at its device, as if it had repeated its last byte: all that the hook has
 * for repeated bytes serves here too, up to finding the link address of a pod that nobody has
 * talked to, which a clone cannot.
 */
#ifndef PATHROUTE_SEND_H
#define PATHROUTE_SEND_H

#include "abort.h"
#include "deliver.h"
#include "due.h"
#include "way.h"

/* A safe request ends with it. The last byte of another one goes to nobody. */
#define SEND_LAST_BYTE '\n'

/* The connection's last byte, or its first where any will do: that one is never taken for the
 * beginning of another connection. */
static __always_inline void send_repeat_segment(struct segment *segment, const struct flow *flow)
{
	int closing = flow->state == FLOW_CLOSING || flow->state == FLOW_OVERDUE;

	segment_of_client(segment, flow);
	segment->seq = closing ? flow->client_first : flow->client_next - 1;
	segment->ack = flow->state == FLOW_SPLICED ? flow->client_ack : flow->isn + 1;
	segment->payload_length = 1;
	segment->payload_sum = SEND_LAST_BYTE;
}

/* Builds the repeated byte. Negative: it cannot be. */
__noinline int send_build_repeat(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	__u8 byte = SEND_LAST_BYTE;
	int header;

	if (!s || !flow)
		return -1;
	send_repeat_segment(&s->segment, flow);
	header = segment_write(ctx, s);
	if (header < 0)
		return -1;
	return bpf_skb_store_bytes(ctx, header, &byte, sizeof(byte), 0);
}

/* A keep-alive probe: a pod that lives acknowledges it. */
__noinline int send_probe(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct flow_leg *leg;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	leg = &flow->leg;
	leg->probes++;
	park_segment_in_use(&s->segment, flow, TCP_ACK, leg->pod_ack - 1);
	if (leg->flags & TCP_SIDE_TIMESTAMPS)
		segment_timestamps(&s->segment, flow->client_tsval,
				   splice_tsecr_to_pod(flow, flow->tsval));
	if (segment_write(ctx, s) < 0)
		return VERDICT_INTERNAL;
	deliver_clone_to_pod(ctx, flow, leg);
	return VERDICT_SILENT_PROBED;
}

/* A connection that has outlived its limit: RST to the pod in use and to the client, FIN to parked
 * pods, for whose answers the flow stays a while. */
__noinline int send_farewell(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);

	if (!s || !flow)
		return VERDICT_INTERNAL;
	if (abort_segment(ctx, s, flow, slot) >= 0)
		way_clone_to_client(ctx, flow);
	leg_end(flow, &flow->leg);
	s->packet.slot = slot;
	flow_tail(flow, &s->packet);
	return VERDICT_FLOW_EXPIRED;
}

/* The agent was asked to send for a flow. VERDICT_CONTINUE: nothing is due any more, or the hook
 * has the packet now. */
static __always_inline int send_due(struct packet_context *ctx, struct scratch *s, __u32 slot,
				    __u32 generation)
{
	struct flow *flow = flow_at(slot);
	int verdict = VERDICT_CONTINUE;
	int repeat = -1;
	__u32 client;
	__u32 way;
	enum due due;

	if (!flow || !flow_claim(flow, generation))
		return VERDICT_CONTINUE;
	s->packet.now = bpf_ktime_get_coarse_ns() >> DATAPATH_TICK_SHIFT;
	s->packet.ipv6 = flow_is_ipv6(flow);
	s->packet.checksum = CHECKSUM_FULL;
	s->packet.egress = 0;
	client = flow->client_ifindex;
	way = flow->client_flags & TCP_SIDE_LOCAL ? 0 : BPF_F_INGRESS; /* where it comes from */
	due = due_of(flow, s->packet.now);
	if (due == DUE_FAREWELL)
		verdict = send_farewell(ctx, s, slot);
	else if (due == DUE_PROBE)
		verdict = send_probe(ctx, s, slot);
	else if (due == DUE_REPEAT)
		repeat = send_build_repeat(ctx, s, slot);
	flow_release(flow, generation);
	if (!repeat) /* the hook claims the flow, perhaps before this returns */
		bpf_clone_redirect(ctx, client, way);
	return verdict;
}

#endif
