/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP options (RFC 9293 3.1, 7323, 2018) of SYNs and SYN-ACKs, and of all segments whose options
 * are not in the usual layout. The layouts of Linux, Windows and macOS are known by a few
 * words; any other is walked byte by byte.
 */
#ifndef PATHROUTE_TCP_OPTIONS_H
#define PATHROUTE_TCP_OPTIONS_H

#include <bpf/bpf_endian.h>

#include "compiler.h"
#include "cookie.h"
#include "packet_layout.h"
#include "scratch.h"

#define TCP_OPTION_END 0
#define TCP_OPTION_NOP 1
#define TCP_OPTION_MSS 2
#define TCP_OPTION_WSCALE 3
#define TCP_OPTION_SACK_PERMITTED 4
#define TCP_OPTION_SACK 5
#define TCP_OPTION_TIMESTAMPS 8
#define TCP_OPTION_MD5 19
#define TCP_OPTION_AO 29
#define TCP_WSCALE_MAX 14

#define MSS_HALF 0x0204U                 /* MSS, 4 bytes; its value follows */
#define WSCALE_BYTES 0x010303U           /* NOP, window scale, 3 bytes; its value follows */
#define SACK_TIMESTAMPS_WORD 0x0402080aU /* SACK permitted, timestamps, 10 bytes */
#define SACK_WORD 0x01010402U            /* NOP NOP, SACK permitted */
#define SACK_END_WORD 0x04020000U        /* SACK permitted, end */

static __always_inline __u32 tcp_options_word(const __u8 *bytes)
{
	return (__u32)bytes[0] << 24 | (__u32)bytes[1] << 16 | (__u32)bytes[2] << 8 | bytes[3];
}

static __always_inline __u8 tcp_options_wscale(__u8 wscale)
{
	return wscale > TCP_WSCALE_MAX ? TCP_WSCALE_MAX : wscale;
}

/* `option` points at the kind; 16 bytes behind it may be read. */
static __always_inline void tcp_options_take(struct tcp_options *options, const __u8 *option,
					     __u32 size)
{
	__u8 kind = option[0];

	if (kind == TCP_OPTION_MSS && size == 4)
		options->mss = (__u16)option[2] << 8 | option[3];
	else if (kind == TCP_OPTION_WSCALE && size == 3)
		options->wscale = tcp_options_wscale(option[2]);
	else if (kind == TCP_OPTION_SACK_PERMITTED && size == 2)
		options->sack = 1;
	else if (kind == TCP_OPTION_MD5 || kind == TCP_OPTION_AO)
		options->forbidden = 1;
	else if (kind == TCP_OPTION_SACK && size >= 10) {
		options->sack_at = options->position + 2;
		options->sack_blocks = (size - 2) >> 3;
	} else if (kind == TCP_OPTION_TIMESTAMPS && size == 10) {
		options->timestamps = 1;
		options->timestamps_at = options->position + 2;
		options->tsval = tcp_options_word(option + 2);
		options->tsecr = tcp_options_word(option + 6);
	}
}

/* SYNs of Linux, Windows and macOS; SYN-ACKs to them. False: any other layout. */
static __always_inline int tcp_options_parse_usual(struct tcp_options *options, const __be32 *words)
{
	__be32 scale = words[1];
	__u32 at = 0; /* word of TSval */

	if (options->length == 20 && words[1] == bpf_htonl(SACK_TIMESTAMPS_WORD)) {
		scale = words[4];
		at = 2;
	} else if (options->length == 24 && words[2] == bpf_htonl(TIMESTAMPS_WORD) &&
		   words[5] == bpf_htonl(SACK_END_WORD)) {
		at = 3;
	} else if (options->length != 12 || words[2] != bpf_htonl(SACK_WORD)) {
		return 0;
	}
	if (bpf_ntohl(words[0]) >> 16 != MSS_HALF || bpf_ntohl(scale) >> 8 != WSCALE_BYTES)
		return 0;
	options->mss = bpf_ntohl(words[0]);
	options->wscale = tcp_options_wscale(bpf_ntohl(scale));
	options->sack = 1;
	if (!at)
		return 1;
	options->timestamps = 1;
	options->timestamps_at = at * 4;
	options->tsval = bpf_ntohl(words[at]);
	options->tsecr = bpf_ntohl(words[at + 1]);
	return 1;
}

/* A broken option ends the walk. Position and length live in memory: in registers every value would
 * be a state of its own to the verifier. */
static __always_inline void tcp_options_walk(struct tcp_options *options, const __u8 *bytes)
{
	for (int i = 0; i < TCP_OPTIONS_MAX; i++) {
		__u32 position = READ_ONCE(options->position) & 63;
		const __u8 *option = bytes + position;
		__u32 total = READ_ONCE(options->length);
		__u32 size = 1;

		barrier();
		if (position >= total || option[0] == TCP_OPTION_END)
			break;
		if (option[0] != TCP_OPTION_NOP) {
			size = option[1];
			if (size < 2 || position + size > total)
				break;
			tcp_options_take(options, option, size);
		}
		WRITE_ONCE(options->position, position + size);
	}
}

/* Reads `length` bytes (at most 40) of `bytes` (TCP_OPTIONS_SPACE, aligned to 4). */
static __always_inline void tcp_options_parse(struct tcp_options *options, const __u8 *bytes,
					      __u32 length)
{
	__builtin_memset(options, 0, sizeof(*options));
	options->wscale = COOKIE_WSCALE_NONE;
	options->length = length;
	if (!tcp_options_parse_usual(options, (const __be32 *)bytes))
		tcp_options_walk(options, bytes);
}

#endif
