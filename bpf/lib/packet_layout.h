/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where things lie in a frame: Ethernet II, IPv4 without options or IPv6, TCP. */
#ifndef PATHROUTE_PACKET_LAYOUT_H
#define PATHROUTE_PACKET_LAYOUT_H

#define ETH_LENGTH 14
#define ETH_IPV4 0x0800
#define ETH_IPV6 0x86dd
#define ETH_FRAME_MIN 60 /* on a wire, without its check sequence */
#define IPV4_LENGTH 20
#define IPV6_LENGTH 40
#define TCP_LENGTH 20
#define TCP_CHECK_OFFSET 16
#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP 6
#define PROTOCOL_ICMPV6 58
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_FRAGMENT_OFFSET 0x1fff
#define TIMESTAMPS_WORD 0x0101080aU /* NOP NOP, timestamps, 10 bytes */
#define PACKET_TYPE_HOST 0

#endif
