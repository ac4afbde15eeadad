/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The TCP header of the packet at hand: where it is, and what its checksum field tells. */
#ifndef PATHROUTE_PACKET_TCP_H
#define PATHROUTE_PACKET_TCP_H

#include <bpf/bpf_endian.h>

#include "checksum.h"
#include "packet_layout.h"
#include "scratch.h"

/* Of the packet at `data`, which packet_parse() has read. The caller compares it with the end. */
static __always_inline const __be32 *packet_tcp(const void *data, const struct packet *packet)
{
	return data + ETH_LENGTH + (packet->ipv6 ? IPV6_LENGTH : IPV4_LENGTH);
}

/* The pseudo header's sum, of the packet as it arrived. */
static __always_inline __u64 packet_pseudo_sum(const struct packet *packet)
{
	__u64 sum = checksum_address(&packet->key.source) +
		    checksum_address(&packet->key.destination) + bpf_htons(PROTOCOL_TCP) +
		    bpf_htonl(packet->payload - packet->l4 + packet->length);

	/* The two constant words of a mapped address pair are no part of an IPv4 pseudo header. */
	return packet->ipv6 ? sum : sum - 2 * (__u64)bpf_htonl(0xffff);
}

/* The field holds the pseudo header's sum, as a local sender's does, which leaves the rest to the
 * device. A whole checksum is equal by chance once in 65536. */
static __always_inline int packet_sum_is_pseudo(const struct packet *packet)
{
	return checksum_fold16(packet_pseudo_sum(packet)) == packet->tcp_checksum;
}

#endif
