/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The TCP options of the packet at hand. */
#ifndef PATHROUTE_PACKET_OPTIONS_H
#define PATHROUTE_PACKET_OPTIONS_H

#include "packet.h"
#include "tcp_options.h"

/* Loads and parses them. Negative: they cannot be read. */
__noinline int packet_load_options(struct packet_context *ctx, struct scratch *s)
{
	__u64 length;

	if (!s)
		return -1;
	length = s->packet.options_length;
	__builtin_memset(s->option_bytes[0], 0, TCP_OPTIONS_MAX);
	if (LENGTH_FITS(length, TCP_OPTIONS_MAX) &&
	    packet_load(ctx, s->packet.l4 + TCP_LENGTH, s->option_bytes[0], length))
		return -1;
	tcp_options_parse(&s->options, s->option_bytes[0], length);
	if (s->options.timestamps) {
		s->packet.has_timestamps = 1;
		s->packet.tsval = s->options.tsval;
		s->packet.tsecr = s->options.tsecr;
	}
	return 0;
}

#endif
