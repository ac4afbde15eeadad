/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Replies of pods, followed to know when they are complete: nothing in them is refused, and what
 * is not understood passes unread from then on (RFC 9112 6.3, read leniently).
 */
#ifndef PATHROUTE_ANSWER_H
#define PATHROUTE_ANSWER_H

#include "deliver.h"
#include "http_reply.h"
#include "request.h"

#define ANSWER_WINDOW 1024     /* bytes of a head that are looked at in one round */
#define ANSWER_ROUNDS 20       /* windows of heads, and bodies, that are read in one packet */
#define ANSWER_LINES_MAX 2048  /* lines of a chunked body in one packet */
#define ANSWER_INTERIMS_MAX 32 /* replies with 1xx to one request */

enum answer_step {
	ANSWER_MORE = 0,
	ANSWER_STOP,        /* all of it is read */
	ANSWER_UNSOLICITED, /* nobody asked for the bytes from reply.next on */
	ANSWER_UNWANTED,    /* 101, and the request had no upgrade that we let pass */
};

/* Sequence number of the packet at hand, in the client's numbering. */
static __always_inline __u32 answer_seq(const struct flow *flow, const struct scratch *s)
{
	return s->packet.seq + flow->leg.d;
}

/* No later request is forwarded: those that wait never begin. */
static __always_inline void answer_make_final(struct flow *flow)
{
	flow->progress |= FLOW_FINAL;
	hold_drop_pending(flow);
}

/* The reply cannot be followed: its bytes pass, and no request comes after it. The client may read
 * it as one that ends. */
static __always_inline void answer_give_up(struct flow *flow)
{
	hold_drop_carry(flow);
	answer_make_final(flow);
	flow->reply.phase = FRAMING_OPAQUE;
	flow->reply.head = HTTP_REPLY_BAD;
}

/* The last byte of a reply has come. A reply that comes before its request is complete changes
 * nothing, since the rest of the body follows; but a client whose Expect was refused need not send
 * it, and whether its next bytes are body or request nobody can tell. */
static __always_inline void answer_complete(struct flow *flow, __u32 slot)
{
	account_reply(slot, flow->reply.status);
	flow->reply.status = 0;
	flow->reply.interims = 0;
	if (flow->outstanding_count || request_is_whole(flow))
		return;
	if (!(flow->progress & FLOW_EXPECT) || flow->client_next != flow->body_start)
		return;
	answer_make_final(flow);
	flow->request.phase = FRAMING_FINAL;
	flow->request.next = flow->client_next;
}

static __always_inline __u32 answer_pop(struct flow *flow)
{
	__u32 flags = flow->outstanding & 3;

	flow->outstanding >>= 2;
	flow->outstanding_count--;
	return flags;
}

/* Both sides have agreed to speak something else. */
static __always_inline void answer_upgraded(struct flow *flow)
{
	answer_make_final(flow);
	flow->request.phase = FRAMING_OPAQUE;
	framing_settle(&flow->request);
}

/* The head of a reply is complete; reply.next is behind it. */
static __always_inline int answer_head_end(struct flow *flow)
{
	struct http_framing *reply = &flow->reply;
	enum http_body body;
	__u32 flags;

	if (http_reply_is_interim(reply->status)) {
		http_reply_begin(reply);
		if (++reply->interims > ANSWER_INTERIMS_MAX)
			answer_give_up(flow);
		flow->progress &= ~FLOW_EXPECT; /* the body is on its way */
		return ANSWER_MORE;
	}
	flags = answer_pop(flow);
	if (reply->status == 101 && !(flags & OUTSTANDING_UPGRADE))
		return ANSWER_UNWANTED;
	if (reply->status == 101)
		answer_upgraded(flow);
	else if (flags & OUTSTANDING_UPGRADE)
		flow->request.phase = FRAMING_HEAD;
	body = http_reply_body(reply, flags);
	if (http_reply_is_final(reply, body))
		answer_make_final(flow);
	reply->head = http_reply_is_unsure(reply, body) ? HTTP_REPLY_BAD : 0;
	if (body == HTTP_BODY_LENGTH)
		account_reply_length(flow, reply->next, reply->remaining);
	framing_body(reply, reply->next, body, reply->remaining);
	return ANSWER_MORE;
}

/* Puts the begun line that was kept in front of what is read. Returns its length. */
__noinline int answer_load_carry(struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct hold_small *carry;

	if (!s || !flow || !(flow->progress & FLOW_CARRY))
		return 0;
	carry = hold_small_at(flow->carry);
	return carry ? hold_read_small(&s->hold, carry, 0) & (HOLD_SMALL_SIZE - 1) : 0;
}

/* Keeps s->hold.data[from .. from + count), a line that has only begun. Negative: it cannot. */
__noinline int answer_save_carry(struct scratch *s, __u32 slot, __u32 from, __u32 count)
{
	struct flow *flow = flow_at(slot);
	struct hold_small *carry;

	if (!s || !flow)
		return -1;
	if (!count) {
		hold_drop_carry(flow);
		return 0;
	}
	if (count >= HOLD_SMALL_SIZE - ANSWER_WINDOW)
		return -1;
	if (flow->progress & FLOW_CARRY)
		carry = hold_small_at(flow->carry);
	else
		carry = hold_take_other(flow, slot, &flow->carry);
	if (!carry)
		return -1;
	flow->progress |= FLOW_CARRY;
	carry->length = count;
	for (__u32 i = 0; i < HOLD_SMALL_SIZE - ANSWER_WINDOW; i += 8) {
		if (i >= count)
			break;
		*(__u64 *)&carry->data[i] = http_word(&s->hold, from + i);
	}
	return 0;
}

/* What a look at a head has shown: `total` bytes were there, `read` of them are done with. */
static __always_inline int answer_head_read(struct scratch *s, struct flow *flow, __u32 slot,
					    __u32 total, __u32 read)
{
	__u32 rest = total - read;

	if (flow->reply.head & HTTP_REPLY_BAD) {
		answer_pop(flow);
		answer_give_up(flow);
		return ANSWER_MORE;
	}
	if (flow->reply.head & HTTP_REPLY_END) {
		hold_drop_carry(flow);
		flow->reply.next -= rest;
		return answer_head_end(flow);
	}
	if (answer_save_carry(s, slot, read, rest)) {
		answer_pop(flow);
		answer_give_up(flow);
	}
	return ANSWER_MORE;
}

/* The head of a reply at reply.next. A line that the packet cuts is kept until it is whole. */
__noinline int answer_head(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	__u32 carried;
	__u32 count;
	__u32 at;

	if (!s || !flow)
		return ANSWER_STOP;
	if (!flow->outstanding_count)
		return ANSWER_UNSOLICITED;
	if (!flow->reply.status && !flow->reply.spent && !flow->reply.interims &&
	    !(flow->progress & FLOW_CARRY))
		account_first(flow);
	flow->progress &= ~FLOW_SAFE;
	at = flow->reply.next - answer_seq(flow, s);
	count = s->packet.length - at;
	if (count > ANSWER_WINDOW)
		count = ANSWER_WINDOW;
	carried = answer_load_carry(s, slot);
	s->hold.length = carried;
	if (hold_append(ctx, &s->hold, s->packet.payload + at, count))
		return ANSWER_STOP;
	flow->reply.next += count;
	at = http_reply_read(&flow->reply, &s->hold, carried + count);
	return answer_head_read(s, flow, slot, carried + count, at);
}

/* Lines of a chunked reply from reply.next on. */
__noinline int answer_lines(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	__u32 count;
	__u32 at;

	if (!s || !flow)
		return ANSWER_STOP;
	at = flow->reply.next - answer_seq(flow, s);
	count = s->packet.length - at;
	if (count > FRAMING_WINDOW)
		count = FRAMING_WINDOW;
	if (verify_take(ctx, s, at, count))
		return ANSWER_STOP;
	if (framing_read(&flow->reply, &s->hold, 0, count) < 0)
		answer_give_up(flow);
	return ANSWER_MORE;
}

static __noinline long answer_lines_step(__u32 index, void *data)
{
	struct request_context *context = data;
	struct scratch *s = context->s;
	struct flow *flow = flow_at(context->slot);

	(void)index;
	context->result = ANSWER_STOP;
	if (!flow || !seq_before(flow->reply.next, answer_seq(flow, s) + s->packet.length))
		return 1;
	if (framing_reads_lines(&flow->reply)) {
		context->result = answer_lines(context->ctx, s, context->slot);
		return context->result != ANSWER_MORE;
	}
	framing_settle(&flow->reply);
	context->result = ANSWER_MORE;
	return flow->reply.phase == FRAMING_HEAD;
}

/* Goes on in a body as far as the packet does. */
__noinline int answer_body(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct request_context context = {.ctx = ctx, .s = s, .slot = slot};

	if (!s)
		return ANSWER_STOP;
	bpf_loop(ANSWER_LINES_MAX, answer_lines_step, &context, 0);
	return context.result;
}

/* Reads the packet at hand as far as it must be read. Yields an enum answer_step. */
static __always_inline int answer_read(struct packet_context *ctx, struct scratch *s,
				       struct flow *flow, __u32 slot)
{
	int result;

	for (int i = 0; i < ANSWER_ROUNDS; i++) {
		__u8 phase = READ_ONCE(flow->reply.phase);
		__u32 end = answer_seq(flow, s) + s->packet.length;

		if (phase == FRAMING_HEAD && flow->reply.status && !flow->reply.spent &&
		    !seq_after(flow->reply.next, end))
			answer_complete(flow, slot);
		if (!seq_before(flow->reply.next, end))
			return ANSWER_STOP;
		result = phase == FRAMING_HEAD ? answer_head(ctx, s, slot)
					       : answer_body(ctx, s, slot);
		if (result != ANSWER_MORE)
			return result;
	}
	return ANSWER_MORE;
}

/* Acknowledges to the pod what came in order: bytes in front of its segment are missing. */
__noinline int answer_gap(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);

	if (!s || !flow)
		return VERDICT_INTERNAL;
	park_segment_in_use(&s->segment, flow, TCP_ACK, flow->client_next);
	if (flow->leg.flags & TCP_SIDE_TIMESTAMPS)
		segment_timestamps(&s->segment, flow->client_tsval, s->packet.tsval);
	if (segment_write(ctx, s) < 0)
		return VERDICT_INTERNAL;
	s->packet.action = deliver_to_pod(ctx, flow, &flow->leg);
	return VERDICT_POD_ACKNOWLEDGED;
}

/* The pod of an idle connection has gone, and its leg with it. */
static __always_inline void leg_lost(struct flow *flow, __u32 now)
{
	request_rebase(flow);
	leg_end(flow, &flow->leg);
	flow->switches++;
	flow_enter(flow, FLOW_WAITING, now);
}

/* Takes bytes out of the pod's stream: they are acknowledged to it, and what follows them has their
 * place in the client's numbering. The client must have acknowledged all in front of them. */
static __always_inline int answer_take_out(struct packet_context *ctx, struct scratch *s,
					   struct flow *flow, __u32 slot)
{
	flow->leg.d -= s->packet.length;
	flow->switches++;
	return answer_gap(ctx, s, slot) == VERDICT_POD_ACKNOWLEDGED ? VERDICT_UNSOLICITED_REPLY
								    : VERDICT_INTERNAL;
}

/* Bytes behind the last reply that was asked for do not reach the client. They end the leg; its
 * connection is reset as soon as the client has all of the reply. On a final flow the pod's FIN is
 * to come, and only they are taken away. */
static __always_inline int answer_unsolicited(struct packet_context *ctx, struct scratch *s,
					      struct flow *flow, __u32 slot)
{
	__u32 keep = flow->reply.next - answer_seq(flow, s);
	int verdict;

	flow->leg.flags |= TCP_SIDE_FIN;
	if (keep) {
		counters_verdict(VERDICT_UNSOLICITED_REPLY);
		return cut_send(ctx, s, slot, keep, 0);
	}
	if ((flow->progress & FLOW_FINAL) && flow->client_ack == flow->reply.next)
		return answer_take_out(ctx, s, flow, slot);
	if (!request_is_idle(flow))
		return VERDICT_UNSOLICITED_REPLY;
	verdict = reset_send(ctx, s, VERDICT_UNSOLICITED_REPLY);
	leg_lost(flow, s->packet.now);
	return verdict;
}

/* Bytes of the pod on a joined flow. VERDICT_CONTINUE: the packet may pass as it is. */
static __always_inline int answer_receive(struct packet_context *ctx, struct scratch *s,
					  struct flow *flow, __u32 slot)
{
	__u32 seq = answer_seq(flow, s);
	__u32 end = seq + s->packet.length;
	__u32 result;

	if (seq_before(end, flow->reply.next))
		return VERDICT_CONTINUE;
	if (seq_after(seq, flow->reply.next))
		return answer_gap(ctx, s, slot);
	if (end != flow->reply.next && verify_packet(ctx, s) != VERDICT_CONTINUE)
		return VERDICT_CHECKSUM_BAD;
	result = answer_read(ctx, s, flow, slot);
	if (result == ANSWER_UNWANTED)
		return PASS_ABORT + VERDICT_UPGRADE_UNWANTED;
	if (result == ANSWER_UNSOLICITED)
		return answer_unsolicited(ctx, s, flow, slot);
	if (result == ANSWER_MORE && seq_before(flow->reply.next, end))
		return cut_send(ctx, s, slot, flow->reply.next - seq, 0);
	return VERDICT_CONTINUE;
}

#endif
