/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPv6 addresses in brackets, as in Host (RFC 3986 3.2.2): checked, not converted. */
#ifndef PATHROUTE_HTTP_IPV6_H
#define PATHROUTE_HTTP_IPV6_H

#include "http_text.h"

#define HTTP_IPV6_MAX 46 /* the longest form and its "]" */

static __always_inline bool http_ipv6_digit(struct http_ipv6 *address, __u8 digit)
{
	if (address->colons == 1 && address->groups == 0)
		return false;
	address->colons = 0;
	if (address->digits && address->value == 0)
		address->value = 256; /* no leading zero in a decimal number */
	address->value = address->value * 10 + digit;
	if (digit > 9 || address->value > 255)
		address->value = 256;
	return ++address->digits <= 4;
}

/* Ends a group; a second colon in a row is the gap, of which there may be one. */
static __always_inline bool http_ipv6_colon(struct http_ipv6 *address)
{
	if (address->dots)
		return false;
	if (address->digits) {
		address->groups++;
		address->digits = 0;
		address->value = 0;
		address->colons = 1;
		return address->groups < 8;
	}
	if (++address->colons != 2)
		return address->colons == 1 && address->groups == 0 && !address->gap;
	return ++address->gap == 1;
}

static __always_inline bool http_ipv6_dot(struct http_ipv6 *address)
{
	bool good = address->digits && address->digits <= 3 && address->value <= 255;

	address->digits = 0;
	address->value = 0;
	return good && ++address->dots <= 3;
}

static __always_inline bool http_ipv6_whole(struct http_ipv6 *address)
{
	__u8 groups = address->groups;

	if (!address->digits && address->colons != 2)
		return false;
	if (address->dots && (address->dots != 3 || address->digits > 3 || address->value > 255))
		return false;
	if (address->digits)
		groups += address->dots ? 2 : 1;
	return address->gap ? groups < 8 : groups == 8;
}

/* Takes one byte inside the brackets; false: no address. */
static __always_inline bool http_ipv6_take(struct http_ipv6 *address, __u8 byte)
{
	__u8 digit = http_hex(byte);

	if (digit < 16)
		return http_ipv6_digit(address, digit);
	if (byte == ':')
		return http_ipv6_colon(address);
	return byte == '.' && http_ipv6_dot(address);
}

struct http_ipv6_context {
	struct hold_large *hold;
	__u64 at; /* last byte looked at */
	__u64 whole;
};

/* Called for each byte; a state machine in a plain loop would cost the verifier a walk for each
 * combination of state and byte. */
static __noinline long http_ipv6_step(__u32 index, void *data)
{
	struct http_ipv6_context *context = data;
	struct http_ipv6 *address = &context->hold->head.ipv6;
	__u8 byte = http_byte(context->hold, ++context->at);

	(void)index;
	if (byte == ']') {
		context->whole = http_ipv6_whole(address);
		return 1;
	}
	return !http_ipv6_take(address, byte);
}

/* Offset behind the "]" of the address whose "[" is at `at`; 0 if it is none. */
static __always_inline __u64 http_ipv6_end(struct hold_large *hold, __u64 at)
{
	struct http_ipv6_context context = {.hold = hold, .at = at};

	__builtin_memset(&hold->head.ipv6, 0, sizeof(hold->head.ipv6));
	loop_bounded(HTTP_IPV6_MAX, http_ipv6_step, &context);
	return context.whole ? context.at + 1 : 0;
}

#endif
