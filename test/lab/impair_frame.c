/* SPDX-License-Identifier: Apache-2.0 */
#include "impair_frame.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>

#define IPV6_HEADER 40
#define FLAG_CWR 0x80

/* Where things are in a TCP frame. */
struct layout {
	size_t ip, tcp, payload, end; /* end: by the IP header, the frame may be padded */
	bool is_ipv6;
};

static uint16_t load16(const unsigned char *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void store16(unsigned char *bytes, size_t value)
{
	bytes[0] = (unsigned char)(value >> 8);
	bytes[1] = (unsigned char)value;
}

static uint32_t load32(const unsigned char *bytes)
{
	return (uint32_t)load16(bytes) << 16 | load16(bytes + 2);
}

static void store32(unsigned char *bytes, uint32_t value)
{
	store16(bytes, value >> 16);
	store16(bytes + 2, value & 0xffff);
}

static uint64_t sum_bytes(const unsigned char *bytes, size_t length)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += load16(bytes + i);
	if (length & 1)
		sum += (uint64_t)bytes[length - 1] << 8;
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static bool find_tcp_ipv4(const unsigned char *frame, size_t length, struct layout *layout)
{
	const unsigned char *ip = frame + ETH_HLEN;

	if (length < ETH_HLEN + 20 || ip[9] != IPPROTO_TCP || (load16(ip + 6) & 0x1fff) != 0)
		return false;
	layout->is_ipv6 = false;
	layout->tcp = ETH_HLEN + (size_t)(ip[0] & 0xf) * 4;
	layout->end = ETH_HLEN + (size_t)load16(ip + 2);
	return true;
}

static bool find_tcp_ipv6(const unsigned char *frame, size_t length, struct layout *layout)
{
	const unsigned char *ip = frame + ETH_HLEN;

	if (length < ETH_HLEN + IPV6_HEADER || ip[6] != IPPROTO_TCP)
		return false;
	layout->is_ipv6 = true;
	layout->tcp = ETH_HLEN + IPV6_HEADER;
	layout->end = layout->tcp + load16(ip + 4);
	return true;
}

static bool find_tcp(const unsigned char *frame, size_t length, struct layout *layout)
{
	uint16_t type = length < ETH_HLEN ? 0 : load16(frame + 12);

	layout->ip = ETH_HLEN;
	if (!(type == ETH_P_IP && find_tcp_ipv4(frame, length, layout)) &&
	    !(type == ETH_P_IPV6 && find_tcp_ipv6(frame, length, layout)))
		return false;
	if (layout->end > length || layout->tcp + 20 > layout->end)
		return false;
	layout->payload = layout->tcp + (size_t)(frame[layout->tcp + 12] >> 4) * 4;
	return layout->payload <= layout->end;
}

bool impair_frame_is_tcp(const unsigned char *frame, size_t length)
{
	struct layout layout;

	return find_tcp(frame, length, &layout);
}

static void write_lengths(unsigned char *frame, const struct layout *layout, size_t end)
{
	unsigned char *ip = frame + layout->ip;

	if (layout->is_ipv6) {
		store16(ip + 4, end - layout->tcp);
		return;
	}
	store16(ip + 2, end - layout->ip);
	store16(ip + 10, 0);
	store16(ip + 10, fold(sum_bytes(ip, layout->tcp - layout->ip)));
}

static void write_tcp_checksum(unsigned char *frame, const struct layout *layout, size_t end)
{
	const unsigned char *addresses = frame + layout->ip + (layout->is_ipv6 ? 8 : 12);
	size_t length = end - layout->tcp;
	uint64_t sum = sum_bytes(addresses, layout->is_ipv6 ? 32 : 8) + length + IPPROTO_TCP;

	store16(frame + layout->tcp + 16, 0);
	sum += sum_bytes(frame + layout->tcp, length);
	store16(frame + layout->tcp + 16, fold(sum));
}

/* Part `index` of a super-packet: its headers with numbers, flags and sums of their own. */
static size_t build_segment(const unsigned char *frame, const struct layout *layout,
			    size_t segment_size, size_t index, unsigned char *ret_segment)
{
	size_t start = layout->payload + index * segment_size;
	size_t length = layout->end - start < segment_size ? layout->end - start : segment_size;
	size_t end = layout->payload + length;
	bool is_last = start + length == layout->end;
	unsigned char *tcp = ret_segment + layout->tcp;

	memcpy(ret_segment, frame, layout->payload);
	memcpy(ret_segment + layout->payload, frame + start, length);
	store32(tcp + 4, load32(tcp + 4) + (uint32_t)(index * segment_size));
	if (!is_last)
		tcp[13] &= (unsigned char)~(TH_FIN | TH_PUSH);
	if (index > 0)
		tcp[13] &= (unsigned char)~FLAG_CWR;
	if (!layout->is_ipv6)
		store16(ret_segment + layout->ip + 4, load16(frame + layout->ip + 4) + index);
	write_lengths(ret_segment, layout, end);
	write_tcp_checksum(ret_segment, layout, end);
	return end;
}

/* The field holds the pseudo-header's sum; all from checksum_start on is still to be added. */
static void complete_checksum(unsigned char *frame, size_t length,
			      const struct impair_offload *offload)
{
	size_t start = offload->checksum_start, field = start + offload->checksum_offset;
	uint16_t sum;

	if (start == 0 || field + 2 > length)
		return;
	sum = fold(sum_bytes(frame + start, length - start));
	store16(frame + field, sum ? sum : 0xffff);
}

void impair_frame_split(unsigned char *frame, size_t length, const struct impair_offload *offload,
			impair_frame_sink *sink, void *context)
{
	static unsigned char segment[IMPAIR_FRAME_MAX];
	struct layout layout;
	size_t index = 0, size;

	if (offload->segment_size == 0 || !find_tcp(frame, length, &layout)) {
		complete_checksum(frame, length, offload);
		sink(context, frame, length);
		return;
	}
	do {
		size = build_segment(frame, &layout, offload->segment_size, index++, segment);
		sink(context, segment, size);
	} while (layout.payload + index * offload->segment_size < layout.end);
}

void impair_frame_corrupt(unsigned char *frame, size_t length, unsigned long long where)
{
	struct layout layout;
	size_t first, bits;

	if (!find_tcp(frame, length, &layout))
		return;
	first = layout.tcp + 4;
	bits = (layout.end - first) * 8;
	frame[first + where % bits / 8] ^= (unsigned char)(1 << where % 8);
}
