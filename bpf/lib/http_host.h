/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `name [ ":" [ port ] ]` of Host and of an absolute-form target (RFC 3986 3.2.2).
 *
 * Narrower than the RFC on purpose: a name of [A-Za-z0-9._-], possibly empty, up to ROUTE_HOST_MAX
 * bytes, or an IPv6 address in brackets; a port of up to five digits.
 */
#ifndef PATHROUTE_HTTP_HOST_H
#define PATHROUTE_HTTP_HOST_H

#include "http_ipv6.h"
#include "http_text.h"

/* Marks the bytes that no host name has. */
static __always_inline __u64 http_host_odd(__u64 word)
{
	__u64 lows = word & SWAR_LOWS;
	__u64 letters = swar_within(lows | SWAR_CASE, 'a', 'z');
	__u64 others = swar_within(lows, '-', '9') & ~swar_equal_exact(word, '/');

	return ~((letters | others | swar_equal_exact(word, '_')) & ~word) & SWAR_TOPS;
}

/* Offset behind the name that starts at `at`; more than ROUTE_HOST_MAX bytes may be skipped. */
static __always_inline __u64 http_host_name_end(const struct hold_large *hold, __u64 at)
{
	for (__u32 i = 0; i < ROUTE_HOST_MAX / 8 + 1; i++) {
		__u64 step = swar_first(http_host_odd(http_word(hold, at)));

		at += step;
		if (step < 8)
			break;
	}
	return at;
}

/* Reads up to five digits from `at` on into head->scan_port; returns the offset behind them. */
static __always_inline __u64 http_port_end(struct hold_large *hold, __u64 at)
{
	__u32 port = 0;

	for (__u32 i = 0; i < 5; i++) {
		__u8 digit = http_byte(hold, at);

		if (!http_is_digit(digit))
			break;
		port = port * 10 + (digit - '0');
		at++;
	}
	hold->head.scan_port = port;
	return at;
}

/*
 * Reads a host that starts at `start`; `end` is where its text ends at the latest. Returns the
 * offset behind it, or 0 if there is no valid one. Sets head->scan_length to the length of the
 * name without one trailing dot, head->scan_port to the port, 0 if there is none.
 */
PROVED_ALONE int http_host_scan(struct hold_large *hold, __u32 start, __u32 end);

PROVED_ALONE int http_host_scan(struct hold_large *hold, __u32 start, __u32 end)
{
	__u64 at = start;

	if (!hold)
		return 0;
	if (http_byte(hold, at) == '[') {
		at = http_ipv6_end(hold, at);
		if (at <= start || at > end)
			return 0;
	} else {
		at = http_host_name_end(hold, at);
		at = at > end ? end : at;
	}
	if (at - start > ROUTE_HOST_MAX)
		return 0;
	hold->head.scan_length = at - start;
	hold->head.scan_port = 0;
	if (at > start && http_byte(hold, at - 1) == '.')
		hold->head.scan_length--;
	if (at >= end || http_byte(hold, at) != ':')
		return at;
	at = http_port_end(hold, at + 1);
	return at > end ? end : at;
}

#endif
