/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Redirect rules: a reply whose Location is put together from the rule and the request. Nothing
 * is kept of it: a client that repeats its request is answered from that request again.
 */
#ifndef PATHROUTE_REDIRECT_H
#define PATHROUTE_REDIRECT_H

#include "choose.h"
#include "http_parse.h"
#include "reply.h"
#include "verify.h"
#include "way.h"

#define REDIRECT_TEXT_MAX 1024 /* of one part, all of them fit in REDIRECT_REPLY_MAX */

static const char redirect_lines[5][48] = {
	"HTTP/1.1 301 Moved Permanently\r\nLocation: ",
	"HTTP/1.1 302 Found\r\nLocation: ",
	"HTTP/1.1 303 See Other\r\nLocation: ",
	"HTTP/1.1 307 Temporary Redirect\r\nLocation: ",
	"HTTP/1.1 308 Permanent Redirect\r\nLocation: ",
};
static const __u8 redirect_line_lengths[5] = {42, 30, 34, 43, 43};

static const char redirect_rest[] = "\r\nContent-Length: 0\r\nCache-Control: no-store\r\n"
				    "Connection: close\r\n\r\n       ";
#define REDIRECT_REST_LENGTH (sizeof(redirect_rest) - 1 - 7)

static const char redirect_http[16] = "http://";
static const char redirect_https[16] = "https://";

/* Where the reply is written. */
static __always_inline void redirect_word(struct scratch *s, __u32 at, __u64 word)
{
	*(volatile __u64 *)&s->reply[at & (REDIRECT_REPLY_MAX - 1)] = word;
}

/* Appends `length` bytes of the hold. */
__noinline int redirect_take(struct scratch *s, struct hold_large *hold, __u32 from, __u32 length)
{
	if (!s || !hold || length > REDIRECT_TEXT_MAX)
		return -1;
	for (__u32 i = 0; i < REDIRECT_TEXT_MAX; i += 8) {
		if (i >= length)
			break;
		redirect_word(s, s->reply_length + i, http_word(hold, from + i));
	}
	s->reply_length += length;
	return 0;
}

/* Appends a text of the rule or of our own; words behind its end may be read up to `limit`. */
static __always_inline void redirect_put(struct scratch *s, const void *text, __u32 length,
					 __u32 limit)
{
	for (__u32 i = 0; i + 8 <= limit; i += 8) {
		if (i >= length)
			break;
		redirect_word(s, s->reply_length + i, load_word((const __u8 *)text + i));
	}
	s->reply_length += length;
}

__noinline int redirect_status(struct scratch *s, __u32 status)
{
	__u32 index = status == 301 ? 0 : status == 303 ? 2 : status == 307 ? 3 : 4;

	if (!s)
		return -1;
	if (status == 302)
		index = 1;
	s->reply_length = 0;
	redirect_put(s, redirect_lines[index], redirect_line_lengths[index], 48);
	return 0;
}

/* "http://name:port" of the rule, or of the request. */
__noinline int redirect_origin(struct scratch *s, struct hold_large *hold, __u32 index)
{
	struct redirect *redirect = bpf_map_lookup_elem(&redirects, &index);

	if (!s || !hold || !redirect)
		return -1;
	if (redirect->origin_length) {
		redirect_put(s, redirect->origin, redirect->origin_length, 304);
		return 0;
	}
	if (!hold->head.host_length)
		return 0; /* HTTP/1.0 without Host: a relative reference (RFC 9110 10.2.2) */
	if (redirect->scheme_https)
		redirect_put(s, redirect_https, 8, 16);
	else
		redirect_put(s, redirect_http, 7, 16);
	return redirect_take(s, hold, hold->head.host,
			     redirect->scheme_https ? hold->head.host_length
						    : hold->head.host_value_length);
}

/* Path and query. */
__noinline int redirect_path(struct scratch *s, struct hold_large *hold, __u32 index)
{
	struct redirect *redirect = bpf_map_lookup_elem(&redirects, &index);
	__u32 skip = 0;
	__u32 start;
	__u32 end;

	if (!s || !hold || !redirect)
		return -1;
	start = s->reply_length;
	end = hold->head.path + hold->head.path_length;
	if (redirect->flags & (REDIRECT_HAS_PATH | REDIRECT_REPLACE_PREFIX)) {
		redirect_put(s, redirect->path, redirect->path_length, ROUTE_PATH_MAX);
		skip = redirect->flags & REDIRECT_HAS_PATH ? hold->head.path_length
							   : s->match.prefix_length;
	}
	if (skip < hold->head.path_length &&
	    redirect_take(s, hold, hold->head.path + skip, hold->head.path_length - skip))
		return -1;
	if (s->reply_length == start) {
		redirect_word(s, start, '/');
		s->reply_length++;
	}
	start = hold->head.target + hold->head.target_length;
	return start > end ? redirect_take(s, hold, end, start - end) : 0;
}

/* A reply is one segment: the client's MSS is its limit. */
static __always_inline void redirect_limit(struct scratch *s, const struct flow *flow)
{
	__u32 limit = flow->client_mss - 12;

	s->reply_limit = limit < REDIRECT_LENGTH_MAX ? limit : REDIRECT_LENGTH_MAX;
}

/* Puts the reply together. A Location that is too long is refused as the target is. */
__noinline int redirect_compose(struct scratch *s, struct hold_large *hold, __u32 rule_id)
{
	struct rule *rule = bpf_map_lookup_elem(&rules, &rule_id);
	struct redirect *redirect;
	__u32 index;

	if (!s || !hold || !rule)
		return VERDICT_INTERNAL;
	index = rule->redirect;
	redirect = bpf_map_lookup_elem(&redirects, &index);
	if (!redirect)
		return VERDICT_INTERNAL;
	if (redirect_status(s, redirect->status) || redirect_origin(s, hold, index) ||
	    redirect_path(s, hold, index) ||
	    s->reply_length > s->reply_limit - REDIRECT_REST_LENGTH)
		return VERDICT_TARGET_TOO_LONG;
	redirect_put(s, redirect_rest, REDIRECT_REST_LENGTH, sizeof(redirect_rest) - 1);
	return redirect->status == 301   ? VERDICT_REDIRECT_301
	       : redirect->status == 303 ? VERDICT_REDIRECT_303
	       : redirect->status == 307 ? VERDICT_REDIRECT_307
	       : redirect->status == 308 ? VERDICT_REDIRECT_308
					 : VERDICT_REDIRECT_302;
}

/* Sends what was composed. The flow is claimed and CLOSING. */
__noinline int redirect_send(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	__u64 length;
	__u64 sum = 0;
	int header;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	length = s->reply_length;
	reply_segment(&s->segment, flow, flow->isn + 1, TCP_FIN | TCP_PSH | TCP_ACK);
	if (!LENGTH_FITS(length, REDIRECT_LENGTH_MAX))
		return VERDICT_INTERNAL;
	s->segment.payload_length = length;
	for (__u32 i = 0; i < 3; i++) {
		__u32 piece = length > i * HOLD_CHUNK ? length - i * HOLD_CHUNK : 0;

		sum += hold_sum_piece(s->reply + i * HOLD_CHUNK,
				      piece > HOLD_CHUNK ? HOLD_CHUNK : piece);
	}
	s->segment.payload_sum = checksum_fold32(sum);
	flow->pod_fin = flow->isn + 1 + length + 1;
	account_own(slot, flow, s->reply, length);
	header = segment_write(ctx, s);
	if (header < 0 || bpf_skb_store_bytes(ctx, header, s->reply, length, 0))
		return VERDICT_INTERNAL;
	s->packet.action = way_to_client(flow);
	return flow->verdict;
}

/* Answers the request in `hold` by the redirect of flow->rule and begins to close. */
__noinline int redirect_begin(struct packet_context *ctx, struct scratch *s,
			      struct hold_large *hold, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	int verdict;

	if (!s || !hold || !flow)
		return VERDICT_INTERNAL;
	redirect_limit(s, flow);
	verdict = redirect_compose(s, hold, flow->rule);
	if (verdict < VERDICT_REDIRECT_301 || verdict > VERDICT_REDIRECT_308)
		return -verdict;
	if (flow->hold_kind == HOLD_SMALL)
		hold_drop(flow);
	park_finish_all(ctx, s, slot);
	flow_enter(flow, FLOW_CLOSING, s->packet.now);
	flow->verdict = verdict;
	flow->progress |= FLOW_POD_FIN;
	return redirect_send(ctx, s, slot);
}

/* Composes the reply again: from the hold of a request that came in parts, else from the packet. */
static __always_inline int redirect_again(struct packet_context *ctx, struct scratch *s,
					  struct flow *flow, __u32 slot)
{
	struct hold_large *large;

	if (flow->progress & FLOW_HELD) {
		large = hold_large_at(flow->hold);
		if (!large || choose_rule(s, large, slot) != VERDICT_CONTINUE)
			return VERDICT_INTERNAL;
		return redirect_compose(s, large, s->match.rule);
	}
	if (verify_load(ctx, s) != VERDICT_CONTINUE)
		return VERDICT_CHECKSUM_BAD;
	__builtin_memset(&s->hold.head, 0, sizeof(s->hold.head));
	if (http_head_parse(&s->hold, s->packet.length) != VERDICT_CONTINUE || !s->hold.head.end ||
	    choose_rule(s, &s->hold, slot) != VERDICT_CONTINUE)
		return VERDICT_HOLD_PENDING;
	return redirect_compose(s, &s->hold, s->match.rule);
}

/* Whether the packet is a client's request sent again, because our redirect was lost. */
static __always_inline int redirect_is_lost(const struct flow *flow, const struct packet *packet)
{
	return flow->state == FLOW_CLOSING && flow->verdict >= VERDICT_REDIRECT_301 &&
	       flow->verdict <= VERDICT_REDIRECT_308 && packet->length &&
	       !(packet->flags & TCP_RST) && seq_before(packet->ack, flow->pod_fin) &&
	       !seq_after(packet_seq_end(packet), flow->client_next);
}

/* Answers it. The flow is claimed. */
__noinline int redirect_repeat(struct packet_context *ctx, struct scratch *s, __u32 slot)
{
	struct flow *flow = flow_at(slot);
	int verdict;

	if (!s || !flow)
		return VERDICT_INTERNAL;
	redirect_limit(s, flow);
	verdict = redirect_again(ctx, s, flow, slot);
	if (verdict != flow->verdict)
		return verdict < VERDICT_REDIRECT_301 || verdict > VERDICT_REDIRECT_308
			       ? verdict
			       : VERDICT_HOLD_PENDING;
	if (redirect_send(ctx, s, slot) != flow->verdict)
		return VERDICT_INTERNAL;
	return VERDICT_REPLY_REPEATED;
}

#endif
