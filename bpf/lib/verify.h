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

	if (header < TCP_LENGTH || header > TCP_LENGTH + TCP_OPTIONS_MAX)
		return 0;
	__builtin_memset(words, 0, TCP_LENGTH + TCP_OPTIONS_MAX);
	if (packet_load(ctx, packet->l4, words, header))
		return 0;
	return packet_pseudo_sum(packet) +
	       (__u32)bpf_csum_diff(NULL, 0, words, TCP_LENGTH + TCP_OPTIONS_MAX, 0);
}

static __always_inline int verify_ipv4_header(struct packet_context *ctx, struct scratch *s)
{
	__be32 *words = (__be32 *)&s->frame.v4.version_ihl;

	if (packet_load(ctx, ETH_LENGTH, words, IPV4_LENGTH))
		return 0;
	return checksum_fold16((__u32)bpf_csum_diff(NULL, 0, words, IPV4_LENGTH, 0)) == 0xffff;
}

/* True when the sums of a segment without payload are good, whose options are in
 * s->option_bytes[0]: all of it is in reach. */
__noinline int verify_headers(struct packet_context *ctx, struct scratch *s)
{
	const void *data = (const void *)(long)ctx->data;
	const void *end = (const void *)(long)ctx->data_end;
	const __be32 *ip = data + ETH_LENGTH;
	const __be32 *options, *tcp;
	__u64 sum;

	if (!s)
		return 0;
	options = (const __be32 *)s->option_bytes[0];
	tcp = packet_tcp(data, &s->packet);
	if ((const void *)(ip + 5) > end || (const void *)(tcp + 5) > end)
		return 0;
	if (!s->packet.ipv6 && checksum_fold16(checksum_words(ip, 5)) != 0xffff)
		return 0;
	sum = checksum_words(tcp, 5) + checksum_words(options, TCP_OPTIONS_MAX / 4);
	packet_probe_checksum(ctx, &s->packet);
	return s->packet.checksum == CHECKSUM_PARTIAL_SUM ||
	       checksum_fold16(packet_pseudo_sum(&s->packet) + sum) == 0xffff ||
	       packet_sum_is_good(ctx);
}

enum verify_result {
	VERIFY_BAD = 0,
	VERIFY_GOOD,
	VERIFY_PAYLOAD, /* the sum over header and payload must tell */
};

/* What is known of the sums without reading the payload. */
__noinline int verify_quickly(struct packet_context *ctx, struct scratch *s)
{
	if (!s || (!s->packet.ipv6 && !verify_ipv4_header(ctx, s)))
		return VERIFY_BAD;
	if (packet_sum_is_good(ctx))
		return VERIFY_GOOD;
	packet_probe_checksum(ctx, &s->packet);
	return s->packet.checksum == CHECKSUM_PARTIAL_SUM ? VERIFY_GOOD : VERIFY_PAYLOAD;
}

/* True when the sums are good. The payload, if any, is in s->hold. */
__noinline int verify_checksums(struct packet_context *ctx, struct scratch *s)
{
	int result = verify_quickly(ctx, s);
	__u64 sum;

	if (!s || result != VERIFY_PAYLOAD)
		return result;
	sum = verify_header_sum(ctx, s);
	if (s->packet.length)
		sum += hold_sum(&s->hold, 0, s->packet.length);
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
	return verify_checksums(ctx, s) ? VERDICT_CONTINUE : VERDICT_CHECKSUM_BAD;
}

/* Checks the sums of a joined flow's segment before parts of its payload are read. */
__noinline int verify_packet(struct packet_context *ctx, struct scratch *s)
{
	int result;

	if (!s)
		return VERDICT_CHECKSUM_BAD;
	if (packet_sum_is_pseudo(&s->packet)) /* nothing can have corrupted it on its way */
		return VERDICT_CONTINUE;
	result = verify_quickly(ctx, s);
	if (result == VERIFY_PAYLOAD)
		return verify_load(ctx, s);
	return result == VERIFY_GOOD ? VERDICT_CONTINUE : VERDICT_CHECKSUM_BAD;
}

/* Copies `count` bytes of payload from offset `at` to the start of s->hold. */
__noinline int verify_take(struct packet_context *ctx, struct scratch *s, __u32 at, __u32 count)
{
	if (!s)
		return -1;
	s->hold.length = 0;
	return hold_append(ctx, &s->hold, s->packet.payload + at, count);
}

#endif
