/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP segments in Ethernet frames, built from and read into one plain struct.
 *
 * Everything that a header says is a field, so that two segments can be compared whole. Options are
 * written from a layout, one letter each, in order:
 *   m MSS   w window scale   s SACK permitted   t timestamps   a SACK blocks   n NOP   e end
 * Example: "mstnw" is a Linux SYN, "nnt" a Linux data segment, "mnwnns" a Windows SYN.
 */
#ifndef PATHROUTE_TEST_HARNESS_SEGMENT_H
#define PATHROUTE_TEST_HARNESS_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/datapath_abi.h"

#define PACKET_MAX 20480
#define ETHERNET_SIZE 14
#define SACK_BLOCKS_MAX 4

#define TCP_FIN 0x001
#define TCP_SYN 0x002
#define TCP_RST 0x004
#define TCP_PSH 0x008
#define TCP_ACK 0x010
#define TCP_URG 0x020
#define TCP_ECE 0x040
#define TCP_CWR 0x080
#define TCP_AE 0x100

struct packet {
	int ifindex;       /* device it left by; 0: not known */
	uint16_t gso_size; /* 0: one segment */
	uint16_t gso_segs;
	size_t length;
	uint8_t bytes[PACKET_MAX];
};

struct sack_block {
	uint32_t left, right;
};

struct tcp_options {
	char layout[44];
	uint16_t mss;
	uint8_t wscale;
	uint32_t tsval, tsecr;
	unsigned sack_count;
	struct sack_block sack[SACK_BLOCKS_MAX];
};

/* What is wrong with a segment on purpose. */
#define FLAW_TCP_CHECKSUM 0x01
#define FLAW_IP_CHECKSUM 0x02
#define FLAW_TCP_OFFSET_SHORT 0x04 /* data offset 4 words */
#define FLAW_TCP_OFFSET_LONG 0x08  /* data offset behind the packet's end */
#define FLAW_OPTION_LENGTH 0x10    /* an option of length 0 */
#define FLAW_OPTION_MD5 0x20       /* 18 bytes of RFC 2385 behind the other options */
#define FLAW_FRAGMENT_FIRST 0x40
#define FLAW_FRAGMENT_LATER 0x80
#define FLAW_PADDED 0x100     /* six bytes of padding behind the IP packet */
#define FLAW_IP_OPTIONS 0x200 /* IPv4: four bytes of NOP; IPv6: a destination options header */

struct tcp_segment {
	uint8_t source_mac[6], destination_mac[6];
	struct ip_address source, destination;
	uint16_t source_port, destination_port; /* host order */
	uint8_t ttl, tos;
	uint32_t seq, ack;
	uint16_t flags; /* TCP_* */
	uint16_t window, urgent;
	struct tcp_options options;
	const void *payload;
	size_t payload_length;
	unsigned flaws; /* FLAW_* */
};

/* IPv4-mapped when text is an IPv4 address. */
struct ip_address segment_address(const char *text);
bool segment_is_ipv4(const struct ip_address *address);

/* The layout has the option. */
bool segment_has(const struct tcp_segment *segment, char letter);

/* End of the segment in sequence space: seq + payload + SYN + FIN. */
uint32_t segment_end(const struct tcp_segment *segment);

void segment_build(const struct tcp_segment *segment, struct packet *ret_packet);

/* Reads a frame and verifies lengths, the IP header's and the TCP checksum. NULL if all is right,
 * else what is wrong; "no TCP" for other protocols. The payload points into the packet. */
const char *segment_parse(const struct packet *packet, struct tcp_segment *ret_segment);

/* Checksum of RFC 1071 over the bytes, in network order, with a start value. */
uint16_t segment_checksum(const uint8_t *bytes, size_t length, uint32_t start);

/* Sum of the pseudo header, to be the start value of segment_checksum(). */
uint32_t segment_pseudo_sum(const struct ip_address *source, const struct ip_address *destination,
			    uint8_t protocol, size_t length);

/* One line for people. */
void segment_print(const char *prefix, const struct tcp_segment *segment);

#endif
