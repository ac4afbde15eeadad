/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Eight bytes at a time in one 64-bit word, little-endian: the first byte is the lowest.
 *
 * A mask has bit 7 of each marked byte set. "First" is the marked byte of the lowest address.
 * Everything here is free of branches, so that the verifier sees one path.
 */
#ifndef PATHROUTE_SWAR_H
#define PATHROUTE_SWAR_H

#include "compiler.h"

#define SWAR_ONES 0x0101010101010101ULL
#define SWAR_TOPS 0x8080808080808080ULL
#define SWAR_LOWS 0x7f7f7f7f7f7f7f7fULL
#define SWAR_CASE 0x2020202020202020ULL
#define SWAR_ALL(byte) (SWAR_ONES * (byte))

/* Index of the first marked byte, 8 if none is. BPF has no instruction for it: the bits below the
 * lowest one, one of each byte, are added up in the top byte by a multiplication. */
static __always_inline __u64 swar_first(__u64 mask)
{
	__u64 low = mask >> 7;

	return (((low - 1) & ~low & SWAR_ONES) * SWAR_ONES) >> 56;
}

/* Bytes below `limit` (at most 0x80). The first mark is exact, later ones may be false. */
static __always_inline __u64 swar_below(__u64 word, __u8 limit)
{
	return (word - SWAR_ALL(limit)) & ~word & SWAR_TOPS;
}

/* Bytes above `limit` (below 0x80), all marks exact. */
static __always_inline __u64 swar_above(__u64 word, __u8 limit)
{
	return (((word & SWAR_LOWS) + SWAR_ALL(0x7f - limit)) | word) & SWAR_TOPS;
}

/* Bytes that are zero. The first mark is exact, later ones may be false. */
static __always_inline __u64 swar_zero(__u64 word)
{
	return (word - SWAR_ONES) & ~word & SWAR_TOPS;
}

/* Bytes equal to `byte`. The first mark is exact, later ones may be false. */
static __always_inline __u64 swar_equal(__u64 word, __u8 byte)
{
	return swar_zero(word ^ SWAR_ALL(byte));
}

/* Bytes equal to `byte`, all marks exact. */
static __always_inline __u64 swar_equal_exact(__u64 word, __u8 byte)
{
	__u64 difference = word ^ SWAR_ALL(byte);

	return ~(((difference & SWAR_LOWS) + SWAR_LOWS) | difference) & SWAR_TOPS;
}

/* Bytes from `first` to `last` (both below 0x80), all marks exact; `lows` has no bit 7 set. */
static __always_inline __u64 swar_within(__u64 lows, __u8 first, __u8 last)
{
	return (lows + SWAR_ALL(0x80 - first)) & ~(lows + SWAR_ALL(0x7f - last)) & SWAR_TOPS;
}

#endif
