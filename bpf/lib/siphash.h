/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * SipHash-1-3 over whole 64-bit words (Aumasson, Bernstein: "SipHash: a fast short-input PRF"):
 * one round a word, three at the end. Inputs here have a fixed number of words, so the length
 * is not mixed in; callers separate uses by a tag in the last word.
 */
#ifndef PATHROUTE_SIPHASH_H
#define PATHROUTE_SIPHASH_H

#include "compiler.h"

struct siphash {
	__u64 v0;
	__u64 v1;
	__u64 v2;
	__u64 v3;
};

static __always_inline __u64 siphash_rotate(__u64 word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static __always_inline void siphash_round(struct siphash *state)
{
	state->v0 += state->v1;
	state->v2 += state->v3;
	state->v1 = siphash_rotate(state->v1, 13) ^ state->v0;
	state->v3 = siphash_rotate(state->v3, 16) ^ state->v2;
	state->v0 = siphash_rotate(state->v0, 32);
	state->v2 += state->v1;
	state->v0 += state->v3;
	state->v1 = siphash_rotate(state->v1, 17) ^ state->v2;
	state->v3 = siphash_rotate(state->v3, 21) ^ state->v0;
	state->v2 = siphash_rotate(state->v2, 32);
}

static __always_inline void siphash_init(struct siphash *state, __u64 key0, __u64 key1)
{
	state->v0 = key0 ^ 0x736f6d6570736575ULL;
	state->v1 = key1 ^ 0x646f72616e646f6dULL;
	state->v2 = key0 ^ 0x6c7967656e657261ULL;
	state->v3 = key1 ^ 0x7465646279746573ULL;
}

static __always_inline void siphash_word(struct siphash *state, __u64 word)
{
	state->v3 ^= word;
	siphash_round(state);
	state->v0 ^= word;
}

static __always_inline __u64 siphash_end(struct siphash *state)
{
	state->v2 ^= 0xff;
	siphash_round(state);
	siphash_round(state);
	siphash_round(state);
	return state->v0 ^ state->v1 ^ state->v2 ^ state->v3;
}

#endif
