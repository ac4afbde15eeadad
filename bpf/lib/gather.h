/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the first request bytes to the SYN for a pod. In-order bytes of an incomplete head are
 * acknowledged at once: unacknowledged they would stall a client whose middle segment was lost,
 * that waits for Nagle, or whose head is longer than its window. The segment that completes the
 * head is not: its retransmission drives our retries.
 */
#ifndef PATHROUTE_GATHER_H
#define PATHROUTE_GATHER_H

#include "body.h"
#include "evict.h"
#include "handshake.h"
#include "join.h"
#include "redirect.h"

static __always_inline void gather_fill_flow(struct packet_context *ctx, struct flow *flow,
					     const struct scratch *s)
{
	const struct packet *packet = &s->packet;
	struct cookie_options options;

	cookie_unpack(packet->ack - 1, &options);
	flow->client = packet->key.source;
	flow->listener = packet->key.destination;
	flow->client_port = packet->key.source_port;
	flow->listener_port = packet->key.destination_port;
	flow->client_flags = join_way_flag(packet, packet->ifindex);
	if (packet->has_timestamps)
		flow->client_flags |= TCP_SIDE_TIMESTAMPS;
	if (options.sack)
		flow->client_flags |= TCP_SIDE_SACK;
	if (options.wscale != COOKIE_WSCALE_NONE)
		flow->client_flags |= TCP_SIDE_WSCALE;
	flow->client_wscale = options.wscale;
	flow->seen = packet->now;
	flow->client_ifindex = packet->ifindex;
	flow->client_mtu = join_mtu(ctx, packet->ifindex);
	flow->client_mss = handshake_mss(packet->ipv6, options.mss);
	__builtin_memcpy(flow->client_mac, packet->source_mac, 6);
	__builtin_memcpy(flow->own_mac, packet->destination_mac, 6);
	flow->isn = packet->ack - 1;
	flow->client_start = packet->seq;
	flow->client_first = packet->seq;
	framing_start(&flow->request, packet->seq);
	framing_start(&flow->reply, packet->ack);
	flow->client_next = packet->seq;
	flow->client_acked = packet->seq;
	flow->client_ack = packet->ack;
	flow->tsval = packet->tsecr;
	flow->client_tsval = packet->tsval;
	flow->client_window = packet->window;
}

/* Takes a slot for the packet at hand and claims it. Yields VERDICT_CONTINUE with packet.slot and
 * packet.generation set. */
static __always_inline int gather_new_flow(struct packet_context *ctx, struct scratch *s)
{
	struct packet *packet = &s->packet;
	struct flow *flow;
	__u32 slot;

	if (bpf_map_pop_elem(&flow_free, &slot) &&
	    flow_take_fresh(ALLOC_FLOWS, settings.flows, &slot))
		return VERDICT_TABLE_FULL;
	flow = flow_at(slot);
	if (!flow)
		return VERDICT_INTERNAL;
	packet_read_macs(ctx, packet);
	__builtin_memset(&flow->client, 0, sizeof(*flow) - __builtin_offsetof(struct flow, client));
	gather_fill_flow(ctx, flow, s);
	flow->progress = FLOW_BUSY;
	packet->slot = slot;
	packet->generation = flow->generation;
	flow_enter(flow, FLOW_GATHERING, packet->now);
	if (flow_index(&packet->key, slot, FLOW_TAG(flow->generation, 0, FLOW_SIDE_CLIENT))) {
		/* The other CPU was first: its entry stays, only the slot goes back. */
		flow_enter(flow, FLOW_FREE, 0);
		flow->progress = 0;
		bpf_map_push_elem(&flow_free, &slot, 0);
		return VERDICT_CONTENDED;
	}
	return VERDICT_CONTINUE;
}

/* The head in `hold` is complete: rule, endpoint, SYN; or our own reply. */
__noinline int gather_complete(struct packet_context *ctx, struct scratch *s,
			       struct hold_large *hold, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct rule_stats *stats;
	int verdict;

	if (!s || !flow || !hold)
		return VERDICT_INTERNAL;
	hold_forget_source(flow);
	if (hold->head.method == HTTP_METHOD_HEAD)
		flow->progress |= FLOW_HEAD_METHOD;
	account_log_begin(hold, slot, s->packet.now);
	verdict = s->reading.chosen ? s->reading.choice : choose_rule(s, hold, slot);
	flow->rule = s->match.rule;
	if (verdict != VERDICT_CONTINUE)
		return -verdict;
	if (choose_is_redirect(flow->rule))
		return redirect_begin(ctx, s, hold, slot);
	if (body_begin(hold, slot))
		return PASS_ABORT + VERDICT_CHUNK_MALFORMED;
	stats = counters_rule(flow->rule);
	if (stats)
		stats->bytes_to_pod += hold_length(flow);
	if (leg_take_parked(slot)) {
		flow_enter(flow, FLOW_SPLICED, s->packet.now);
		return release_from(ctx, s, slot, 0, VERDICT_LEG_RESUMED);
	}
	if (stats)
		stats->connections++;
	return connect_begin(ctx, s, slot, 0);
}

/* What the parser said about `hold`. */
static __always_inline int gather_parsed(struct packet_context *ctx, struct scratch *s,
					 struct hold_large *hold, struct flow *flow, int verdict)
{
	__u32 slot = s->packet.slot;

	if (verdict != VERDICT_CONTINUE)
		return -verdict;
	if (hold->head.end)
		return gather_complete(ctx, s, hold, slot);
	if (flow->progress & FLOW_CLIENT_FIN) {
		flow->client_next = flow->client_fin;
		return -VERDICT_FIN_IN_HEAD;
	}
	return reply_acknowledge(ctx, s, slot, flow->isn + 1, VERDICT_HEAD_ACKNOWLEDGED);
}

static __always_inline void gather_note_fin(struct flow *flow, const struct packet *packet)
{
	if (!(packet->flags & TCP_FIN) || flow->client_next != packet->seq + packet->length)
		return;
	flow->progress |= FLOW_CLIENT_FIN;
	flow->client_fin = packet_seq_end(packet);
}

/* Keeps what is in s->hold, the first bytes of a request: in a small hold when it is whole and
 * short. */
static __always_inline int gather_keep_first(struct scratch *s, struct flow *flow)
{
	struct packet *packet = &s->packet;
	__u32 length = s->reading.count;
	struct hold_small *small;
	struct hold_large *large;

	small = s->hold.head.end && length <= HOLD_SMALL_SIZE
			? evict_take_small(s, flow, packet->slot)
			: NULL;
	if (small)
		return hold_fill_small(small, &s->hold, 0, length) ? VERDICT_INTERNAL
								   : VERDICT_CONTINUE;
	if (!s->hold.head.end && !hold_count_source(flow))
		return VERDICT_SOURCE_CAP;
	large = hold_take_large(flow, packet->slot, packet->now);
	if (!large && (evict_large() || evict_one(s)))
		large = hold_take_large(flow, packet->slot, packet->now);
	if (!large)
		return VERDICT_HOLD_FULL;
	if (hold_copy(large, &s->hold, length))
		return VERDICT_INTERNAL;
	large->head = s->hold.head;
	return VERDICT_CONTINUE;
}

/* First request bytes of a client with a good cookie: a flow begins. */
__noinline int gather_first(struct packet_context *ctx, struct scratch *s)
{
	struct flow *flow;
	int verdict;
	int parsed;

	if (!s)
		return VERDICT_INTERNAL;
	verdict = verify_load(ctx, s);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	verdict = gather_new_flow(ctx, s);
	if (verdict == VERDICT_TABLE_FULL)
		return reset_send(ctx, s, verdict);
	flow = flow_at(s->packet.slot);
	if (verdict != VERDICT_CONTINUE || !flow)
		return verdict;
	s->hold.start = s->packet.seq;
	s->reading.count = s->packet.length;
	s->reading.chosen = 0;
	__builtin_memset(&s->hold.head, 0, sizeof(s->hold.head));
	parsed = http_head_parse(&s->hold, s->packet.length);
	flow->client_next = s->packet.seq + s->packet.length;
	gather_note_fin(flow, &s->packet);
	if (parsed == VERDICT_CONTINUE) {
		verdict = gather_keep_first(s, flow);
		if (verdict != VERDICT_CONTINUE) {
			flow_free_slot(s->packet.slot);
			return verdict == VERDICT_SOURCE_CAP ? reset_send(ctx, s, verdict)
							     : verdict;
		}
	}
	verdict = gather_parsed(ctx, s, &s->hold, flow, parsed);
	verdict = abort_or_reply(ctx, s, s->packet.slot, verdict);
	flow_release(flow, s->packet.generation);
	return verdict;
}

/* Appends what is new in the packet at hand to the flow's hold. Yields how many bytes, or < 0. */
__noinline int gather_append(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct hold_large *large;
	__u32 skip;
	__u32 count;
	__u32 room;

	if (!s || !flow || !(flow->progress & FLOW_HELD))
		return -1;
	skip = flow->client_next - s->packet.seq;
	if (skip >= s->packet.length)
		return 0;
	if (flow->hold_kind == HOLD_SMALL && hold_promote(slot, s->packet.now))
		return -1;
	large = hold_large_at(flow->hold);
	if (!large)
		return -1;
	room = HOLD_LARGE_SIZE - large->length;
	count = s->packet.length - skip;
	if (count > room)
		count = room;
	if (count && hold_append(ctx, large, s->packet.payload + skip, count))
		return -1;
	flow->client_next += count;
	return count;
}

#define GATHER_REACH (1U << 30) /* the largest window there is (RFC 7323 2.3) */

/* True when the segment's numbers fit a client that has seen nothing of us since our SYN-ACK, or
 * since the reply to its last request. It may begin in front of the request, with the end of an
 * earlier body whose acknowledgement was lost. */
static __always_inline int gather_fits(const struct flow *flow, const struct packet *packet)
{
	if (packet->ack != flow->isn + 1)
		return 0;
	if ((flow->client_flags & TCP_SIDE_TIMESTAMPS) &&
	    (!packet->has_timestamps || seq_before(packet->tsval, flow->client_tsval)))
		return 0;
	return !seq_after(packet->seq, flow->client_start + HOLD_LARGE_SIZE) &&
	       !seq_before(packet->seq, flow->client_start - GATHER_REACH);
}

/* Another segment while the head is incomplete. The flow is claimed and GATHERING. */
__noinline int gather_more(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct hold_large *large;
	struct packet *packet;
	int verdict;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	packet = &s->packet;
	if (packet->seq == flow->client_next - 1 && packet->length <= 1)
		return reply_acknowledge(ctx, s, slot, flow->isn + 1, VERDICT_PROBE_ANSWERED);
	if (!packet->length && !(packet->flags & TCP_FIN))
		return VERDICT_ACK_SWALLOWED;
	if (seq_after(packet->seq, flow->client_next) ||
	    seq_before(packet_seq_end(packet), flow->client_next + 1))
		return reply_acknowledge(ctx, s, slot, flow->isn + 1,
					 VERDICT_DUPLICATE_ACKNOWLEDGED);
	verdict = verify_load(ctx, s);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	if (gather_append(ctx, s, slot) < 0)
		return VERDICT_INTERNAL;
	gather_note_fin(flow, packet);
	large = hold_large_at(flow->hold);
	if (!large || !(flow->progress & FLOW_HELD))
		return VERDICT_INTERNAL;
	s->reading.chosen = 0;
	verdict = http_head_parse(large, large->length);
	return gather_parsed(ctx, s, large, flow, verdict);
}

/* The client while the pod has not answered. The flow is claimed and CONNECTING. */
__noinline int gather_waiting(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct packet *packet;
	int verdict;
	__u32 next;
	int added;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	packet = &s->packet;
	next = flow->client_next;
	if (!packet->length && !(packet->flags & TCP_FIN))
		return VERDICT_ACK_SWALLOWED;
	if (seq_after(packet->seq, flow->client_next))
		return VERDICT_HOLD_PENDING;
	if (!seq_after(packet_seq_end(packet),
		       flow->client_next + !!(flow->progress & FLOW_CLIENT_FIN)))
		return connect_again(ctx, s, slot);
	verdict = verify_load(ctx, s);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	added = gather_append(ctx, s, slot);
	gather_note_fin(flow, packet);
	if (added > 0 && body_follow_hold(slot))
		return PASS_ABORT + VERDICT_CHUNK_MALFORMED;
	/* If a later request was cut off again, and nothing else was new, it is a repetition. */
	if (added && (flow->client_next != next || packet->seq == next))
		return VERDICT_HOLD_PENDING;
	return connect_again(ctx, s, slot);
}

#endif
