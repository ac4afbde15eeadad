/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "harness_segment.h"

static uint16_t get16(const uint8_t *from)
{
	return (uint16_t)(from[0] << 8 | from[1]);
}

static uint32_t get32(const uint8_t *from)
{
	return (uint32_t)get16(from) << 16 | get16(from + 2);
}

static void parse_sack(const uint8_t *option, struct tcp_options *options)
{
	options->sack_count = (option[1] - 2u) / 8;
	for (unsigned i = 0; i < options->sack_count && i < SACK_BLOCKS_MAX; i++) {
		options->sack[i].left = get32(option + 2 + 8 * i);
		options->sack[i].right = get32(option + 6 + 8 * i);
	}
}

/* The letter of the option, or 0 if it is malformed or not known here. */
static char parse_option(const uint8_t *option, struct tcp_options *options)
{
	switch (option[0] << 8 | option[1]) {
	case 0x0204:
		options->mss = get16(option + 2);
		return 'm';
	case 0x0303:
		options->wscale = option[2];
		return 'w';
	case 0x0402:
		return 's';
	case 0x080a:
		options->tsval = get32(option + 2);
		options->tsecr = get32(option + 6);
		return 't';
	case 0x050a:
	case 0x0512:
	case 0x051a:
	case 0x0522:
		parse_sack(option, options);
		return 'a';
	default:
		return 0;
	}
}

static const char *parse_options(const uint8_t *option, size_t length, struct tcp_options *options)
{
	size_t letters = 0;

	for (size_t at = 0; at < length && letters + 1 < sizeof(options->layout);) {
		char letter = option[at] == 0 ? 'e' : option[at] == 1 ? 'n' : 0;

		if (!letter && at + 1 < length && at + option[at + 1] <= length)
			letter = parse_option(option + at, options);
		if (!letter)
			return "malformed TCP option";
		at += strchr("en", letter) ? 1 : option[at + 1];
		options->layout[letters++] = letter;
	}
	options->layout[letters] = 0;
	return NULL;
}

static const char *parse_tcp(const uint8_t *tcp, size_t length, struct tcp_segment *segment)
{
	size_t header = length >= 20 ? (size_t)(tcp[12] >> 4) * 4 : 0;
	uint32_t sum;

	if (header < 20 || header > length)
		return "wrong TCP data offset";
	sum = segment_pseudo_sum(&segment->source, &segment->destination, IPPROTO_TCP, length);
	if (segment_checksum(tcp, length, sum))
		return "wrong TCP checksum";
	segment->source_port = get16(tcp);
	segment->destination_port = get16(tcp + 2);
	segment->seq = get32(tcp + 4);
	segment->ack = get32(tcp + 8);
	segment->flags = get16(tcp + 12) & 0x1ff;
	segment->window = get16(tcp + 14);
	segment->urgent = get16(tcp + 18);
	segment->payload = tcp + header;
	segment->payload_length = length - header;
	return parse_options(tcp + 20, header - 20, &segment->options);
}

static const char *parse_ipv4(const uint8_t *ip, size_t length, struct tcp_segment *segment)
{
	size_t total = length >= 20 ? get16(ip + 2) : 0;

	if (total != length || ip[0] != 0x45)
		return "wrong IPv4 length";
	if (segment_checksum(ip, 20, 0))
		return "wrong IPv4 checksum";
	segment->tos = ip[1];
	segment->ttl = ip[8];
	segment->source.word[2] = htonl(0xffff);
	segment->destination.word[2] = htonl(0xffff);
	memcpy(&segment->source.word[3], ip + 12, 4);
	memcpy(&segment->destination.word[3], ip + 16, 4);
	return ip[9] == IPPROTO_TCP ? parse_tcp(ip + 20, total - 20, segment) : "no TCP";
}

static const char *parse_ipv6(const uint8_t *ip, size_t length, struct tcp_segment *segment)
{
	if (length < 40 || get16(ip + 4) != length - 40)
		return "wrong IPv6 length";
	segment->tos = (uint8_t)(get16(ip) >> 4);
	segment->ttl = ip[7];
	memcpy(&segment->source, ip + 8, 16);
	memcpy(&segment->destination, ip + 24, 16);
	return ip[6] == IPPROTO_TCP ? parse_tcp(ip + 40, length - 40, segment) : "no TCP";
}

const char *segment_parse(const struct packet *packet, struct tcp_segment *ret_segment)
{
	const uint8_t *frame = packet->bytes;
	struct tcp_segment segment = {};
	const char *complaint = "no IP";

	if (packet->length < ETHERNET_SIZE)
		return "frame too short";
	memcpy(segment.destination_mac, frame, 6);
	memcpy(segment.source_mac, frame + 6, 6);
	if (get16(frame + 12) == ETH_P_IP)
		complaint =
			parse_ipv4(frame + ETHERNET_SIZE, packet->length - ETHERNET_SIZE, &segment);
	else if (get16(frame + 12) == ETH_P_IPV6)
		complaint =
			parse_ipv6(frame + ETHERNET_SIZE, packet->length - ETHERNET_SIZE, &segment);
	*ret_segment = segment;
	return complaint;
}

static void print_flags(uint16_t flags, char *ret_text)
{
	static const char letters[] = "FSRPAUEWN";

	for (unsigned bit = 0; letters[bit]; bit++)
		if (flags >> bit & 1)
			*ret_text++ = letters[bit];
	*ret_text = 0;
}

void segment_print(const char *prefix, const struct tcp_segment *segment)
{
	const struct tcp_options *options = &segment->options;
	char source[INET6_ADDRSTRLEN] = "", destination[INET6_ADDRSTRLEN] = "", flags[16];

	inet_ntop(AF_INET6, &segment->source, source, sizeof(source));
	inet_ntop(AF_INET6, &segment->destination, destination, sizeof(destination));
	print_flags(segment->flags, flags);
	fprintf(stderr, "  %s [%s]:%u > [%s]:%u %s seq %u ack %u win %u len %zu ttl %u", prefix,
		source, segment->source_port, destination, segment->destination_port, flags,
		segment->seq, segment->ack, segment->window, segment->payload_length, segment->ttl);
	fprintf(stderr, " options \"%s\" mss %u wscale %u ts %u %u", options->layout, options->mss,
		options->wscale, options->tsval, options->tsecr);
	for (unsigned i = 0; i < options->sack_count && i < SACK_BLOCKS_MAX; i++)
		fprintf(stderr, " sack %u-%u", options->sack[i].left, options->sack[i].right);
	fprintf(stderr, "\n");
}
