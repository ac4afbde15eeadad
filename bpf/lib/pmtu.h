/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* "Fragmentation needed" (RFC 1191) and "Packet Too Big" (RFC 8201): redirects bypass the host's
 * forwarding, so nobody else tells a sender of a smaller MTU. Limited like RSTs. */
#ifndef PATHROUTE_PMTU_H
#define PATHROUTE_PMTU_H

#include "reset.h"

#define PMTU_QUOTED_TCP 20
#define PMTU_V4_QUOTE (IPV4_LENGTH + PMTU_QUOTED_TCP)
#define PMTU_V6_QUOTE (IPV6_LENGTH + PMTU_QUOTED_TCP)
#define PMTU_V4_TOTAL (IPV4_LENGTH + 8 + PMTU_V4_QUOTE)
#define PMTU_V6_TOTAL (IPV6_LENGTH + 8 + PMTU_V6_QUOTE)

struct pmtu_v4 {
	__u8 pad[2];
	__u8 destination_mac[6];
	__u8 source_mac[6];
	__be16 protocol;
	__be32 ip[5];
	__be32 icmp[2];
	__be32 quote[PMTU_V4_QUOTE / 4];
};

struct pmtu_v6 {
	__u8 pad[2];
	__u8 destination_mac[6];
	__u8 source_mac[6];
	__be16 protocol;
	__be32 ip[10];
	__be32 icmp[2];
	__be32 quote[PMTU_V6_QUOTE / 4];
};

static __always_inline void pmtu_macs(const struct packet *packet, __u8 *destination)
{
	__builtin_memcpy(destination, packet->source_mac, 6);
	__builtin_memcpy(destination + 6, packet->destination_mac, 6);
}

static __always_inline int pmtu_v4(struct packet_context *ctx, struct scratch *s, __u32 mtu)
{
	struct pmtu_v4 *frame = (struct pmtu_v4 *)s->hold.data;
	__u64 sum = 0;

	if (bpf_skb_load_bytes(ctx, ETH_LENGTH, frame->quote, PMTU_V4_QUOTE))
		return -1;
	pmtu_macs(&s->packet, frame->destination_mac);
	frame->protocol = bpf_htons(ETH_IPV4);
	frame->ip[0] = bpf_htonl(0x45000000U | PMTU_V4_TOTAL);
	frame->ip[1] = 0;
	frame->ip[2] = bpf_htonl((__u32)SEGMENT_TTL << 24 | PROTOCOL_ICMP << 16);
	frame->ip[3] = s->packet.key.destination.word[3];
	frame->ip[4] = s->packet.key.source.word[3];
	for (int i = 0; i < 5; i++)
		sum += frame->ip[i];
	frame->ip[2] |= (__u32)(__u16)~checksum_fold16(sum) << 16;
	frame->icmp[0] = bpf_htonl(0x03040000);
	frame->icmp[1] = bpf_htonl(mtu);
	sum = frame->icmp[0] + (__u64)frame->icmp[1];
	for (int i = 0; i < PMTU_V4_QUOTE / 4; i++)
		sum += frame->quote[i];
	frame->icmp[0] |= (__u32)(__u16)~checksum_fold16(sum) << 16;
	if (bpf_skb_change_tail(ctx, ETH_LENGTH + PMTU_V4_TOTAL, 0))
		return -1;
	return bpf_skb_store_bytes(ctx, 0, frame->destination_mac, ETH_LENGTH + PMTU_V4_TOTAL, 0);
}

static __always_inline int pmtu_v6(struct packet_context *ctx, struct scratch *s, __u32 mtu)
{
	struct pmtu_v6 *frame = (struct pmtu_v6 *)s->hold.data;
	__u64 sum;

	if (bpf_skb_load_bytes(ctx, ETH_LENGTH, frame->quote, PMTU_V6_QUOTE))
		return -1;
	pmtu_macs(&s->packet, frame->destination_mac);
	frame->protocol = bpf_htons(ETH_IPV6);
	frame->ip[0] = bpf_htonl(0x60000000);
	frame->ip[1] = bpf_htonl((8U + PMTU_V6_QUOTE) << 16 | PROTOCOL_ICMPV6 << 8 | SEGMENT_TTL);
	for (int i = 0; i < 4; i++) {
		frame->ip[2 + i] = s->packet.key.destination.word[i];
		frame->ip[6 + i] = s->packet.key.source.word[i];
	}
	frame->icmp[0] = bpf_htonl(0x02000000);
	frame->icmp[1] = bpf_htonl(mtu);
	sum = checksum_address(&s->packet.key.source) +
	      checksum_address(&s->packet.key.destination) + bpf_htons(8 + PMTU_V6_QUOTE) +
	      bpf_htons(PROTOCOL_ICMPV6) + frame->icmp[0] + (__u64)frame->icmp[1];
	for (int i = 0; i < PMTU_V6_QUOTE / 4; i++)
		sum += frame->quote[i];
	frame->icmp[0] |= (__u32)(__u16)~checksum_fold16(sum) << 16;
	if (bpf_skb_change_tail(ctx, ETH_LENGTH + PMTU_V6_TOTAL, 0))
		return -1;
	return bpf_skb_store_bytes(ctx, 0, frame->destination_mac, ETH_LENGTH + PMTU_V6_TOTAL, 0);
}

/* Tells the sender of the packet at hand to send smaller ones. */
__noinline int pmtu_send(struct packet_context *ctx, struct scratch *s, __u32 mtu, __u32 verdict)
{
	if (!s)
		return VERDICT_INTERNAL;
	if (!reset_allowed(s->packet.now))
		return VERDICT_RESET_LIMITED;
	packet_read_macs(ctx, &s->packet);
	if (s->packet.ipv6 ? pmtu_v6(ctx, s, mtu) : pmtu_v4(ctx, s, mtu))
		return VERDICT_INTERNAL;
	segment_return(&s->packet);
	return verdict;
}

#endif
