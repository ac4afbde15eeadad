/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a complete head to what follows it: the framing of the request, and the bytes behind the
 * head that are held with it. The first 2 KiB of later requests are kept apart, until it is their
 * turn; what is beyond them their client sends again.
 */
#ifndef PATHROUTE_BODY_H
#define PATHROUTE_BODY_H

#include "abort.h"
#include "choose.h"
#include "http_framing.h"

#define BODY_STEPS 8192 /* lines of a chunked body in one hold */

static __always_inline enum http_body body_of(const struct http_head *head)
{
	if (head->flags & HTTP_HEAD_CHUNKED)
		return HTTP_BODY_CHUNKED;
	return head->flags & HTTP_HEAD_LENGTH ? HTTP_BODY_LENGTH : HTTP_BODY_NONE;
}

/* No request follows this one on its connection (RFC 9112 9.3). */
static __always_inline int body_is_last(const struct http_head *head)
{
	if (head->flags & HTTP_HEAD_CLOSE)
		return 1;
	return (head->flags & HTTP_HEAD_HTTP_1_0) && !(head->flags & HTTP_HEAD_KEEP_ALIVE);
}

/* Safe methods (RFC 9110 9.2.1) may be repeated even if the pod has read the request. */
static __always_inline int body_is_safe(const struct http_head *head)
{
	return head->method == HTTP_METHOD_GET || head->method == HTTP_METHOD_HEAD ||
	       head->method == HTTP_METHOD_OPTIONS;
}

/* Starts the framing behind the head, whose first byte is `start`. Returns OUTSTANDING_*. */
static __always_inline __u32 body_frame(struct flow *flow, const struct http_head *head,
					__u32 start)
{
	const __u32 upgrade = HTTP_HEAD_WEBSOCKET | HTTP_HEAD_CONNECTION_UPGRADE;
	__u32 flags = head->method == HTTP_METHOD_HEAD ? OUTSTANDING_HEAD : 0;

	flow->body_start = start + head->end;
	flow->request.repeats = 0;
	framing_body(&flow->request, flow->body_start, body_of(head), head->content_length);
	flow->progress &= ~(FLOW_EXPECT | FLOW_HEAD_METHOD);
	if (head->method == HTTP_METHOD_HEAD)
		flow->progress |= FLOW_HEAD_METHOD;
	if (head->flags & HTTP_HEAD_EXPECT)
		flow->progress |= FLOW_EXPECT;
	if (body_is_last(head))
		flow->progress |= FLOW_FINAL;
	if (flow->request.phase != FRAMING_HEAD)
		return flags;
	if (body_is_safe(head) && !flow->outstanding_count)
		flow->progress |= FLOW_SAFE;
	if ((head->flags & upgrade) == upgrade && !(head->flags & HTTP_HEAD_LENGTH)) {
		flow->request.phase = FRAMING_UPGRADE;
		flags |= OUTSTANDING_UPGRADE;
	}
	return flags;
}

/* An upgrade other than to WebSocket is not offered to the pod: h2c would hide all later requests
 * from us. The field's name is overwritten, so that nothing moves. */
static __always_inline void body_defuse(struct hold_large *hold, struct flow *flow)
{
	const char name[8] = "X-Upgrd";
	__u32 at = hold->head.upgrade;
	struct hold_small *small;
	struct hold_large *large;

	if (!(hold->head.flags & HTTP_HEAD_UPGRADE_OTHER))
		return;
	if (flow->hold_kind == HOLD_SMALL) {
		small = hold_small_at(flow->hold);
		for (__u32 i = 0; small && i < 7; i++)
			small->data[(at + i) & (HOLD_SMALL_SIZE - 1)] = name[i];
		return;
	}
	large = hold_large_at(flow->hold);
	for (__u32 i = 0; large && i < 7; i++)
		large->data[(at + i) & (HOLD_LARGE_SIZE - 1)] = name[i];
}

struct body_context {
	struct flow *flow;
	struct hold_large *hold;
	__u64 malformed;
};

/* Follows the framing over held bytes by a piece. Nonzero: no further. */
static __noinline long body_step(__u32 index, void *data)
{
	struct body_context *context = data;
	struct flow *flow = context->flow;
	__u32 rest = flow->client_next - flow->request.next;
	__u32 at = flow->request.next - context->hold->start;

	(void)index;
	if (!seq_before(flow->request.next, flow->client_next))
		return 1;
	if (!framing_reads_lines(&flow->request)) {
		framing_settle(&flow->request);
		return flow->request.phase == FRAMING_HEAD ||
		       flow->request.phase == FRAMING_UPGRADE;
	}
	if (framing_read(&flow->request, context->hold, at, rest) < 0) {
		context->malformed = 1;
		return 1;
	}
	return 0;
}

/* Keeps the first of `count` bytes of a hold from `at` on, which belong to later requests and have
 * to wait: the acknowledgement that makes the connection idle starts them then. Without it a
 * client that sends several requests at once would have to repeat them by its timer, which doubles
 * each time. */
__noinline int body_wait(struct hold_large *hold, __u32 slot, __u32 at, __u32 count)
{
	struct flow *flow = flow_at(slot);
	struct hold_small *pending;

	if (!hold || !flow)
		return -1;
	if (flow->progress & FLOW_PENDING)
		pending = hold_small_at(flow->pending);
	else
		pending = hold_take_other(flow, slot, &flow->pending);
	if (!pending)
		return -1;
	flow->progress |= FLOW_PENDING;
	pending->start = hold->start + at;
	return hold_fill_small(pending, hold, at, count);
}

/* Follows the framing to the end of what is held, and cuts off what belongs to a later request.
 * Nonzero: a chunk is malformed. */
__noinline int body_follow(struct hold_large *hold, __u32 slot)
{
	struct body_context context = {.hold = hold};
	struct flow *flow = flow_at(slot);

	if (!hold || !flow)
		return -1;
	context.flow = flow;
	if (!seq_before(flow->request.next, flow->client_next))
		return 0;
	bpf_loop(BODY_STEPS, body_step, &context, 0);
	if (context.malformed)
		return -1;
	if (!seq_before(flow->request.next, flow->client_next))
		return 0;
	if (!(flow->progress & (FLOW_PENDING | FLOW_FINAL)))
		body_wait(hold, slot, flow->request.next - hold->start,
			  flow->client_next - flow->request.next);
	hold_cut(flow, flow->request.next - flow->client_start);
	flow->client_next = flow->request.next;
	flow->progress &= ~FLOW_CLIENT_FIN;
	return 0;
}

/* body_follow() for bytes that were added to the flow's large hold. */
static __always_inline int body_follow_hold(__u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct hold_large *hold;

	if (!flow || flow->hold_kind != HOLD_LARGE)
		return 0;
	hold = hold_large_at(flow->hold);
	return hold ? body_follow(hold, slot) : -1;
}

/* The head in `hold` is complete and goes to a pod: framing, and what the flow must know of it.
 * Nonzero: a chunk behind it is malformed. */
__noinline int body_begin(struct hold_large *hold, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	__u32 flags;

	if (!hold || !flow)
		return -1;
	body_defuse(hold, flow);
	flags = body_frame(flow, &hold->head, hold->start);
	flow->client_start += hold->head.start; /* empty lines are not for a new pod */
	account_request(flow, flags);
	return body_follow(hold, slot);
}

#endif
