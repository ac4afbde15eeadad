/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <endian.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "harness_segment.h"

#define IPV4_SIZE 20
#define IPV6_SIZE 40
#define TCP_SIZE 20

struct ip_address segment_address(const char *text)
{
	struct ip_address address = {};

	if (inet_pton(AF_INET, text, &address.word[3]) == 1)
		address.word[2] = htonl(0xffff);
	else
		inet_pton(AF_INET6, text, &address);
	return address;
}

bool segment_is_ipv4(const struct ip_address *address)
{
	return !address->word[0] && !address->word[1] && address->word[2] == htonl(0xffff);
}

bool segment_has(const struct tcp_segment *segment, char letter)
{
	return strchr(segment->options.layout, letter) != NULL;
}

uint32_t segment_end(const struct tcp_segment *segment)
{
	return segment->seq + (uint32_t)segment->payload_length + !!(segment->flags & TCP_SYN) +
	       !!(segment->flags & TCP_FIN);
}

uint16_t segment_checksum(const uint8_t *bytes, size_t length, uint32_t start)
{
	uint64_t sum = start;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	if (length & 1)
		sum += (uint32_t)bytes[length - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint32_t segment_pseudo_sum(const struct ip_address *source, const struct ip_address *destination,
			    uint8_t protocol, size_t length)
{
	uint32_t sum = protocol + (uint32_t)length;
	unsigned first = segment_is_ipv4(source) ? 3 : 0;

	for (unsigned i = first; i < 4; i++) {
		uint32_t a = ntohl(source->word[i]), b = ntohl(destination->word[i]);

		sum += (a >> 16) + (a & 0xffff) + (b >> 16) + (b & 0xffff);
	}
	return sum;
}

static uint8_t *put16(uint8_t *to, uint16_t value)
{
	value = htons(value);
	memcpy(to, &value, sizeof(value));
	return to + sizeof(value);
}

static uint8_t *put32(uint8_t *to, uint32_t value)
{
	value = htonl(value);
	memcpy(to, &value, sizeof(value));
	return to + sizeof(value);
}

static uint8_t *put_bytes(uint8_t *to, const void *bytes, size_t length)
{
	if (length)
		memcpy(to, bytes, length);
	return to + length;
}

static uint8_t *build_option(uint8_t *to, const struct tcp_options *options, char letter)
{
	uint8_t sack_length = (uint8_t)(2 + 8 * options->sack_count);

	switch (letter) {
	case 'm':
		return put16(put_bytes(to, "\x02\x04", 2), options->mss);
	case 'w':
		return put_bytes(put_bytes(to, "\x03\x03", 2), &options->wscale, 1);
	case 's':
		return put_bytes(to, "\x04\x02", 2);
	case 't':
		to = put_bytes(to, "\x08\x0a", 2);
		return put32(put32(to, options->tsval), options->tsecr);
	case 'a':
		to = put_bytes(put_bytes(to, "\x05", 1), &sack_length, 1);
		for (unsigned i = 0; i < options->sack_count; i++)
			to = put32(put32(to, options->sack[i].left), options->sack[i].right);
		return to;
	case 'e':
		return put_bytes(to, "", 1);
	default:
		return put_bytes(to, "\x01", 1);
	}
}

static uint8_t *build_options(uint8_t *to, const struct tcp_segment *segment)
{
	uint8_t *start = to;

	for (const char *letter = segment->options.layout; *letter; letter++)
		to = build_option(to, &segment->options, *letter);
	if (segment->flaws & FLAW_OPTION_LENGTH)
		to = put_bytes(to, "\xfd", 2);
	if (segment->flaws & FLAW_OPTION_MD5)
		to = put_bytes(to,
			       "\x13\x12"
			       "0123456789abcdef",
			       18);
	while ((to - start) % 4)
		*to++ = 0;
	return to;
}

static uint16_t tcp_offset(const struct tcp_segment *segment, size_t header)
{
	if (segment->flaws & FLAW_TCP_OFFSET_SHORT)
		return 4;
	if (segment->flaws & FLAW_TCP_OFFSET_LONG)
		return 15;
	return (uint16_t)(header / 4);
}

static uint8_t *build_tcp(uint8_t *to, const struct tcp_segment *segment)
{
	uint8_t *tcp = to, *end = build_options(to + TCP_SIZE, segment);
	uint16_t offset = tcp_offset(segment, (size_t)(end - tcp));
	uint32_t sum;

	to = put16(put16(to, segment->source_port), segment->destination_port);
	to = put32(put32(to, segment->seq), segment->ack);
	to = put16(to, (uint16_t)(offset << 12 | (segment->flags & 0x1ff)));
	to = put16(put16(to, segment->window), 0);
	put16(to, segment->urgent);
	end = put_bytes(end, segment->payload, segment->payload_length);
	sum = segment_pseudo_sum(&segment->source, &segment->destination, IPPROTO_TCP,
				 (size_t)(end - tcp));
	put16(tcp + 16, segment_checksum(tcp, (size_t)(end - tcp), sum) ^
				(segment->flaws & FLAW_TCP_CHECKSUM ? 0x5a : 0));
	return end;
}

static uint8_t *build_ipv4(uint8_t *ip, const struct tcp_segment *segment)
{
	bool options = segment->flaws & FLAW_IP_OPTIONS;
	uint8_t words = options ? 6 : 5;
	uint8_t *end = build_tcp(ip + 4 * words, segment);
	uint8_t first[2] = {(uint8_t)(0x40 | words), segment->tos};
	uint8_t life[2] = {segment->ttl, IPPROTO_TCP};
	uint16_t fragment = segment->flaws & FLAW_FRAGMENT_FIRST   ? 0x2000
			    : segment->flaws & FLAW_FRAGMENT_LATER ? 0x0040
								   : 0x4000;

	if (options)
		put32(ip + IPV4_SIZE, 0x01010101);
	put_bytes(ip, first, 2);
	put16(put16(put16(ip + 2, (uint16_t)(end - ip)), 0x1234), fragment);
	put_bytes(ip + 8, life, 2);
	put16(ip + 10, 0);
	put_bytes(ip + 12, &segment->source.word[3], 4);
	put_bytes(ip + 16, &segment->destination.word[3], 4);
	put16(ip + 10,
	      segment_checksum(ip, 4u * words, 0) ^ (segment->flaws & FLAW_IP_CHECKSUM ? 0x5a : 0));
	return end;
}

/* A fragment header or an options header, 8 bytes, when asked for. */
static uint8_t *build_extension(uint8_t *to, const struct tcp_segment *segment)
{
	bool later = segment->flaws & FLAW_FRAGMENT_LATER;

	if (segment->flaws & FLAW_IP_OPTIONS)
		return put_bytes(to, "\x06\x00\x01\x04\x00\x00\x00\x00", 8);
	if (segment->flaws & (FLAW_FRAGMENT_FIRST | FLAW_FRAGMENT_LATER))
		return put32(put32(to, IPPROTO_TCP << 24 | (later ? 0x0200 : 0x0001)), 0x1234);
	return to;
}

static uint8_t *build_ipv6(uint8_t *ip, const struct tcp_segment *segment)
{
	uint8_t *tcp = build_extension(ip + IPV6_SIZE, segment);
	uint8_t *end = build_tcp(tcp, segment);
	bool fragment = segment->flaws & (FLAW_FRAGMENT_FIRST | FLAW_FRAGMENT_LATER);
	uint8_t next = segment->flaws & FLAW_IP_OPTIONS ? IPPROTO_DSTOPTS
		       : fragment                       ? IPPROTO_FRAGMENT
							: IPPROTO_TCP;

	put32(ip, 6u << 28 | (uint32_t)segment->tos << 20);
	put16(ip + 4, (uint16_t)(end - ip - IPV6_SIZE));
	ip[6] = next;
	ip[7] = segment->ttl;
	put_bytes(ip + 8, &segment->source, 16);
	put_bytes(ip + 24, &segment->destination, 16);
	return end;
}

void segment_build(const struct tcp_segment *segment, struct packet *ret_packet)
{
	uint8_t *to = ret_packet->bytes, *end;

	memset(ret_packet, 0, sizeof(*ret_packet));
	to = put_bytes(to, segment->destination_mac, 6);
	to = put_bytes(to, segment->source_mac, 6);
	if (segment_is_ipv4(&segment->source))
		end = build_ipv4(put16(to, ETH_P_IP), segment);
	else
		end = build_ipv6(put16(to, ETH_P_IPV6), segment);
	if (segment->flaws & FLAW_PADDED)
		end += 6;
	ret_packet->length = (size_t)(end - ret_packet->bytes);
}
