/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Later requests of a connection. Client bytes pass only when it is known which request they
 * belong to: heads and the lines of chunked bodies are read, each request is routed on its own.
 *
 * A request for the pod in use goes on in its own packet; any other waits until the connection is
 * idle, that is, all earlier requests are answered and their replies acknowledged, and then begins
 * as the first one did. What has to wait is not acknowledged. The first 2 KiB of it are kept, so
 * that they can begin as soon as it is their turn; the rest its client sends again.
 */
#ifndef PATHROUTE_REQUEST_H
#define PATHROUTE_REQUEST_H

#include "cut.h"
#include "deliver.h"
#include "gather.h"
#include "mark.h"
#include "request_idle.h"
#include "request_last.h"
#include "unshare.h"

#define REQUEST_ROUNDS 16      /* heads and bodies that are read in one packet */
#define REQUEST_LINES_MAX 1024 /* lines of a chunked body in one packet */

enum request_step {
	REQUEST_MORE = 0, /* go on reading */
	REQUEST_STOP,     /* the packet may pass up to request.next */
	REQUEST_TAKEN,    /* the packet is used up; the verdict is in s->reading */
};

static __always_inline int request_taken(struct scratch *s, __u32 verdict)
{
	s->reading.verdict = verdict;
	return REQUEST_TAKEN;
}

/* The next request begins the numbering anew, as if the connection had just been made. */
static __always_inline void request_rebase(struct flow *flow)
{
	hold_drop(flow);
	hold_drop_others(flow);
	flow->progress &= ~FLOW_HEAD_METHOD;
	flow->isn = flow->reply.next - 1;
	flow->client_start = flow->request.next;
	flow->client_next = flow->request.next;
	flow->client_acked = flow->request.next;
}

/* Parses `count` bytes in s->hold, from request.next on, as a head. */
static __always_inline void request_parse(struct scratch *s, struct flow *flow, __u32 count)
{
	s->reading.count = count;
	s->reading.chosen = 0;
	s->hold.start = flow->request.next;
	__builtin_memset(&s->hold.head, 0, sizeof(s->hold.head));
	s->reading.parsed = http_head_parse(&s->hold, count);
}

/* Loads the bytes from request.next on and parses them as a head. */
static __always_inline int request_load(struct packet_context *ctx, struct scratch *s,
					struct flow *flow)
{
	__u32 count;

	s->reading.at = flow->request.next - s->packet.seq;
	count = s->packet.length - s->reading.at;
	if (count > HOLD_LARGE_SIZE)
		count = HOLD_LARGE_SIZE;
	if (verify_take(ctx, s, s->reading.at, count))
		return request_taken(s, VERDICT_INTERNAL);
	request_parse(s, flow, count);
	return REQUEST_MORE;
}

/* The connection is idle and a request waits: loads it as if it came with the packet at hand. */
static __always_inline int request_load_pending(struct scratch *s, struct flow *flow)
{
	struct hold_small *pending;
	int count;

	if (!(flow->progress & FLOW_PENDING) || !request_is_idle(flow))
		return 0;
	pending = hold_small_at(flow->pending);
	if (!pending)
		return 0;
	count = hold_read_small(&s->hold, pending, flow->request.next - pending->start);
	if (count <= 0) {
		hold_drop_pending(flow);
		return 0;
	}
	request_parse(s, flow, count);
	return 1;
}

/* The connection is idle: the request begins as a first one does. */
__noinline int request_restart(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	__u32 parsed;
	int verdict;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	parsed = s->reading.parsed;
	if (parsed == VERDICT_TLS_HELLO) /* the packet at hand may be the pod's */
		return PASS_ABORT + VERDICT_TLS_HELLO;
	request_rebase(flow);
	if (parsed == VERDICT_CONTINUE) {
		verdict = gather_keep_first(s, flow);
		if (verdict == VERDICT_SOURCE_CAP)
			return PASS_ABORT + VERDICT_SOURCE_CAP;
		if (verdict != VERDICT_CONTINUE)
			return verdict;
	}
	flow->client_next = flow->request.next + s->reading.count;
	gather_note_fin(flow, &s->packet);
	leg_leave(ctx, s, slot, s->reading.ack != flow->client_ack);
	flow_enter(flow, FLOW_GATHERING, s->packet.now);
	return gather_parsed(ctx, s, &s->hold, flow, parsed);
}

/* Adds a head to those that are held, if it follows them at once. */
static __always_inline int request_hold_more(struct packet_context *ctx, struct scratch *s,
					     struct flow *flow, __u32 slot, __u32 length)
{
	struct hold_large *large;

	if (flow->request.next != flow->client_start + hold_length(flow))
		return -1;
	if (flow->hold_kind == HOLD_SMALL && hold_promote(slot, s->packet.now))
		return -1;
	large = hold_large_at(flow->hold);
	if (!large)
		return -1;
	flow->progress &= ~FLOW_SAFE;
	return hold_append(ctx, large, s->packet.payload + s->reading.at, length);
}

/* Holds the head until the pod has acknowledged it. */
__noinline int request_hold(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct hold_small *small;
	struct hold_large *large;
	__u64 length;
	__u32 from;

	if (!s || !flow)
		return -1;
	length = s->hold.head.end;
	from = s->packet.payload + s->reading.at;
	if ((flow->progress & FLOW_HELD) &&
	    !seq_before(flow->leg.pod_ack, flow->client_start + hold_length(flow)))
		hold_drop(flow);
	if (flow->progress & FLOW_HELD)
		return request_hold_more(ctx, s, flow, slot, length);
	flow->client_start = flow->request.next;
	if (length > HOLD_SMALL_SIZE) {
		large = hold_take_large(flow, slot, s->packet.now);
		return large ? hold_append(ctx, large, from, length) : -1;
	}
	small = evict_take_small(s, flow, slot);
	if (!small || !LENGTH_FITS(length, HOLD_SMALL_SIZE) ||
	    bpf_skb_load_bytes(ctx, from, small->data, length))
		return -1;
	small->length = length;
	return 0;
}

/* Whether the head in s->hold is for the pod in use; it is held then. */
__noinline int request_stays(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	const struct http_head *head;
	__u32 flags;

	if (!s || !flow)
		return 0;
	head = &s->hold.head;
	if (s->reading.parsed != VERDICT_CONTINUE || !head->end || head->start ||
	    (head->flags & HTTP_HEAD_UPGRADE_OTHER))
		return 0;
	s->reading.choice = choose_rule(s, &s->hold, slot);
	s->reading.chosen = 1;
	if (s->reading.choice != VERDICT_CONTINUE || !endpoint_serves(slot, s->match.rule) ||
	    request_hold(ctx, s, slot))
		return 0;
	flow->rule = s->match.rule;
	flags = body_frame(flow, head, flow->request.next);
	if (!flow->outstanding_count)
		account_log_begin(&s->hold, slot, s->packet.now);
	account_request(flow, flags);
	return 1;
}

/* Keeps bytes from request.next on that have to wait, unread. */
__noinline int request_keep(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	__u32 count;

	if (!s || !flow || (flow->progress & FLOW_FINAL))
		return REQUEST_STOP;
	count = s->packet.length - (flow->request.next - s->packet.seq);
	if (count > HOLD_SMALL_SIZE)
		count = HOLD_SMALL_SIZE;
	if (verify_take(ctx, s, flow->request.next - s->packet.seq, count))
		return REQUEST_STOP;
	s->hold.start = flow->request.next;
	body_wait(&s->hold, slot, 0, count);
	return REQUEST_STOP;
}

/* A request begins at request.next. */
__noinline int request_head(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	int result;

	if (!s || !flow || (flow->progress & FLOW_FINAL))
		return REQUEST_STOP;
	if (flow->outstanding_count >= FLOW_OUTSTANDING)
		return request_keep(ctx, s, slot);
	result = request_load(ctx, s, flow);
	if (result != REQUEST_MORE || request_stays(ctx, s, slot))
		return result;
	if (request_is_idle(flow))
		return request_taken(s, PASS_RESTART);
	body_wait(&s->hold, slot, 0, s->reading.count);
	return REQUEST_STOP;
}

/* Reads lines of a chunked body from request.next on. */
__noinline int request_lines(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct hold_large *marks;
	__u32 seq;
	__u32 count;
	int read;

	if (!s || !flow)
		return REQUEST_STOP;
	marks = mark_room(flow);
	if (!marks)
		return REQUEST_STOP;
	seq = flow->request.next;
	count = s->packet.length - (seq - s->packet.seq);
	if (count > MARK_BYTES)
		count = MARK_BYTES;
	if (verify_take(ctx, s, seq - s->packet.seq, count))
		return REQUEST_STOP;
	read = framing_read(&flow->request, &s->hold, 0, count);
	if (read < 0)
		return request_taken(s, PASS_ABORT + VERDICT_CHUNK_MALFORMED);
	mark_add(marks, &s->hold, seq, read);
	return REQUEST_MORE;
}

struct request_context {
	struct packet_context *ctx;
	struct scratch *s;
	__u32 slot;
	__u32 result;
};

static __noinline long request_lines_step(__u32 index, void *data)
{
	struct request_context *context = data;
	struct scratch *s = context->s;
	struct flow *flow = flow_at(context->slot);

	(void)index;
	context->result = REQUEST_STOP;
	if (!flow || !seq_before(flow->request.next, s->packet.seq + s->packet.length))
		return 1;
	if (framing_reads_lines(&flow->request)) {
		context->result = request_lines(context->ctx, s, context->slot);
		return context->result != REQUEST_MORE;
	}
	framing_settle(&flow->request);
	context->result = REQUEST_MORE;
	return flow->request.phase == FRAMING_HEAD;
}

/* Goes on in a body as far as the packet does. */
__noinline int request_body(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct request_context context = {.ctx = ctx, .s = s, .slot = slot};

	if (!s)
		return REQUEST_STOP;
	bpf_loop(REQUEST_LINES_MAX, request_lines_step, &context, 0);
	return context.result;
}

/* Reads the packet at hand as far as it must and can be read. Yields an enum request_step. */
static __always_inline int request_read(struct packet_context *ctx, struct scratch *s,
					struct flow *flow, __u32 slot)
{
	int result = verify_packet(ctx, s);

	if (result != VERDICT_CONTINUE)
		return request_taken(s, result);
	for (int i = 0; i < REQUEST_ROUNDS; i++) {
		__u8 phase = READ_ONCE(flow->request.phase);

		if (!seq_before(flow->request.next, s->packet.seq + s->packet.length) ||
		    phase == FRAMING_FINAL)
			return REQUEST_STOP;
		if (phase == FRAMING_UPGRADE)
			return request_keep(ctx, s, slot);
		result = phase == FRAMING_HEAD ? request_head(ctx, s, slot)
					       : request_body(ctx, s, slot);
		if (result != REQUEST_MORE)
			return result;
	}
	return REQUEST_STOP;
}

/* True when bytes of the packet that were read before are others now. */
static __always_inline int request_differs(struct packet_context *ctx, struct scratch *s,
					   const struct flow *flow, __u32 slot)
{
	return (flow->progress & FLOW_MARKED) && s->packet.length &&
	       seq_after(s->packet.seq + s->packet.length, flow->leg.pod_ack) &&
	       mark_differs(ctx, s, slot);
}

/* Passes what was read of the packet, without the rest. */
static __always_inline int request_cut(struct packet_context *ctx, struct scratch *s,
				       struct flow *flow, __u32 slot)
{
	__u32 keep = flow->request.next - s->packet.seq;
	int verdict = VERDICT_REQUEST_WAITS;

	if (flow->request.phase == FRAMING_FINAL)
		return PASS_ABORT + VERDICT_EXPECT_REFUSED;
	if (!keep && (flow->progress & FLOW_FINAL) && s->reading.ack == flow->client_ack)
		return request_after_last(flow, s->packet.now);
	if (keep || s->reading.ack != flow->client_ack) {
		verdict = cut_send(ctx, s, slot, keep, 1);
		flow->client_next = seq_max(flow->client_next, s->packet.seq + s->reading.kept);
	}
	if (!request_needs_probe(flow))
		return verdict;
	if (verdict == VERDICT_TO_POD)
		deliver_clone_to_pod(ctx, flow, &flow->leg);
	return request_probe(ctx, s, slot);
}

/* Bytes or a FIN behind others that have not passed. */
static __always_inline int request_gap(struct packet_context *ctx, struct scratch *s,
				       struct flow *flow, __u32 slot)
{
	int verdict = VERDICT_CONTINUE;

	if (flow->progress & FLOW_FINAL)
		verdict = request_after_last(flow, s->packet.now);
	if (verdict >= PASS_ABORT)
		return verdict;
	gap_keep_client(ctx, s, slot);
	return reply_acknowledge_gap(ctx, s, slot);
}

/* Client bytes on a joined flow. VERDICT_CONTINUE: the packet may pass as it is. */
static __always_inline int request_receive(struct packet_context *ctx, struct scratch *s,
					   struct flow *flow, __u32 slot)
{
	struct packet *packet = &s->packet;
	__u32 end = packet->seq + packet->length;

	if (packet->length &&
	    ((flow->progress & FLOW_MARKED) || seq_after(end, flow->request.next)) &&
	    unshare(ctx, s, flow->client_ifindex))
		return VERDICT_INTERNAL;
	if (request_differs(ctx, s, flow, slot))
		return PASS_ABORT + VERDICT_COPY_DIFFERS;
	if (seq_after(packet->seq, flow->request.next))
		return request_gap(ctx, s, flow, slot);
	if (seq_after(end, flow->request.next)) {
		if (request_read(ctx, s, flow, slot) == REQUEST_TAKEN)
			return s->reading.verdict;
		if (seq_after(end, flow->request.next))
			return request_cut(ctx, s, flow, slot);
	}
	flow->client_next = seq_max(flow->client_next, end);
	return VERDICT_CONTINUE;
}

#endif
