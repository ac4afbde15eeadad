/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Segments of a joined flow that pass: the quick way for those that need nothing but translation,
 * and the claimed one, which also moves options in any layout.
 */
#ifndef PATHROUTE_TRANSLATE_H
#define PATHROUTE_TRANSLATE_H

#include "ending.h"
#include "join.h"
#include "pmtu.h"

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

/* True when all bytes of the packet lie before what is to be read next. The last byte of a reply is
 * for the claimed way: it completes the reply. */
static __always_inline int pass_is_inside(const struct flow *flow, const struct packet *packet,
					  int side)
{
	__u32 end = packet->seq + packet->length;

	if (side == FLOW_SIDE_CLIENT)
		return !seq_after(end, flow->request.next);
	return seq_before(end + flow->leg.d, flow->reply.next);
}

/* True when nothing but translation is to be done. A hold that stays until the reply begins needs
 * no acknowledgements: these pass where ACK storms are noticed. */
static __always_inline int pass_quickly(const struct flow *flow, const struct packet *packet,
					int side)
{
	__u32 slow = FLOW_MARKED | FLOW_PENDING | FLOW_RESET_SEEN;

	if (packet->length || !(flow->progress & FLOW_SAFE))
		slow |= FLOW_HELD;
	if (flow->state != FLOW_SPLICED || (flow->progress & slow) ||
	    (flow->leg.flags & TCP_SIDE_ENDED))
		return 0;
	if (packet->length && !pass_is_inside(flow, packet, side))
		return 0;
	if ((packet->flags & (TCP_SYN | TCP_FIN | TCP_RST)) || pass_ends(flow, packet, side))
		return 0;
	return !packet->odd_options;
}

/* Unclaimed, the slot may have been freed and taken again since it was looked up, or the leg may
 * have been changed: nothing that was read from it may leave then, or be noted. */
static __always_inline int pass_is_stale(const struct flow *flow, const struct packet *packet)
{
	return READ_ONCE(flow->generation) != packet->generation ||
	       READ_ONCE(flow->switches) != packet->switches;
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
	if (pass_is_stale(flow, packet))
		return VERDICT_CONTENDED;
	splice_note_to_pod(flow, packet);
	splice_note_client_next(flow, packet->seq + packet->length);
	splice_count_bytes(flow, packet->length, 1);
	return splice_send(ctx, s, splice, 0);
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
	if (pass_is_stale(flow, packet))
		return VERDICT_CONTENDED;
	splice_note_to_client(flow, packet, splice->pod_ack, splice->tsval);
	splice_note_pod_next(flow, splice->seq + packet->length);
	splice_count_bytes(flow, packet->length, 0);
	return splice_send(ctx, s, splice, 0);
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

/* True when a block names bytes that an earlier pod has sent, received twice (RFC 2883). `first` is
 * the leg's first byte. Soon after that only: later it may look as if it were to come. */
static __always_inline int pass_sacks_before(const struct scratch *s, __u32 first)
{
	if (s->packet.ack - first > ENDING_REACH)
		return 0;
	for (__u32 i = 0; i < 4; i++) {
		__u32 at = (s->options.sack_at + i * 8) & 63;

		if (i >= s->options.sack_blocks)
			break;
		if (seq_before(tcp_options_word(&s->option_bytes[0][at]), first))
			return 1;
	}
	return 0;
}

/* Makes the SACK option NOPs. */
static __always_inline void pass_erase_sack(struct scratch *s)
{
	for (__u32 i = 0; i < 2 + 4 * 8; i++) {
		if (i >= 2 + s->options.sack_blocks * 8)
			break;
		s->option_bytes[1][(s->options.sack_at - 2 + i) & 63] = TCP_OPTION_NOP;
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
	if (s->options.sack_at && to_pod && pass_sacks_before(s, flow->isn + 1))
		pass_erase_sack(s);
	else if (s->options.sack_at)
		pass_move_sack(s, to_pod ? -flow->leg.d : flow->leg.e);
	if (bpf_skb_store_bytes(ctx, s->packet.l4 + TCP_LENGTH, s->option_bytes[1], length, 0))
		return -1;
	return bpf_csum_diff((__be32 *)s->option_bytes[0], TCP_OPTIONS_MAX,
			     (__be32 *)s->option_bytes[1], TCP_OPTIONS_MAX, 0);
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
	odd = s->packet.odd_options;
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

#endif
