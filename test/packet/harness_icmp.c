/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "harness_icmp.h"

#define ICMP_SIZE 8
#define TCP_QUOTE 20

/* An empty frame from the error's source to its destination; IP header only. */
static size_t build_outer(const struct icmp_error *error, size_t payload, struct packet *ret_packet)
{
	bool ipv4 = segment_is_ipv4(&error->source);
	uint8_t *ip = ret_packet->bytes + ETHERNET_SIZE;
	struct tcp_segment shape = {
		.source = error->source,
		.destination = error->destination,
		.ttl = 64,
	};
	uint16_t check, total = htons((uint16_t)(payload + (ipv4 ? 20 : 0)));

	memcpy(shape.source_mac, error->source_mac, 6);
	memcpy(shape.destination_mac, error->destination_mac, 6);
	segment_build(&shape, ret_packet);
	memcpy(ip + (ipv4 ? 2 : 4), &total, 2);
	ip[ipv4 ? 9 : 6] = ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	if (!ipv4)
		return 40;
	memset(ip + 10, 0, 2);
	check = htons(segment_checksum(ip, 20, 0));
	memcpy(ip + 10, &check, 2);
	return 20;
}

static uint32_t outer_sum(const struct icmp_error *error, size_t length)
{
	if (segment_is_ipv4(&error->source))
		return 0;
	return segment_pseudo_sum(&error->source, &error->destination, IPPROTO_ICMPV6, length);
}

void icmp_build(const struct icmp_error *error, struct packet *ret_packet)
{
	static const uint8_t types[2][2][2] = {{{3, 4}, {3, 3}}, {{2, 0}, {1, 4}}};
	bool ipv6 = !segment_is_ipv4(&error->source);
	size_t quote = (ipv6 ? 40 : 20) + TCP_QUOTE, header;
	uint32_t mtu = htonl(error->mtu);
	struct packet quoted;
	uint16_t check;
	uint8_t *icmp;

	segment_build(&error->about, &quoted);
	header = build_outer(error, ICMP_SIZE + quote, ret_packet);
	icmp = ret_packet->bytes + ETHERNET_SIZE + header;
	memset(icmp, 0, ICMP_SIZE);
	memcpy(icmp, types[ipv6][error->kind], 2);
	memcpy(icmp + 4, &mtu, 4);
	memcpy(icmp + ICMP_SIZE, quoted.bytes + ETHERNET_SIZE, quote);
	check = htons(
		segment_checksum(icmp, ICMP_SIZE + quote, outer_sum(error, ICMP_SIZE + quote)));
	memcpy(icmp + 2, &check, 2);
	ret_packet->length = ETHERNET_SIZE + header + ICMP_SIZE + quote;
}

static void read_addresses(const uint8_t *ip, bool ipv4, struct ip_address *ret_source,
			   struct ip_address *ret_destination)
{
	memset(ret_source, 0, sizeof(*ret_source));
	memset(ret_destination, 0, sizeof(*ret_destination));
	if (!ipv4) {
		memcpy(ret_source, ip + 8, 16);
		memcpy(ret_destination, ip + 24, 16);
		return;
	}
	ret_source->word[2] = htonl(0xffff);
	ret_destination->word[2] = htonl(0xffff);
	memcpy(&ret_source->word[3], ip + 12, 4);
	memcpy(&ret_destination->word[3], ip + 16, 4);
}

static uint32_t read_number(const uint8_t *from, size_t bytes)
{
	uint32_t number = 0;

	for (size_t i = 0; i < bytes; i++)
		number = number << 8 | from[i];
	return number;
}

static void read_quote(const uint8_t *ip, bool ipv4, struct tcp_segment *ret_about)
{
	const uint8_t *tcp = ip + (ipv4 ? 20 : 40);

	read_addresses(ip, ipv4, &ret_about->source, &ret_about->destination);
	ret_about->source_port = (uint16_t)read_number(tcp, 2);
	ret_about->destination_port = (uint16_t)read_number(tcp + 2, 2);
	ret_about->seq = read_number(tcp + 4, 4);
}

static enum icmp_kind read_kind(const uint8_t *icmp, bool ipv4)
{
	uint32_t kind = read_number(icmp, 2);

	if (kind == (ipv4 ? 0x0304 : 0x0200))
		return ICMP_TOO_BIG;
	return kind == (ipv4 ? 0x0303 : 0x0104) ? ICMP_UNREACHABLE : ICMP_OTHER;
}

const char *icmp_parse(const struct packet *packet, struct icmp_error *ret_error)
{
	const uint8_t *ip = packet->bytes + ETHERNET_SIZE;
	bool ipv4 = read_number(packet->bytes + 12, 2) == ETH_P_IP;
	size_t header = ipv4 ? 20 : 40, length = packet->length - ETHERNET_SIZE - header;
	const uint8_t *icmp = ip + header;

	memset(ret_error, 0, sizeof(*ret_error));
	if (packet->length < ETHERNET_SIZE + 2 * header + ICMP_SIZE + 8)
		return "too short";
	if (read_number(ip + (ipv4 ? 2 : 4), 2) != length + (ipv4 ? header : 0))
		return "wrong IP length";
	if (ip[ipv4 ? 9 : 6] != (ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return "no ICMP";
	if (ipv4 && segment_checksum(ip, 20, 0))
		return "wrong IPv4 checksum";
	memcpy(ret_error->destination_mac, packet->bytes, 6);
	memcpy(ret_error->source_mac, packet->bytes + 6, 6);
	read_addresses(ip, ipv4, &ret_error->source, &ret_error->destination);
	if (segment_checksum(icmp, length, outer_sum(ret_error, length)))
		return "wrong ICMP checksum";
	ret_error->kind = read_kind(icmp, ipv4);
	ret_error->mtu = read_number(icmp + 4, 4);
	read_quote(icmp + ICMP_SIZE, ipv4, &ret_error->about);
	return NULL;
}

struct icmp_error icmp_take_at(struct connection *c, struct place place)
{
	const struct packet *packet = testbed_take_output(c->testbed);
	struct icmp_error error = {};
	const char *complaint = packet ? icmp_parse(packet, &error) : "nothing was sent";

	if (complaint)
		expect_fail(place, "no good ICMP error: %s; verdict %s", complaint,
			    testbed_verdict_name(c->testbed->verdict));
	return error;
}
