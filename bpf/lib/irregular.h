/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP in packets of unusual build: IPv4 options, first fragments, IPv6 extension headers. For a
 * listener they are dropped, so that nothing reaches a service past its routes; all others pass.
 */
#ifndef PATHROUTE_IRREGULAR_H
#define PATHROUTE_IRREGULAR_H

#include "maps.h"
#include "packet.h"

#define IRREGULAR_HEADERS_MAX 6
#define IPV6_FRAGMENT 44

static __always_inline int irregular_listener(struct packet_context *ctx, struct listener_key *key,
					      __u32 l4)
{
	__be16 ports[2];

	if (bpf_skb_load_bytes(ctx, l4, ports, sizeof(ports)))
		return 0;
	key->port = ports[1];
	return bpf_map_lookup_elem(&listeners, key) != NULL;
}

static __always_inline int irregular_v4(struct packet_context *ctx)
{
	struct listener_key key = {};
	__u8 ip[20];

	if (bpf_skb_load_bytes(ctx, ETH_LENGTH, ip, sizeof(ip)))
		return VERDICT_NOT_OURS;
	if (ip[9] != PROTOCOL_TCP || ((__u32)(ip[6] & 0x1f) << 8 | ip[7]))
		return VERDICT_NOT_OURS;
	packet_address_v4(&key.address, *(__be32 *)(ip + 16));
	if (!irregular_listener(ctx, &key, ETH_LENGTH + (ip[0] & 15) * 4))
		return VERDICT_NOT_OURS;
	return ip[6] & 0x20 ? VERDICT_FRAGMENT : VERDICT_MALFORMED;
}

static __always_inline int irregular_v6(struct packet_context *ctx)
{
	struct listener_key key = {};
	__u32 at = ETH_LENGTH + IPV6_LENGTH;
	int fragment = 0;
	__u8 header[4];
	__u8 next = 0;

	if (bpf_skb_load_bytes(ctx, ETH_LENGTH + 6, &next, 1) ||
	    bpf_skb_load_bytes(ctx, ETH_LENGTH + 24, &key.address, sizeof(key.address)))
		return VERDICT_NOT_OURS;
	for (int i = 0; i < IRREGULAR_HEADERS_MAX; i++) {
		if (next == PROTOCOL_TCP)
			break;
		if (next != 0 && next != 43 && next != 60 && next != IPV6_FRAGMENT)
			return VERDICT_NOT_OURS;
		if (bpf_skb_load_bytes(ctx, at, header, sizeof(header)))
			return VERDICT_NOT_OURS;
		if (next == IPV6_FRAGMENT && (header[2] || (header[3] & 0xf8)))
			return VERDICT_NOT_OURS;
		fragment |= next == IPV6_FRAGMENT;
		at += next == IPV6_FRAGMENT ? 8 : (header[1] + 1) * 8;
		next = header[0];
	}
	if (!irregular_listener(ctx, &key, at))
		return VERDICT_NOT_OURS;
	return fragment ? VERDICT_FRAGMENT : VERDICT_MALFORMED;
}

__noinline int irregular_check(struct packet_context *ctx, struct scratch *s)
{
	if (!s)
		return VERDICT_INTERNAL;
	return s->packet.ipv6 ? irregular_v6(ctx) : irregular_v4(ctx);
}

#endif
