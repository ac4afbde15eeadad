/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pod's answer to our SYN: from here on client and pod are one connection. */
#ifndef PATHROUTE_JOIN_H
#define PATHROUTE_JOIN_H

#include "connect.h"
#include "release.h"

#define JOIN_MSS_DEFAULT 536 /* RFC 9293 3.7.1 */
#define JOIN_MSS_MIN 524     /* keeps a full hold within RELEASE_SEGMENTS_MAX */

/* Loads and parses the TCP options of the packet at hand. */
__noinline int packet_load_options(struct packet_context *ctx, struct scratch *s)
{
	__u64 length;

	if (!s)
		return -1;
	length = s->packet.options_length;
	__builtin_memset(s->option_bytes[0], 0, TCP_OPTIONS_MAX);
	if (LENGTH_FITS(length, TCP_OPTIONS_MAX) &&
	    bpf_skb_load_bytes(ctx, s->packet.l4 + TCP_LENGTH, s->option_bytes[0], length))
		return -1;
	tcp_options_parse(&s->options, s->option_bytes[0], length);
	if (s->options.timestamps) {
		s->packet.has_timestamps = 1;
		s->packet.tsval = s->options.tsval;
		s->packet.tsecr = s->options.tsecr;
	}
	return 0;
}

static __always_inline __u8 join_peer_flag(__u32 ifindex)
{
	struct device *device = bpf_map_lookup_elem(&devices, &ifindex);

	return device && (device->flags & DEVICE_PEER) ? TCP_SIDE_PEER : 0;
}

/* The pod's: where its packet came from. */
static __always_inline __u32 join_device(struct packet_context *ctx, const struct packet *packet)
{
	__u32 came = deliver_is_chain() ? ctx->ingress_ifindex : 0;

	return came ? came : packet->ifindex;
}

static __always_inline __u16 join_mtu(struct packet_context *ctx, __u32 ifindex)
{
	__u32 mtu = 0;

	bpf_check_mtu(ctx, ifindex, &mtu, 0, 0);
	return mtu > 65535 ? 65535 : mtu;
}

/* Options that we promised the client on the pods' behalf, and this pod does not have: the next
 * clients of the listener are not offered them (RFC 7323 3.2). */
static __always_inline void join_learn(const struct flow *flow, const struct tcp_options *options)
{
	struct listener_key key = {.address = flow->listener, .port = flow->listener_port};
	struct listener *listener;
	__u32 lacking = 0;

	if ((flow->client_flags & TCP_SIDE_TIMESTAMPS) && !options->timestamps)
		lacking |= LISTENER_NO_TIMESTAMPS;
	if ((flow->client_flags & TCP_SIDE_SACK) && !options->sack)
		lacking |= LISTENER_NO_SACK;
	if (!lacking)
		return;
	listener = bpf_map_lookup_elem(&listeners, &key);
	if (listener)
		listener->learned |= lacking;
}

static __always_inline void join_fill_leg(struct packet_context *ctx, struct flow *flow,
					  const struct scratch *s)
{
	const struct tcp_options *options = &s->options;
	const struct packet *packet = &s->packet;
	struct flow_leg *leg = &flow->leg;
	__u32 mss = options->mss ? options->mss : JOIN_MSS_DEFAULT;

	leg->e = 0;
	leg->d = flow->isn - packet->seq;
	leg->t = flow->tsval - packet->tsval;
	leg->tsecr_floor = packet->tsval;
	leg->pod_ack = flow->client_start;
	leg->pod_next = flow->isn + 1;
	leg->ifindex = join_device(ctx, packet);
	leg->flags = join_peer_flag(leg->ifindex);
	if (options->timestamps && (flow->client_flags & TCP_SIDE_TIMESTAMPS))
		leg->flags |= TCP_SIDE_TIMESTAMPS;
	if (options->sack && (flow->client_flags & TCP_SIDE_SACK))
		leg->flags |= TCP_SIDE_SACK;
	leg->wscale = 0;
	if (options->wscale != COOKIE_WSCALE_NONE && (flow->client_flags & TCP_SIDE_WSCALE)) {
		leg->flags |= TCP_SIDE_WSCALE;
		leg->wscale = options->wscale;
	}
	leg->mss = mss < JOIN_MSS_MIN ? JOIN_MSS_MIN : mss;
	leg->mtu = join_mtu(ctx, leg->ifindex);
	__builtin_memcpy(leg->pod_mac, packet->source_mac, 6);
	__builtin_memcpy(leg->own_mac, packet->destination_mac, 6);
}

/* A SYN-ACK that fits. The flow is claimed and CONNECTING. */
__noinline int join_pod(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);

	if (!s || !flow || packet_load_options(ctx, s))
		return VERDICT_INTERNAL;
	packet_read_macs(ctx, &s->packet);
	join_fill_leg(ctx, flow, s);
	join_learn(flow, &s->options);
	endpoint_succeeded(flow->leg.endpoint);
	flow_enter(flow, FLOW_SPLICED, s->packet.now);
	return release_from(ctx, s, slot, 0, VERDICT_HOLD_RELEASED);
}

/* A packet of the pod before the SYN-ACK. The flow is claimed and CONNECTING. */
static __always_inline int join_from_pod(struct packet_context *ctx, struct scratch *s,
					 struct flow *flow, __u32 slot)
{
	struct packet *packet = &s->packet;
	int fits = packet->ack == flow->client_start;

	if (packet->flags & TCP_RST) {
		if (!(packet->flags & TCP_ACK) || !fits)
			return VERDICT_RST_SWALLOWED;
		return connect_elsewhere(ctx, s, slot);
	}
	if ((packet->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) && fits)
		return join_pod(ctx, s, slot);
	if (packet->flags & TCP_ACK)
		return connect_other_port(ctx, s, slot);
	return VERDICT_OUT_OF_WINDOW;
}

#endif
