/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Internet checksum (RFC 1071) on words in network order, and differences (RFC 1624). */
#ifndef PATHROUTE_CHECKSUM_H
#define PATHROUTE_CHECKSUM_H

#include "../datapath_abi.h"
#include "compiler.h"

/* Folds a sum of 32-bit words to 32 bits, as bpf_l4_csum_replace() takes it. */
static __always_inline __u32 checksum_fold32(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	return sum;
}

static __always_inline __u16 checksum_fold16(__u64 sum)
{
	__u32 folded = checksum_fold32(sum);

	folded = (folded & 0xffff) + (folded >> 16);
	folded = (folded & 0xffff) + (folded >> 16);
	return folded;
}

/* `count` is a constant. */
static __always_inline __u64 checksum_words(const __be32 *words, int count)
{
	__u64 sum = 0;

	for (int i = 0; i < count; i++)
		sum += words[i];
	return sum;
}

/* What replacing one word by another adds to a sum. */
static __always_inline __u64 checksum_change(__u32 old_word, __u32 new_word)
{
	return (__u64)new_word + (~old_word & 0xffffffffU);
}

static __always_inline __u64 checksum_address(const struct ip_address *address)
{
	return (__u64)address->word[0] + address->word[1] + address->word[2] + address->word[3];
}

/* The words of IPv4-mapped addresses that are not in the packet are equal on both sides. */
static __always_inline __u64 checksum_address_change(const struct ip_address *old_address,
						     const struct ip_address *new_address)
{
	return checksum_change(old_address->word[0], new_address->word[0]) +
	       checksum_change(old_address->word[1], new_address->word[1]) +
	       checksum_change(old_address->word[2], new_address->word[2]) +
	       checksum_change(old_address->word[3], new_address->word[3]);
}

#endif
