/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is the packet's checksum good? Bytes that we parse are sent on in segments of our own, with a
 * valid sum: a corrupted segment must not get one that way.
 */
#ifndef PATHROUTE_VERIFY_H
#define PATHROUTE_VERIFY_H

#include "hold.h"
#include "segment.h"

/* Loads the TCP header into s->frame and yields its sum with the pseudo header's. */
static __always_inline __u64 verify_header_sum(struct packet_context *ctx, struct scratch *s)
{
	struct packet *packet = &s->packet;
	__u32 header = packet->payload - packet->l4;
	__be32 *words = s->frame.v4.tcp;
	__u64 sum;

	if (header < TCP_LENGTH || header > TCP_LENGTH + TCP_OPTIONS_MAX)
		return 0;
	__builtin_memset(words, 0, TCP_LENGTH + TCP_OPTIONS_MAX);
	if (bpf_skb_load_bytes(ctx, packet->l4, words, header))
		return 0;
	sum = checksum_address(&packet->key.source) + checksum_address(&packet->key.destination) +
	      bpf_htons(PROTOCOL_TCP) + bpf_htons(header + packet->length);
	if (!packet->ipv6)
		sum -= 2 * (__u64)bpf_htonl(0xffff);
	return sum + (__u32)bpf_csum_diff(NULL, 0, words, TCP_LENGTH + TCP_OPTIONS_MAX, 0);
}

static __always_inline int verify_ipv4_header(struct packet_context *ctx, struct scratch *s)
{
	__be32 *words = (__be32 *)&s->frame.v4.version_ihl;

	if (bpf_skb_load_bytes(ctx, ETH_LENGTH, words, IPV4_LENGTH))
		return 0;
	return checksum_fold16((__u32)bpf_csum_diff(NULL, 0, words, IPV4_LENGTH, 0)) == 0xffff;
}

/* True when the sums are good. `hold`: where the payload lies, from `at`; NULL without payload. */
__noinline int verify_checksums(struct packet_context *ctx, struct scratch *s, __u32 at)
{
	__u64 sum;

	if (!s || (!s->packet.ipv6 && !verify_ipv4_header(ctx, s)))
		return 0;
	if (bpf_csum_level(ctx, BPF_CSUM_LEVEL_QUERY) >= 0)
		return 1;
	packet_probe_checksum(ctx, &s->packet);
	if (s->packet.checksum == CHECKSUM_PARTIAL_SUM)
		return 1;
	sum = verify_header_sum(ctx, s);
	if (s->packet.length)
		sum += hold_sum(&s->hold, at, s->packet.length);
	return checksum_fold16(sum) == 0xffff;
}

/* Copies the payload into s->hold and checks the sums. */
__noinline int verify_load(struct packet_context *ctx, struct scratch *s)
{
	if (!s)
		return VERDICT_INTERNAL;
	s->hold.length = 0;
	if (s->packet.length > HOLD_LARGE_SIZE)
		return VERDICT_OUT_OF_WINDOW;
	if (hold_append(ctx, &s->hold, s->packet.payload, s->packet.length))
		return VERDICT_INTERNAL;
	return verify_checksums(ctx, s, 0) ? VERDICT_CONTINUE : VERDICT_CHECKSUM_BAD;
}

#endif
