/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pod's side of the handshake. The SYN carries the client's own numbering (seq = the request's
 * first byte - 1), so it is the same on every retry, and another endpoint can be tried as long
 * as the client has not seen a byte of the reply.
 *
 * What must end in a reply of our own yields its verdict, negated: reply_begin() is for the caller
 * of the stages, since calls may be eight deep only.
 */
#ifndef PATHROUTE_CONNECT_H
#define PATHROUTE_CONNECT_H

#include "endpoint.h"
#include "leg_choice.h"
#include "reply.h"

#define FAMILY_IPV4 2
#define FAMILY_IPV6 10
#define CONNECT_SYNS 2    /* SYNs to one endpoint before the next is tried */
#define CONNECT_CHOICES 3 /* endpoints looked at until one is in use */
#define CONNECT_PORT_FIRST 1024
#define CONNECT_PORT_COUNT 64512
#define CONNECT_PORT_TRIES 32
#define CONNECT_PORTS_TRIED_MAX 8
#define CONNECT_CROWDED_TICKS 1000
#define CONNECT_REPEAT_TICKS 16 /* a request twice in a burst is a copy, not a retransmission */
#define CONNECT_DEADLINE_TICKS 10000 /* for all endpoints together */

/* Puts the pod's tuple with this source port into the index. Negative: it is taken. */
static __always_inline int connect_index_port(struct flow *flow, __u32 slot, __be16 port)
{
	__u32 tag = FLOW_TAG(flow->generation, flow->leg.id, FLOW_SIDE_POD);
	struct flow_key key;

	flow->leg.source_port = port;
	flow_leg_key(flow, &flow->leg, &key);
	return flow_index(&key, slot, tag) ? -1 : 0;
}

/* Puts the pod's tuple into the index, with another source port where the client's is taken
 * (two listeners before one pod see one client port twice) or `fresh_port` asks for it. A busy
 * client's ended connections keep a good part of all ports for a while, so that a few random ones
 * may all be taken; its own port, if nothing else is left, is better than none. */
static __always_inline int connect_index(struct flow *flow, __u32 slot, int fresh_port)
{
	if (!fresh_port && !connect_index_port(flow, slot, flow->client_port))
		return 0;
	for (int i = 0; i < CONNECT_PORT_TRIES; i++) {
		__u32 offset = bpf_get_prandom_u32() % CONNECT_PORT_COUNT;

		if (!connect_index_port(flow, slot, bpf_htons(CONNECT_PORT_FIRST + offset)))
			return 0;
	}
	if (fresh_port && !connect_index_port(flow, slot, flow->client_port))
		return 0;
	flow->leg.pod_port = 0;
	return -1;
}

static __always_inline int connect_is_crowded(const struct endpoint_stats *stats, __u32 now)
{
	return stats->crowded_until && seq_before(now, stats->crowded_until);
}

/* Makes leg.endpoint the flow's pod. An endpoint that lately held an old connection under a
 * client's port holds more of them, and its kernel answers a SYN to each but twice a second
 * (tcp_invalid_ratelimit): for a while nobody's own port is tried there. `fresh_port`: not now. */
__noinline int connect_leg(__u32 slot, __u32 fresh_port)
{
	struct flow *flow = flow_at(slot);
	struct endpoint_stats *stats;
	struct endpoint *endpoint;
	__u32 id;

	if (!flow)
		return -1;
	id = flow->leg.endpoint;
	flow->leg.endpoint = 0; /* until it is counted */
	endpoint = bpf_map_lookup_elem(&endpoints, &id);
	stats = endpoint_stats_at(id);
	if (!endpoint || !stats || !endpoint->in_use || !endpoint->port)
		return -1;
	flow->leg.pod = endpoint->address;
	flow->leg.pod_port = endpoint->port;
	flow->leg.tries = 0;
	flow->leg.address_diff =
		checksum_fold32(checksum_address_change(&flow->listener, &endpoint->address));
	if (connect_index(flow, slot, fresh_port || connect_is_crowded(stats, flow->seen)))
		return -1;
	flow->leg.endpoint = id;
	__sync_fetch_and_add(&stats->active, 1);
	return 0;
}

static __always_inline void connect_syn_segment(struct segment *segment, const struct flow *flow)
{
	struct syn_options options = {
		.mss = flow->client_mss,
		.tsval = flow->client_tsval,
		.tsecr = 0,
		.sack = !!(flow->client_flags & TCP_SIDE_SACK),
		.timestamps = !!(flow->client_flags & TCP_SIDE_TIMESTAMPS),
		.wscale = flow->client_flags & TCP_SIDE_WSCALE ? flow->client_wscale
							       : COOKIE_WSCALE_NONE,
	};
	__u32 window = (__u32)flow->client_window;

	if (flow->client_flags & TCP_SIDE_WSCALE)
		window <<= flow->client_wscale & 15;
	segment->source = flow->client;
	segment->destination = flow->leg.pod;
	segment->source_port = flow->leg.source_port;
	segment->destination_port = flow->leg.pod_port;
	segment->seq = flow->client_start - 1;
	segment->ack = 0;
	segment->flags = TCP_SYN;
	segment->window = window > 65535 ? 65535 : window;
	segment_syn_options(segment, &options);
}

/* The device towards the pod; 0: no route. */
static __always_inline __u32 connect_device(struct packet_context *ctx, const struct flow *flow,
					    const struct packet *packet)
{
	struct bpf_fib_lookup fib = {};
	long result;

	fib.ifindex = packet->ifindex;
	fib.l4_protocol = PROTOCOL_TCP;
	fib.tot_len = 0;
	if (packet->ipv6) {
		fib.family = FAMILY_IPV6;
		for (int i = 0; i < 4; i++) {
			fib.ipv6_src[i] = flow->client.word[i];
			fib.ipv6_dst[i] = flow->leg.pod.word[i];
		}
	} else {
		fib.family = FAMILY_IPV4;
		fib.ipv4_src = flow->client.word[3];
		fib.ipv4_dst = flow->leg.pod.word[3];
	}
	result = bpf_fib_lookup(ctx, &fib, sizeof(fib), 0);
	if (result != BPF_FIB_LKUP_RET_SUCCESS && result != BPF_FIB_LKUP_RET_NO_NEIGH)
		return 0;
	return fib.ifindex;
}

/* Turns the packet into the SYN for the flow's leg. By bpf_redirect_neigh(), which resolves the
 * pod's address where nobody has talked to it yet. */
__noinline int connect_send(struct packet_context *ctx, struct scratch *s, __u32 slot,
			    __u32 verdict)
{
	struct flow *flow = flow_at(slot);
	__u32 device;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	flow->leg.tries++;
	flow->leg.pod_next = s->packet.now; /* free until the pod answers: when the SYN went */
	connect_syn_segment(&s->segment, flow);
	if (deliver_is_chain()) {
		if (segment_write(ctx, s) < 0)
			return VERDICT_INTERNAL;
		s->packet.action = deliver_to_pod(ctx, flow, 0);
		return verdict;
	}
	__builtin_memset(s->segment.destination_mac, 0, 6);
	__builtin_memset(s->segment.source_mac, 0, 6);
	device = connect_device(ctx, flow, &s->packet);
	if (!device || segment_write(ctx, s) < 0)
		return VERDICT_INTERNAL;
	s->packet.action = bpf_redirect_neigh(device, NULL, 0, 0);
	return verdict;
}

/* Chooses an endpoint other than `failed`, if that is not 0, and makes it the flow's pod. One that
 * goes out of use meanwhile, or has no port left, is passed over. */
static __always_inline int connect_choose(struct flow *flow, __u32 slot, __u32 failed)
{
	for (int i = 0; i < CONNECT_CHOICES; i++) {
		int verdict = endpoint_choose(slot, failed);

		if (verdict != VERDICT_CONTINUE)
			return verdict;
		failed = flow->leg.endpoint;
		if (!connect_leg(slot, 0))
			return VERDICT_CONTINUE;
	}
	return VERDICT_ENDPOINTS_FAILED;
}

/* The first SYN for a request whose rule is known. `failed`: the endpoint that had it before, which
 * gets it again only if there is no other; 0: none. */
__noinline int connect_begin(struct packet_context *ctx, struct scratch *s, __u32 slot,
			     __u32 failed)
{
	struct flow *flow = flow_at(slot);
	int verdict;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	leg_make_place(ctx, s, slot);
	flow->leg.group_tried = 0;
	flow->leg.groups_tried = 1;
	verdict = connect_choose(flow, slot, failed);
	if (verdict != VERDICT_CONTINUE && failed)
		verdict = connect_choose(flow, slot, 0);
	if (verdict != VERDICT_CONTINUE)
		return -verdict;
	flow->leg.endpoints_tried = 1;
	flow->leg.ports_tried = 0;
	flow_enter(flow, FLOW_CONNECTING, s->packet.now);
	return connect_send(ctx, s, slot, VERDICT_POD_SYN);
}

/* The endpoint has failed the request: once, also where it was tried once more. */
static __always_inline void connect_failed(const struct flow *flow, __u32 now)
{
	if (flow->leg.endpoint && flow->leg.endpoints_tried <= ENDPOINT_TRIES_MAX)
		endpoint_failed(flow->leg.endpoint, now);
}

/* No other endpoint is left. Refusal and silence need not be the last one's own: its kernel refuses
 * a SYN on the tuple of an old connection in FIN_WAIT_2 as a closed port would, and answers others
 * sparingly. So it is tried once more, by another port. Negative: it was already. */
static __always_inline int connect_once_more(struct flow *flow, __u32 slot, __u32 failed)
{
	if (flow->leg.endpoints_tried > ENDPOINT_TRIES_MAX || !failed)
		return -1;
	flow->leg.endpoints_tried = ENDPOINT_TRIES_MAX; /* and one more now */
	flow->leg.endpoint = failed;
	return connect_leg(slot, 1);
}

/* The endpoint does not answer, or refuses: the next one, or 503. */
__noinline int connect_elsewhere(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	__u32 sent = VERDICT_POD_SYN_ELSEWHERE;
	__u32 failed;
	int verdict;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	connect_failed(flow, s->packet.now);
	failed = flow->leg.endpoint;
	leg_end(flow, &flow->leg);
	verdict = flow->leg.endpoints_tried < ENDPOINT_TRIES_MAX
			  ? connect_choose(flow, slot, failed)
			  : VERDICT_ENDPOINTS_FAILED;
	if (verdict != VERDICT_CONTINUE) {
		if (connect_once_more(flow, slot, failed))
			return -VERDICT_ENDPOINTS_FAILED;
		sent = VERDICT_POD_PORT_CHANGED;
	}
	flow->leg.endpoints_tried++;
	flow->leg.ports_tried = 0;
	return connect_send(ctx, s, slot, sent);
}

/* Moves the leg to another source port at the same endpoint. Negative: none is free. */
static __always_inline int connect_move_port(struct flow *flow, __u32 slot)
{
	struct endpoint_stats *stats;
	__u8 tries = flow->leg.tries;
	__u32 id = flow->leg.endpoint;

	stats = endpoint_stats_at(id);
	if (!stats)
		return -1;
	stats->crowded_until = (flow->seen + CONNECT_CROWDED_TICKS) | 1;
	leg_end(flow, &flow->leg);
	flow->leg.endpoint = id;
	if (connect_leg(slot, 0))
		return -1;
	flow->leg.tries = tries;
	return 0;
}

/* The client has sent its request again: so do we. */
__noinline int connect_again(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct endpoint_stats *stats;
	struct flow *flow = flow_at(slot);

	if (!s || !flow)
		return VERDICT_INTERNAL;
	/* Signed: the other CPU may have read the clock later, and worked on its packet earlier. */
	if ((__s32)(s->packet.now - flow->leg.pod_next) < CONNECT_REPEAT_TICKS)
		return VERDICT_HOLD_PENDING;
	if ((__s32)(s->packet.now - flow->born) > CONNECT_DEADLINE_TICKS) {
		connect_failed(flow, s->packet.now);
		return -VERDICT_ENDPOINTS_FAILED;
	}
	stats = endpoint_stats_at(flow->leg.endpoint);
	if (flow->leg.tries >= CONNECT_SYNS || !stats)
		return connect_elsewhere(ctx, s, slot);
	if (connect_is_crowded(stats, s->packet.now) && connect_move_port(flow, slot))
		return connect_elsewhere(ctx, s, slot);
	return connect_send(ctx, s, slot, VERDICT_POD_SYN_REPEATED);
}

/* The pod has another connection under our tuple: in TIME_WAIT, a stale one of ours, or one that
 * the client opened directly. It is left alone, and we take another source port. */
__noinline int connect_other_port(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);

	if (!s || !flow)
		return VERDICT_INTERNAL;
	if (++flow->leg.ports_tried > CONNECT_PORTS_TRIED_MAX)
		return connect_elsewhere(ctx, s, slot);
	if (connect_move_port(flow, slot))
		return connect_elsewhere(ctx, s, slot);
	flow->leg.tries = 0;
	return connect_send(ctx, s, slot, VERDICT_POD_PORT_CHANGED);
}

#endif
