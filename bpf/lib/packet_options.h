/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The TCP options of the packet at hand. */
#ifndef PATHROUTE_PACKET_OPTIONS_H
#define PATHROUTE_PACKET_OPTIONS_H

#include "packet.h"
#include "tcp_options.h"

/* Copies them to s->option_bytes[0], with zeros behind them. Negative: they are not in reach. */
static __always_inline int packet_copy_options(const struct packet_context *ctx, struct scratch *s)
{
	const __be32 *from = packet_tcp((const void *)(long)ctx->data, &s->packet) + TCP_LENGTH / 4;
	const void *end = (const void *)(long)ctx->data_end;
	__be32 *to = (__be32 *)s->option_bytes[0];

	__builtin_memset(to, 0, TCP_OPTIONS_MAX);
	for (__u32 i = 0; i < TCP_OPTIONS_MAX / 4; i++) {
		if (i * 4 >= s->packet.options_length)
			break;
		if ((const void *)(from + i + 1) > end)
			return -1;
		to[i] = from[i];
	}
	return 0;
}

/* Loads and parses them. Negative: they cannot be read. */
__noinline int packet_load_options(struct packet_context *ctx, struct scratch *s)
{
	__u32 length;

	if (!s || packet_copy_options(ctx, s))
		return -1;
	length = s->packet.options_length;
	tcp_options_parse(&s->options, s->option_bytes[0], length);
	if (READ_ONCE(s->options.timestamps)) {
		s->packet.has_timestamps = 1;
		s->packet.tsval = s->options.tsval;
		s->packet.tsecr = s->options.tsecr;
	}
	return 0;
}

#endif
