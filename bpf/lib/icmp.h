/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP errors about packets that we sent (RFC 792, RFC 4443): translated to the side that must
 * see them, or, for a SYN of ours that cannot be delivered, a reason to try another endpoint.
 */
#ifndef PATHROUTE_ICMP_H
#define PATHROUTE_ICMP_H

#include "connect.h"
#include "deliver.h"
#include "way.h"

#define ICMP_HEADER 8
#define ICMP_CHECK_OFFSET 2
#define ICMP_UNREACHABLE 3
#define ICMP_NEED_FRAGMENTATION 4 /* code of ICMP_UNREACHABLE */
#define ICMPV6_UNREACHABLE 1
#define IPV4_CHECK_OFFSET 10

/* Offsets of what is translated in the packet that the error quotes. */
struct icmp_quote {
	__u32 ip;
	__u32 source; /* address */
	__u32 destination;
	__u32 tcp;
};

static __always_inline struct icmp_quote icmp_quote_at(const struct packet *packet)
{
	__u32 ip = packet->l4 + ICMP_HEADER;
	struct icmp_quote quote = {
		.ip = ip,
		.source = ip + (packet->ipv6 ? 8 : 12),
		.destination = ip + (packet->ipv6 ? 24 : 16),
		.tcp = ip + (packet->ipv6 ? IPV6_LENGTH : IPV4_LENGTH),
	};

	return quote;
}

/* Fills the tuple of the answers to the quoted packet. False: not a quoted TCP packet. */
static __always_inline int icmp_read_quote(struct packet_context *ctx, struct scratch *s)
{
	struct icmp_quote quote = icmp_quote_at(&s->packet);
	struct packet *packet = &s->packet;
	__be32 words[5];
	__be32 tcp[2];
	__u8 first;

	if (bpf_skb_load_bytes(ctx, quote.ip, &first, 1) ||
	    bpf_skb_load_bytes(ctx, quote.ip + 4, words, sizeof(words) - 4) ||
	    bpf_skb_load_bytes(ctx, quote.tcp, tcp, sizeof(tcp)))
		return 0;
	if (packet->ipv6) {
		if ((bpf_ntohl(words[0]) >> 8 & 0xff) != PROTOCOL_TCP)
			return 0;
		if (bpf_skb_load_bytes(ctx, quote.destination, &packet->key.source, 16) ||
		    bpf_skb_load_bytes(ctx, quote.source, &packet->key.destination, 16))
			return 0;
	} else {
		if (first != 0x45 || (bpf_ntohl(words[1]) >> 16 & 0xff) != PROTOCOL_TCP)
			return 0;
		packet_address_v4(&packet->key.source, words[3]);
		packet_address_v4(&packet->key.destination, words[2]);
	}
	packet->key.source_port = ((__be16 *)tcp)[1];
	packet->key.destination_port = ((__be16 *)tcp)[0];
	packet->seq = bpf_ntohl(tcp[1]);
	packet->flags = 0;
	packet->length = 0;
	return 1;
}

static __always_inline int icmp_is_error(const struct packet *packet, __u8 type)
{
	return packet->ipv6 ? type >= 1 && type <= 4 : type == 3 || type == 11 || type == 12;
}

static __always_inline int icmp_is_unreachable(const struct packet *packet, __u8 type, __u8 code)
{
	if (packet->ipv6)
		return type == ICMPV6_UNREACHABLE;
	return type == ICMP_UNREACHABLE && code != ICMP_NEED_FRAGMENTATION;
}

struct icmp_change {
	__u32 offset;
	__u32 outer; /* offset of the same address in the outer header, 0: it is not there */
	const struct ip_address *from;
	const struct ip_address *to;
};

/* Replaces one address of the quoted packet, and of the outer one.
 * Yields the difference for the ICMP checksum, negative on failure. */
static __always_inline __s64 icmp_put_address(struct packet_context *ctx, const struct scratch *s,
					      const struct icmp_change *change)
{
	const struct ip_address *from = change->from;
	const struct ip_address *to = change->to;
	__u32 offset = change->offset;
	__u32 outer = change->outer;
	struct icmp_quote quote = icmp_quote_at(&s->packet);
	__u32 outer_diff = outer ? 1 : 0;
	__u64 diff = checksum_address_change(from, to);

	if (s->packet.ipv6) {
		if (bpf_skb_store_bytes(ctx, offset, to, 16, 0) ||
		    (outer && bpf_skb_store_bytes(ctx, outer, to, 16, 0)))
			return -1;
		return checksum_fold32(diff + (outer_diff ? diff : 0));
	}
	/* The quoted header's own checksum takes up what the address changes: no difference. */
	if (bpf_skb_store_bytes(ctx, offset, &to->word[3], 4, 0) ||
	    bpf_l3_csum_replace(ctx, quote.ip + IPV4_CHECK_OFFSET, from->word[3], to->word[3], 4))
		return -1;
	if (outer && (bpf_skb_store_bytes(ctx, outer, &to->word[3], 4, 0) ||
		      bpf_l3_csum_replace(ctx, ETH_LENGTH + IPV4_CHECK_OFFSET, from->word[3],
					  to->word[3], 4)))
		return -1;
	return 0;
}

/* Ports and sequence number of the quoted TCP header, then the checksum. */
static __always_inline int icmp_put_tcp(struct packet_context *ctx, const struct scratch *s,
					__be32 ports, __u32 seq, __u64 diff)
{
	struct icmp_quote quote = icmp_quote_at(&s->packet);
	__be32 words[2] = {ports, bpf_htonl(seq)};
	__be32 old[2];

	if (bpf_skb_load_bytes(ctx, quote.tcp, old, sizeof(old)) ||
	    bpf_skb_store_bytes(ctx, quote.tcp, words, sizeof(words), 0))
		return -1;
	diff += checksum_change(old[0], words[0]) + checksum_change(old[1], words[1]);
	return bpf_l4_csum_replace(ctx, s->packet.l4 + ICMP_CHECK_OFFSET, 0, checksum_fold32(diff),
				   0);
}

/* The error comes from the other end of the connection, as far as its receiver can see: the router
 * that sent it may lie on the way to both, and refuses packets that claim to be its own. Yields as
 * above. */
static __always_inline __s64 icmp_put_sender(struct packet_context *ctx, const struct scratch *s,
					     const struct ip_address *to)
{
	__u32 offset = ETH_LENGTH + (s->packet.ipv6 ? 8 : 12);
	struct ip_address from = {};

	if (s->packet.ipv6) {
		if (bpf_skb_load_bytes(ctx, offset, &from, 16) ||
		    bpf_skb_store_bytes(ctx, offset, to, 16, 0))
			return -1;
		return checksum_fold32(checksum_address_change(&from, to));
	}
	if (bpf_skb_load_bytes(ctx, offset, &from.word[3], 4) ||
	    bpf_skb_store_bytes(ctx, offset, &to->word[3], 4, 0) ||
	    bpf_l3_csum_replace(ctx, ETH_LENGTH + IPV4_CHECK_OFFSET, from.word[3], to->word[3], 4))
		return -1;
	return 0;
}

/* Replaces both addresses of the quoted packet, and those of the outer one: the error goes from
 * `destination` to `source`. Yields as above. */
static __always_inline __s64 icmp_put_addresses(struct packet_context *ctx, const struct scratch *s,
						struct icmp_change *source,
						struct icmp_change *destination)
{
	__s64 sender = icmp_put_sender(ctx, s, destination->to);
	__s64 diff = 0;
	__s64 more = 0;

	source->offset = icmp_quote_at(&s->packet).source;
	source->outer = ETH_LENGTH + (s->packet.ipv6 ? 24 : 16);
	destination->offset = icmp_quote_at(&s->packet).destination;
	destination->outer = 0;
	if (flow_addresses_differ(source->from, source->to))
		diff = icmp_put_address(ctx, s, source);
	if (flow_addresses_differ(destination->from, destination->to))
		more = icmp_put_address(ctx, s, destination);
	return sender < 0 || diff < 0 || more < 0 ? -1 : sender + diff + more;
}

/* About a segment to the client: the pod sent it. */
__noinline int icmp_to_pod(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct icmp_change destination = {};
	struct icmp_change source = {};
	__s64 diff;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	source.from = &flow->listener;
	source.to = &flow->leg.pod;
	destination.from = &flow->client;
	destination.to = &flow->leg.source;
	diff = icmp_put_addresses(ctx, s, &source, &destination);
	if (diff < 0 ||
	    icmp_put_tcp(ctx, s, (__u32)flow->leg.source_port << 16 | flow->leg.pod_port,
			 s->packet.seq - flow->leg.d, diff) ||
	    bpf_skb_store_bytes(ctx, 0, flow->leg.pod_mac, 12, 0))
		return VERDICT_INTERNAL;
	s->packet.action = deliver_to_pod(ctx, flow, &flow->leg);
	return VERDICT_ICMP_TRANSLATED;
}

/* About a segment to the pod: the client sent it. */
__noinline int icmp_to_client(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct icmp_change destination = {};
	struct icmp_change source = {};
	__s64 diff;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	source.from = &flow->leg.source;
	source.to = &flow->client;
	destination.from = &flow->leg.pod;
	destination.to = &flow->listener;
	diff = icmp_put_addresses(ctx, s, &source, &destination);
	if (diff < 0 ||
	    icmp_put_tcp(ctx, s, (__u32)flow->listener_port << 16 | flow->client_port,
			 s->packet.seq + flow->leg.e, diff) ||
	    bpf_skb_store_bytes(ctx, 0, flow->client_mac, 12, 0))
		return VERDICT_INTERNAL;
	s->packet.action = way_to_client(flow);
	return VERDICT_ICMP_TRANSLATED;
}

/* About our SYN: only the one under way counts, so that nobody off the path can steer us. */
__noinline int icmp_about_syn(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	int verdict = VERDICT_OUT_OF_WINDOW;

	if (!s || !flow || !flow_claim(flow, s->packet.generation))
		return VERDICT_CONTENDED;
	if (flow->state == FLOW_CONNECTING && s->packet.seq == flow->client_start - 1)
		verdict = connect_elsewhere(ctx, s, slot);
	if (verdict < 0)
		verdict = reply_begin(ctx, s, slot, -verdict);
	flow_release(flow, s->packet.generation);
	return verdict;
}

__noinline int icmp_receive(struct packet_context *ctx, struct scratch *s)
{
	struct flow_key key;
	struct flow_ref ref;
	struct flow *flow;
	__u8 header[2];

	if (!s || bpf_skb_load_bytes(ctx, s->packet.l4, header, sizeof(header)) ||
	    !icmp_is_error(&s->packet, header[0]) || !icmp_read_quote(ctx, s))
		return VERDICT_NOT_OURS;
	key = s->packet.key;
	flow = flow_find(&key, &ref);
	if (!flow)
		return VERDICT_NOT_OURS;
	if (deliver_is_chain() && s->packet.egress != (FLOW_TAG_SIDE(ref.tag) == FLOW_SIDE_POD))
		return VERDICT_NOT_OURS;
	packet_parse_rest(ctx, &s->packet);
	s->packet.generation = flow->generation;
	if (FLOW_TAG_SIDE(ref.tag) == FLOW_SIDE_POD && FLOW_TAG_LEG(ref.tag) != flow->leg.id)
		return VERDICT_OUT_OF_WINDOW;
	if (flow->state == FLOW_SPLICED || flow->state == FLOW_TAIL)
		return FLOW_TAG_SIDE(ref.tag) == FLOW_SIDE_POD ? icmp_to_client(ctx, s, ref.slot)
							       : icmp_to_pod(ctx, s, ref.slot);
	if (FLOW_TAG_SIDE(ref.tag) == FLOW_SIDE_POD &&
	    icmp_is_unreachable(&s->packet, header[0], header[1]))
		return icmp_about_syn(ctx, s, ref.slot);
	return VERDICT_OUT_OF_WINDOW;
}

#endif
