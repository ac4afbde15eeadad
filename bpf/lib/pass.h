/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet of a flow: the quick way for spliced segments, and the claimed way for all others.
 */
#ifndef PATHROUTE_PASS_H
#define PATHROUTE_PASS_H

#include "ending.h"
#include "gather.h"
#include "pmtu.h"
#include "release.h"

/* True when the packet acknowledges a FIN that was not acknowledged before. */
static __always_inline int pass_ends(const struct flow *flow, const struct packet *packet, int side)
{
	__u32 fins = flow->progress & (FLOW_CLIENT_FIN | FLOW_POD_FIN);

	if (!fins)
		return 0;
	if (side == FLOW_SIDE_CLIENT)
		return (fins & FLOW_POD_FIN) && !(flow->progress & FLOW_POD_FIN_ACKED) &&
		       !seq_before(packet->ack, flow->pod_fin);
	return (fins & FLOW_CLIENT_FIN) && !(flow->progress & FLOW_CLIENT_FIN_ACKED) &&
	       !seq_before(packet->ack + flow->leg.e, flow->client_fin);
}

/* True when nothing but translation is to be done. */
static __always_inline int pass_quickly(const struct flow *flow, const struct packet *packet,
					int side)
{
	if (flow->state != FLOW_SPLICED || (flow->progress & (FLOW_HELD | FLOW_RESET_SEEN)))
		return 0;
	if ((packet->flags & (TCP_SYN | TCP_FIN | TCP_RST)) || pass_ends(flow, packet, side))
		return 0;
	return !packet->options_length || (packet->has_timestamps && packet->options_length == 12);
}

/* Unclaimed, the slot may have been freed and taken again since it was looked up: nothing that was
 * read from it may leave then. */
static __always_inline int pass_is_stale(const struct flow *flow, const struct packet *packet)
{
	return READ_ONCE(flow->generation) != packet->generation;
}

static __always_inline int pass_to_pod(struct packet_context *ctx, struct scratch *s,
				       struct flow *flow)
{
	struct packet *packet = &s->packet;
	struct splice *splice = &s->splice;

	if (packet->flags == TCP_ACK && !packet->length &&
	    ending_storm(flow, packet, FLOW_SIDE_CLIENT))
		return VERDICT_STORM_STOPPED;
	splice_fill_to_pod(flow, s, splice);
	if (splice_too_big(ctx, packet, splice->mtu))
		return pmtu_send(ctx, s, splice->mtu, VERDICT_PMTU_TO_CLIENT);
	splice_note_to_pod(flow, packet);
	splice_count_bytes(flow, packet->length, 1);
	return pass_is_stale(flow, packet) ? VERDICT_CONTENDED : splice_send(ctx, s, splice, 0);
}

static __always_inline int pass_to_client(struct packet_context *ctx, struct scratch *s,
					  struct flow *flow)
{
	struct packet *packet = &s->packet;
	struct splice *splice = &s->splice;

	if (packet->flags == TCP_ACK && !packet->length &&
	    ending_storm(flow, packet, FLOW_SIDE_POD))
		return VERDICT_STORM_STOPPED;
	splice_fill_to_client(flow, s, splice);
	if (splice_too_big(ctx, packet, splice->mtu))
		return pmtu_send(ctx, s, splice->mtu, VERDICT_PMTU_TO_POD);
	splice_note_to_client(flow, packet);
	splice_count_bytes(flow, packet->length, 0);
	return pass_is_stale(flow, packet) ? VERDICT_CONTENDED : splice_send(ctx, s, splice, 0);
}

static __always_inline void pass_put_word(__u8 *bytes, __u32 word)
{
	bytes[0] = word >> 24;
	bytes[1] = word >> 16;
	bytes[2] = word >> 8;
	bytes[3] = word;
}

/* SACK edges (RFC 2018) name bytes of the other direction: they move like acknowledgements. */
static __always_inline void pass_move_sack(struct scratch *s, __u32 shift)
{
	for (__u32 i = 0; i < 8; i++) {
		__u32 at = (s->options.sack_at + i * 4) & 63;

		if (i >= s->options.sack_blocks * 2)
			break;
		pass_put_word(&s->option_bytes[1][at],
			      tcp_options_word(&s->option_bytes[0][at]) + shift);
	}
}

/* Options in any other layout than the usual one. Yields the checksum difference, or < 0. */
__noinline __s64 pass_options(struct packet_context *ctx, struct scratch *s, __u32 slot,
			      __u32 to_pod)
{
	struct flow *flow = flow_at(slot);
	__u64 length;
	__u32 at;

	if (!s || !flow || packet_load_options(ctx, s))
		return -1;
	length = s->packet.options_length;
	if (s->options.forbidden || !LENGTH_FITS(length, TCP_OPTIONS_MAX))
		return -1;
	__builtin_memcpy(s->option_bytes[1], s->option_bytes[0], TCP_OPTIONS_MAX);
	at = s->options.timestamps_at & 63;
	if (s->options.timestamps && to_pod) {
		pass_put_word(&s->option_bytes[1][at + 4],
			      splice_tsecr_to_pod(flow, s->packet.tsecr));
	} else if (s->options.timestamps) {
		pass_put_word(&s->option_bytes[1][at], s->packet.tsval + flow->leg.t);
	}
	if (s->options.sack_at)
		pass_move_sack(s, to_pod ? -flow->leg.d : flow->leg.e);
	if (bpf_skb_store_bytes(ctx, s->packet.l4 + TCP_LENGTH, s->option_bytes[1], length, 0))
		return -1;
	return bpf_csum_diff((__be32 *)s->option_bytes[0], TCP_OPTIONS_MAX,
			     (__be32 *)s->option_bytes[1], TCP_OPTIONS_MAX, 0);
}

/* True when the usual layout is not the packet's. */
static __always_inline int pass_has_odd_options(const struct packet *packet)
{
	return packet->options_length && !(packet->has_timestamps && packet->options_length == 12);
}

/* Translates a packet of a claimed, joined flow. */
__noinline int pass_translate(struct packet_context *ctx, struct scratch *s, __u32 slot,
			      __u32 to_pod)
{
	struct flow *flow = flow_at(slot);
	struct splice *splice;
	__s64 diff = 0;
	int odd;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	splice = &s->splice;
	odd = pass_has_odd_options(&s->packet);
	if (odd) {
		diff = pass_options(ctx, s, slot, to_pod);
		if (diff < 0)
			return VERDICT_FLAGS_FORBIDDEN;
	}
	if (to_pod)
		splice_fill_to_pod(flow, s, splice);
	else
		splice_fill_to_client(flow, s, splice);
	if (splice_too_big(ctx, &s->packet, splice->mtu))
		return pmtu_send(ctx, s, splice->mtu,
				 to_pod ? VERDICT_PMTU_TO_CLIENT : VERDICT_PMTU_TO_POD);
	splice_count_bytes(flow, s->packet.length, to_pod);
	if (odd)
		s->packet.has_timestamps = 0; /* they are written already */
	return splice_send(ctx, s, splice, diff);
}

/* A segment of the client in the tail of a flow that we answered ourselves. */
static __always_inline int pass_after_reply(struct packet_context *ctx, struct scratch *s,
					    struct flow *flow, __u32 slot)
{
	if (!flow->verdict)
		return reset_send(ctx, s, VERDICT_NO_FLOW);
	if (packet_seq_end(&s->packet) == s->packet.seq)
		return VERDICT_ACK_SWALLOWED;
	return reply_acknowledge(ctx, s, slot, flow->pod_fin, VERDICT_CLOSING_ACKNOWLEDGED);
}

/* A segment of the client on a joined flow: SPLICED or TAIL. */
__noinline int pass_client_slow(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct packet *packet;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	packet = &s->packet;
	if (!flow->leg.pod_port)
		return pass_after_reply(ctx, s, flow, slot);
	splice_note_to_pod(flow, packet);
	if ((flow->progress & FLOW_HELD) && packet->length &&
	    seq_before(packet->seq, flow->client_start + hold_length(flow)))
		return release_from(ctx, s, slot, flow->leg.pod_ack - flow->client_start,
				    VERDICT_HOLD_REPEATED);
	if (packet->flags & TCP_RST)
		ending_reset(flow, packet, FLOW_SIDE_CLIENT, packet->seq);
	else
		ending_note(flow, packet, FLOW_SIDE_CLIENT, packet_seq_end(packet), packet->ack);
	return pass_translate(ctx, s, slot, 1);
}

/* A segment of the pod on a joined flow: SPLICED or TAIL. */
__noinline int pass_pod_slow(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct packet *packet;
	__u32 shift;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	packet = &s->packet;
	shift = flow->leg.d;
	if (packet->flags & TCP_SYN) /* our ACK was lost: it goes again with the hold */
		return flow->progress & FLOW_HELD
			       ? release_from(ctx, s, slot, 0, VERDICT_HOLD_REPEATED)
			       : VERDICT_OUT_OF_WINDOW;
	splice_note_to_client(flow, packet);
	if ((flow->progress & FLOW_HELD) &&
	    !seq_before(flow->leg.pod_ack, flow->client_start + hold_length(flow)))
		hold_drop(flow);
	if (packet->flags & TCP_RST)
		ending_reset(flow, packet, FLOW_SIDE_POD, packet->seq + shift);
	else
		ending_note(flow, packet, FLOW_SIDE_POD, packet_seq_end(packet) + shift,
			    packet->ack + flow->leg.e);
	return pass_translate(ctx, s, slot, 0);
}

/* Whether the packet may be of a client that starts anew on the tuple of an old flow. */
static __always_inline int pass_may_begin(struct flow *flow, const struct packet *packet)
{
	if ((packet->flags & (TCP_SYN | TCP_RST | TCP_ACK)) != TCP_ACK ||
	    packet->seq == flow->client_start)
		return 0;
	if (flow_syn_seen(flow, packet->now))
		return 1;
	return packet->length && (flow->state == FLOW_TAIL || flow->state == FLOW_CLOSING ||
				  flow->state == FLOW_OVERDUE);
}

/* Turns the packet into a RST for the pod of a flow that its client has forgotten. */
__noinline int pass_reset_leg(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);

	if (!s || !flow)
		return VERDICT_INTERNAL;
	release_segment(&s->segment, flow, 0, 0);
	segment_no_options(&s->segment);
	s->segment.seq = flow->leg.pod_ack - flow->leg.e;
	s->segment.flags = TCP_RST;
	if (segment_write(ctx, s) < 0)
		return VERDICT_INTERNAL;
	s->packet.action = bpf_redirect(flow->leg.ifindex, 0);
	return VERDICT_OLD_LEG_RESET;
}

/* A client that has proved by a cookie that it starts anew: the old flow makes room. Its pod is
 * told in place of the handshake's ACK, so that no stale connection is in the way of ours. */
__noinline int pass_begin_anew(struct packet_context *ctx, struct scratch *s)
{
	int verdict = VERDICT_ACK_SWALLOWED;
	struct flow *flow;

	if (!s)
		return VERDICT_INTERNAL;
	flow = flow_at(s->packet.slot);
	if (!flow || !flow_claim(flow, s->packet.generation))
		return VERDICT_CONTENDED;
	if (!s->packet.length && flow->state == FLOW_SPLICED)
		verdict = pass_reset_leg(ctx, s, s->packet.slot);
	flow_free_slot(s->packet.slot);
	return s->packet.length ? gather_first(ctx, s) : verdict;
}

static __always_inline int pass_client_claimed(struct packet_context *ctx, struct scratch *s,
					       struct flow *flow, __u32 slot)
{
	struct packet *packet = &s->packet;

	flow->seen = packet->now;
	if (redirect_is_lost(flow, packet))
		return redirect_repeat(ctx, s, slot);
	if (flow->state == FLOW_CLOSING)
		return reply_closing(ctx, s, slot);
	if (flow->state == FLOW_OVERDUE && !(packet->flags & TCP_RST))
		return reply_begin(ctx, s, slot, VERDICT_HEAD_TIMEOUT);
	if (flow->state == FLOW_SPLICED || flow->state == FLOW_TAIL)
		return pass_client_slow(ctx, s, slot);
	if (packet->flags & TCP_RST) {
		if (packet->seq - flow->client_next <= !!(flow->progress & FLOW_CLIENT_FIN))
			flow_free_slot(slot);
		return VERDICT_RST_SWALLOWED;
	}
	if ((packet->flags & (TCP_SYN | TCP_ACK)) != TCP_ACK)
		return VERDICT_FLAGS_FORBIDDEN;
	if (pass_has_odd_options(packet) && (packet_load_options(ctx, s) || s->options.forbidden))
		return VERDICT_FLAGS_FORBIDDEN;
	if (!gather_fits(flow, packet))
		return VERDICT_OUT_OF_WINDOW;
	flow->client_window = packet->window;
	if (!seq_after(packet->seq, flow->client_next)) /* RFC 7323 4.3 */
		flow->client_tsval = packet->tsval;
	return flow->state == FLOW_GATHERING ? gather_more(ctx, s, slot)
					     : gather_waiting(ctx, s, slot);
}

/* The claimed way of a client's packet. */
__noinline int pass_from_client(struct packet_context *ctx, struct scratch *s)
{
	struct flow *flow;
	int verdict;

	if (!s)
		return VERDICT_INTERNAL;
	flow = flow_at(s->packet.slot);
	if (!flow || !flow_claim(flow, s->packet.generation))
		return VERDICT_CONTENDED;
	verdict = pass_client_claimed(ctx, s, flow, s->packet.slot);
	flow_release(flow, s->packet.generation);
	return verdict;
}

/* The claimed way of a pod's packet. */
__noinline int pass_from_pod(struct packet_context *ctx, struct scratch *s)
{
	struct flow *flow;
	int verdict;

	if (!s)
		return VERDICT_INTERNAL;
	flow = flow_at(s->packet.slot);
	if (!flow || !flow_claim(flow, s->packet.generation))
		return VERDICT_CONTENDED;
	flow->seen = s->packet.now;
	if (flow->state == FLOW_SPLICED || flow->state == FLOW_TAIL)
		verdict = pass_pod_slow(ctx, s, s->packet.slot);
	else if (flow->state == FLOW_CONNECTING)
		verdict = join_from_pod(ctx, s, flow, s->packet.slot);
	else
		verdict = reset_send(ctx, s, VERDICT_NO_FLOW);
	flow_release(flow, s->packet.generation);
	return verdict;
}

#endif
