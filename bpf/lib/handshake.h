/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The client's side of the handshake, without state (law 3): SYN -> SYN-ACK with a cookie, and
 * the corners before a flow exists. Both hooks do it.
 */
#ifndef PATHROUTE_HANDSHAKE_H
#define PATHROUTE_HANDSHAKE_H

#include "cookie.h"
#include "packet_options.h"
#include "reset.h"
#include "verify.h"

#define HANDSHAKE_OLD_SLOTS 6 /* how far back an expired cookie is recognised */

/* What the two MSS bits of a cookie mean; a client's MSS is rounded down. The last is Ethernet's,
 * the others are a tunnel's or two, and the protocol's minimum. */
static __always_inline __u16 handshake_mss(int ipv6, __u32 index)
{
	if (ipv6)
		return index == 3 ? 1440 : index == 2 ? 1380 : index == 1 ? 1220 : 536;
	return index == 3 ? 1460 : index == 2 ? 1400 : index == 1 ? 1300 : 536;
}

static __always_inline __u8 handshake_mss_index(int ipv6, __u32 mss)
{
	if (mss >= handshake_mss(ipv6, 3))
		return 3;
	if (mss >= handshake_mss(ipv6, 2))
		return 2;
	return mss >= handshake_mss(ipv6, 1);
}

static __always_inline __u32 handshake_slot(void)
{
	return bpf_ktime_get_coarse_ns() >> COOKIE_SLOT_SHIFT;
}

static __always_inline struct cookie_key *handshake_key(__u32 slot)
{
	__u32 index = slot % COOKIE_KEYS;
	struct cookie_key *key = bpf_map_lookup_elem(&cookie_keys, &index);

	return key && (key->word[0] | key->word[1]) ? key : NULL;
}

/* Checks the claim of the packet at hand. `back`: 1 for a keep-alive probe, which lies one byte
 * below the client's first. */
__noinline int handshake_check(struct scratch *s, __u32 back)
{
	struct cookie_claim claim = {};
	enum cookie_result result;
	struct cookie_key *key;
	__u32 slot;

	if (!s)
		return COOKIE_BAD;
	claim.isn = s->packet.ack - 1;
	claim.client_isn = s->packet.seq - 1 + back;
	claim.tsecr = s->packet.tsecr;
	claim.has_timestamps = s->packet.has_timestamps;
	slot = handshake_slot();
	slot -= (slot ^ claim.isn >> 31) & 1;
	key = handshake_key(slot);
	if (!key)
		return COOKIE_NO_KEY;
	result = cookie_check(key, &s->packet.key, slot, &claim);
	if (result != COOKIE_BAD || back)
		return result;
	for (int i = 2; i < HANDSHAKE_OLD_SLOTS; i += 2) {
		key = handshake_key(slot - i);
		if (key && cookie_check(key, &s->packet.key, slot - i, &claim) == COOKIE_FIRST)
			return COOKIE_OUTDATED;
	}
	return COOKIE_BAD;
}

static __always_inline void handshake_offer(const struct scratch *s, __u32 learned,
					    struct syn_options *ret)
{
	ret->mss = s->packet.ipv6 ? settings.mss_v6 : settings.mss_v4;
	ret->timestamps = s->options.timestamps && !(learned & LISTENER_NO_TIMESTAMPS);
	ret->sack = s->options.sack && !(learned & LISTENER_NO_SACK);
	ret->wscale = s->options.wscale == COOKIE_WSCALE_NONE ? COOKIE_WSCALE_NONE : SEGMENT_WSCALE;
	ret->tsecr = s->options.tsval;
}

/* SYN -> SYN-ACK. ECN is not negotiated: the reply has neither ECE nor CWR (RFC 3168 6.1.1). */
__noinline int handshake_syn(struct packet_context *ctx, struct scratch *s, __u32 learned)
{
	struct cookie_options remembered = {};
	struct syn_options offer = {};
	struct cookie_key *key;
	struct cookie cookie;
	__u32 slot;

	if (!s || packet_load_options(ctx, s))
		return VERDICT_INTERNAL;
	if (s->packet.flags & (TCP_ACK | TCP_FIN | TCP_RST) || s->options.forbidden)
		return VERDICT_FLAGS_FORBIDDEN;
	if (s->packet.length ? verify_load(ctx, s) != VERDICT_CONTINUE : !verify_headers(ctx, s))
		return VERDICT_CHECKSUM_BAD;
	slot = handshake_slot();
	key = handshake_key(slot);
	if (!key)
		return VERDICT_COOKIE_KEY_MISSING;
	handshake_offer(s, learned, &offer);
	remembered.wscale = s->options.wscale;
	remembered.sack = offer.sack;
	remembered.mss = handshake_mss_index(s->packet.ipv6, s->options.mss);
	packet_read_macs(ctx, &s->packet);
	segment_turn(&s->segment, &s->packet);
	cookie = cookie_make(key, &s->packet.key, slot, &remembered, s->packet.seq);
	offer.tsval = cookie.tsval;
	s->segment.seq = cookie.isn;
	s->segment.ack = s->packet.seq + 1;
	s->segment.flags = TCP_SYN | TCP_ACK;
	s->segment.window = SEGMENT_WINDOW;
	segment_syn_options(&s->segment, &offer);
	if (segment_write(ctx, s) < 0)
		return VERDICT_INTERNAL;
	segment_return(&s->packet);
	return VERDICT_SYN_ANSWERED;
}

/* A pure answer to the packet at hand: it repeats what the client acknowledges. */
static __always_inline int handshake_answer(struct packet_context *ctx, struct scratch *s,
					    __u32 ack, __u8 flags, int verdict)
{
	struct cookie_options options;

	cookie_unpack(s->packet.ack - 1, &options);
	packet_read_macs(ctx, &s->packet);
	segment_turn(&s->segment, &s->packet);
	segment_no_options(&s->segment);
	s->segment.seq = s->packet.ack;
	s->segment.ack = ack;
	s->segment.flags = flags;
	s->segment.window = options.wscale == COOKIE_WSCALE_NONE ? SEGMENT_WINDOW : CLOSING_WINDOW;
	if (s->packet.has_timestamps)
		segment_timestamps(&s->segment, s->packet.tsecr, s->packet.tsval);
	if (segment_write(ctx, s) < 0)
		return VERDICT_INTERNAL;
	segment_return(&s->packet);
	return verdict;
}

/* Segments without flow that carry no request bytes. `cookie`: the result of handshake_check(). */
__noinline int handshake_corner(struct packet_context *ctx, struct scratch *s, __u32 cookie)
{
	if (!s)
		return VERDICT_INTERNAL;
	if (cookie == COOKIE_FIRST && (s->packet.flags & TCP_FIN))
		return handshake_answer(ctx, s, packet_seq_end(&s->packet), TCP_FIN | TCP_ACK,
					VERDICT_FIN_ANSWERED);
	if (cookie == COOKIE_FIRST)
		return VERDICT_ACK_SWALLOWED;
	if (s->packet.length <= 1 && handshake_check(s, 1) == COOKIE_FIRST)
		return handshake_answer(ctx, s, s->packet.seq + 1, TCP_ACK, VERDICT_PROBE_ANSWERED);
	if (cookie == COOKIE_LATER)
		return s->packet.length ? VERDICT_COOKIE_LATER_SEGMENT : VERDICT_ACK_SWALLOWED;
	if (cookie == COOKIE_NO_KEY)
		return VERDICT_COOKIE_KEY_MISSING;
	return reset_send(ctx, s,
			  cookie == COOKIE_OUTDATED ? VERDICT_COOKIE_EXPIRED : VERDICT_NO_FLOW);
}

/* Segments of no flow, for a listener with `learned`. VERDICT_CONTINUE: request bytes, with a valid
 * cookie. */
static __always_inline int handshake_receive(struct packet_context *ctx, struct scratch *s,
					     __u32 learned)
{
	__u32 cookie;

	if (s->packet.flags & TCP_SYN)
		return handshake_syn(ctx, s, learned);
	if (s->packet.flags & TCP_RST)
		return VERDICT_RST_SWALLOWED;
	if (!(s->packet.flags & TCP_ACK))
		return VERDICT_FLAGS_FORBIDDEN;
	if (s->packet.odd_options && (packet_load_options(ctx, s) || s->options.forbidden))
		return VERDICT_FLAGS_FORBIDDEN;
	cookie = handshake_check(s, 0);
	if (cookie == COOKIE_FIRST && s->packet.length)
		return VERDICT_CONTINUE;
	return handshake_corner(ctx, s, cookie);
}

#endif
