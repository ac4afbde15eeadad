/* SPDX-License-Identifier: Apache-2.0 */
/* ICMP and ICMPv6 errors about a TCP segment. */
#ifndef PATHROUTE_TEST_HARNESS_ICMP_H
#define PATHROUTE_TEST_HARNESS_ICMP_H

#include "harness_expect.h"
#include "harness_segment.h"

enum icmp_kind {
	ICMP_TOO_BIG,     /* 3/4, or ICMPv6 2/0 */
	ICMP_UNREACHABLE, /* port: 3/3, or ICMPv6 1/4 */
	ICMP_OTHER,
};

struct icmp_error {
	enum icmp_kind kind;
	uint8_t source_mac[6], destination_mac[6];
	struct ip_address source, destination;
	uint32_t mtu;
	struct tcp_segment about; /* addresses, ports and seq of the quoted segment */
};

/* The quote is the IP header and the first 20 bytes of TCP. */
void icmp_build(const struct icmp_error *error, struct packet *ret_packet);

/* NULL if the frame is an ICMP error with good lengths and checksums, else what is wrong. */
const char *icmp_parse(const struct packet *packet, struct icmp_error *ret_error);

/* The ICMP error that was sent; the test fails if there is none, or none that is right. */
struct icmp_error icmp_take_at(struct connection *c, struct place place);
#define icmp_take(c) icmp_take_at((c), HERE)

#endif
