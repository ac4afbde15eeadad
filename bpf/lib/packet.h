/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * packet_parse() reads the headers into struct packet without changing anything. How the bytes are
 * reached, and what becomes of them, is the hook's: an includer that defines HOOK_XDP is at XDP,
 * any other at tc.
 */
#ifndef PATHROUTE_PACKET_H
#define PATHROUTE_PACKET_H

#include <bpf/bpf_endian.h>

#include "checksum.h"
#include "packet_tcp.h"
#ifdef HOOK_XDP
#include "packet_xdp.h"
#else
#include "packet_tc.h"
#endif

enum parse_result {
	PARSE_PASS = 0,  /* cannot be ours */
	PARSE_TCP,       /* struct packet is filled */
	PARSE_ICMP,      /* an ICMP or ICMPv6 packet, nothing filled but ipv6 and l4 */
	PARSE_IRREGULAR, /* IPv4 options, a first fragment or IPv6 extension headers */
	PARSE_MALFORMED, /* TCP with impossible lengths; the key is filled */
};

static __always_inline void packet_address_v4(struct ip_address *ret, __be32 address)
{
	ret->word[0] = 0;
	ret->word[1] = 0;
	ret->word[2] = bpf_htonl(0xffff);
	ret->word[3] = address;
}

static __always_inline void packet_address_v6(struct ip_address *ret, const __be32 *words)
{
	ret->word[0] = words[0];
	ret->word[1] = words[1];
	ret->word[2] = words[2];
	ret->word[3] = words[3];
}

/* Fills what lies in the TCP header; `tcp` points into the packet. */
static __always_inline int packet_parse_tcp(struct packet_context *ctx, struct packet *packet,
					    const __be32 *tcp, const void *end, __u32 ip_payload)
{
	__u32 header;
	__u32 word;

	if ((const void *)(tcp + 5) > end)
		return PARSE_PASS;
	packet->key.source_port = ((const __be16 *)tcp)[0];
	packet->key.destination_port = ((const __be16 *)tcp)[1];
	word = bpf_ntohl(tcp[3]);
	header = word >> 28 << 2;
	packet->seq = bpf_ntohl(tcp[1]);
	packet->ack = bpf_ntohl(tcp[2]);
	packet->window = word;
	packet->tcp_checksum = ((const __u16 *)tcp)[8];
	packet->flags = word >> 16;
	packet->has_timestamps = 0;
	packet->options_length = header - TCP_LENGTH;
	packet->payload = packet->l4 + header;
	packet->length = ip_payload - header;
	if (header < TCP_LENGTH || ip_payload < header ||
	    ip_payload > packet_size(ctx) - packet->l4)
		return PARSE_MALFORMED;
	if (header >= TCP_LENGTH + 12 && (const void *)(tcp + 8) <= end &&
	    tcp[5] == bpf_htonl(TIMESTAMPS_WORD)) {
		packet->has_timestamps = 1;
		packet->tsval = bpf_ntohl(tcp[6]);
		packet->tsecr = bpf_ntohl(tcp[7]);
	}
	return PARSE_TCP;
}

static __always_inline int packet_parse_v4(struct packet_context *ctx, struct packet *packet,
					   const __be32 *ip, const void *end)
{
	__u32 word;
	__u32 total;

	if ((const void *)(ip + 5) > end)
		return PARSE_PASS;
	word = bpf_ntohl(ip[0]);
	total = word & 0xffff;
	packet->ipv6 = 0;
	packet->l4 = ETH_LENGTH + IPV4_LENGTH;
	word >>= 24;
	if (word != 0x45 && word >> 4 == 4)
		return PARSE_IRREGULAR;
	if (word != 0x45)
		return PARSE_PASS;
	word = bpf_ntohl(ip[2]) >> 16 & 0xff;
	if (word == PROTOCOL_ICMP)
		return PARSE_ICMP;
	if (word != PROTOCOL_TCP)
		return PARSE_PASS;
	word = bpf_ntohl(ip[1]) & 0xffff;
	if (word & IPV4_FRAGMENT_OFFSET)
		return PARSE_PASS;
	if (word & IPV4_MORE_FRAGMENTS)
		return PARSE_IRREGULAR;
	if (!total && packet_gso_size(ctx)) /* BIG TCP */
		total = packet_size(ctx) - ETH_LENGTH;
	packet_address_v4(&packet->key.source, ip[3]);
	packet_address_v4(&packet->key.destination, ip[4]);
	return packet_parse_tcp(ctx, packet, ip + 5, end, total - IPV4_LENGTH);
}

static __always_inline int packet_parse_v6(struct packet_context *ctx, struct packet *packet,
					   const __be32 *ip, const void *end)
{
	__u32 payload;
	__u32 next;

	if ((const void *)(ip + 10) > end)
		return PARSE_PASS;
	payload = bpf_ntohl(ip[1]) >> 16;
	next = bpf_ntohl(ip[1]) >> 8 & 0xff;
	packet->ipv6 = 1;
	packet->l4 = ETH_LENGTH + IPV6_LENGTH;
	if (next == PROTOCOL_ICMPV6)
		return PARSE_ICMP;
	if (next == 0 || next == 43 || next == 44 || next == 60)
		return PARSE_IRREGULAR;
	if (next != PROTOCOL_TCP)
		return PARSE_PASS;
	if (!payload && packet_gso_size(ctx))
		payload = packet_size(ctx) - ETH_LENGTH - IPV6_LENGTH;
	packet_address_v6(&packet->key.source, ip + 2);
	packet_address_v6(&packet->key.destination, ip + 6);
	return packet_parse_tcp(ctx, packet, ip + 10, end, payload);
}

static __always_inline int packet_parse(struct packet_context *ctx, struct packet *packet)
{
	const __u8 *data;
	const void *end;
	__u16 protocol;

	packet_pull_headers(ctx);
	data = (const __u8 *)(long)ctx->data;
	end = (const void *)(long)ctx->data_end;
	if (data + ETH_LENGTH + IPV4_LENGTH > (const __u8 *)end)
		return PARSE_PASS;
	protocol = *(const __be16 *)(data + 12);
	if (protocol == bpf_htons(ETH_IPV4))
		return packet_parse_v4(ctx, packet, (const __be32 *)(data + ETH_LENGTH), end);
	if (protocol == bpf_htons(ETH_IPV6))
		return packet_parse_v6(ctx, packet, (const __be32 *)(data + ETH_LENGTH), end);
	return PARSE_PASS;
}

/* The rest of struct packet, for packets that are ours. */
static __always_inline void packet_parse_rest(struct packet_context *ctx, struct packet *packet)
{
	packet->now = bpf_ktime_get_coarse_ns() >> DATAPATH_TICK_SHIFT;
	packet->ifindex = packet_ifindex(ctx);
	packet->checksum = CHECKSUM_UNKNOWN;
	packet->odd_options =
		packet->options_length && !(packet->has_timestamps && packet->options_length == 12);
	packet->action = ACTION_DROP;
}

static __always_inline void packet_read_macs(struct packet_context *ctx, struct packet *packet)
{
	packet_load(ctx, 0, packet->destination_mac, 12);
}

/* The sequence number behind the packet's last byte, SYN and FIN counted. */
static __always_inline __u32 packet_seq_end(const struct packet *packet)
{
	return packet->seq + packet->length + !!(packet->flags & TCP_SYN) +
	       !!(packet->flags & TCP_FIN);
}

#endif
