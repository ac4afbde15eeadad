/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * SYN cookies (RFC 4987 3.6): the SYN-ACK's ISN carries what must be remembered, and a proof.
 *
 *   31     time slot, lowest bit          30..27  client's window scale, 15: none
 *   26     SACK permitted                 25..24  MSS, index in a table
 *   23..12 MAC over tuple, slot, options and the client's ISN >> 14
 *   11..0  MAC over tuple, slot, options and the exact client ISN
 *
 * The second MAC proves the client's first segment. The first alone tells a later segment of the
 * same flight (its sequence number lies in the same or the next block of 16 KiB) from a forgery.
 * A client with timestamps also echoes 32 bits of MAC that left as our TSval (RFC 7323 3.2):
 * 56 bits in all; without timestamps the proof has 24 bits.
 */
#ifndef PATHROUTE_COOKIE_H
#define PATHROUTE_COOKIE_H

#include "../datapath_abi.h"
#include "siphash.h"

#define COOKIE_WSCALE_NONE 15
#define COOKIE_BLOCK_SHIFT 14
#define COOKIE_TAG_BLOCK (1ULL << 62)
#define COOKIE_TAG_EXACT (2ULL << 62)
#define COOKIE_BLOCK_MASK 0xfff000
#define COOKIE_EXACT_MASK 0x000fff

struct cookie_options {
	__u8 wscale; /* 0 to 14, COOKIE_WSCALE_NONE */
	__u8 sack;   /* 0 or 1 */
	__u8 mss;    /* index, 0 to 3 */
};

enum cookie_result {
	COOKIE_BAD = 0,
	COOKIE_FIRST,    /* proves the client's first segment */
	COOKIE_LATER,    /* a later segment of the first flight */
	COOKIE_OUTDATED, /* good, but too old */
	COOKIE_NO_KEY,
};

static __always_inline __u8 cookie_pack(const struct cookie_options *options)
{
	return (options->wscale & 15) << 3 | (options->sack & 1) << 2 | (options->mss & 3);
}

static __always_inline void cookie_unpack(__u32 isn, struct cookie_options *ret_options)
{
	ret_options->wscale = isn >> 27 & 15;
	ret_options->sack = isn >> 26 & 1;
	ret_options->mss = isn >> 24 & 3;
}

/* The part that both MACs share. `key->source` is the client. */
static __always_inline void cookie_begin(struct siphash *state, const struct cookie_key *secret,
					 const struct flow_key *key, __u32 slot, __u8 packed)
{
	const __u32 *client = (const __u32 *)key->source.word;
	const __u32 *listener = (const __u32 *)key->destination.word;

	siphash_init(state, secret->word[0], secret->word[1]);
	siphash_word(state, (__u64)client[0] << 32 | client[1]);
	siphash_word(state, (__u64)client[2] << 32 | client[3]);
	siphash_word(state, (__u64)listener[0] << 32 | listener[1]);
	siphash_word(state, (__u64)listener[2] << 32 | listener[3]);
	siphash_word(state, (__u64)key->source_port << 48 | (__u64)key->destination_port << 32 |
				    (__u64)(packed & 127) << 24 | (slot & 0xffffff));
}

static __always_inline __u64 cookie_mac(const struct siphash *begun, __u64 word)
{
	struct siphash state = *begun;

	siphash_word(&state, word);
	return siphash_end(&state);
}

static __always_inline __u32 cookie_block_mac(const struct siphash *begun, __u32 client_isn)
{
	return cookie_mac(begun, COOKIE_TAG_BLOCK | client_isn >> COOKIE_BLOCK_SHIFT) &
	       COOKIE_BLOCK_MASK;
}

/* Bits 11..0 go into the ISN, the upper half is the TSval. */
static __always_inline __u64 cookie_exact_mac(const struct siphash *begun, __u32 client_isn)
{
	return cookie_mac(begun, COOKIE_TAG_EXACT | client_isn);
}

struct cookie {
	__u32 isn;
	__u32 tsval; /* to send in the SYN-ACK */
};

/* Our answer to the SYN of `key` with `client_isn`. */
static __always_inline struct cookie cookie_make(const struct cookie_key *secret,
						 const struct flow_key *key, __u32 slot,
						 const struct cookie_options *options,
						 __u32 client_isn)
{
	__u8 packed = cookie_pack(options);
	struct siphash begun;
	struct cookie cookie;
	__u64 exact;

	cookie_begin(&begun, secret, key, slot, packed);
	exact = cookie_exact_mac(&begun, client_isn);
	cookie.tsval = exact >> 32;
	cookie.isn = (slot & 1) << 31 | (__u32)packed << 24 | cookie_block_mac(&begun, client_isn) |
		     (exact & COOKIE_EXACT_MASK);
	return cookie;
}

/* What a segment claims: `isn` is its acknowledgement - 1, `client_isn` its sequence number - 1. */
struct cookie_claim {
	__u32 isn;
	__u32 client_isn;
	__u32 tsecr;
	__u32 has_timestamps;
};

/* Checks a claim against one slot and its key. */
static __always_inline enum cookie_result cookie_check(const struct cookie_key *secret,
						       const struct flow_key *key, __u32 slot,
						       const struct cookie_claim *claim)
{
	struct siphash begun;
	__u32 block = claim->isn & COOKIE_BLOCK_MASK;
	__u64 exact;

	cookie_begin(&begun, secret, key, slot, claim->isn >> 24 & 127);
	exact = cookie_exact_mac(&begun, claim->client_isn);
	if (claim->has_timestamps && (__u32)(exact >> 32) != claim->tsecr)
		exact = ~(__u64)claim->isn;
	if (cookie_block_mac(&begun, claim->client_isn) == block)
		return (exact ^ claim->isn) & COOKIE_EXACT_MASK ? COOKIE_LATER : COOKIE_FIRST;
	if (cookie_block_mac(&begun, claim->client_isn - (1U << COOKIE_BLOCK_SHIFT)) == block)
		return COOKIE_LATER;
	return COOKIE_BAD;
}

#endif
