/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is counted of requests: statistics of their rule, and the access log. The texts of a
 * request are copied to a slot when its head is complete, and leave with its reply. Where several
 * are outstanding only the oldest is timed and logged. The others are timed from the end of the
 * reply before, and counted as not logged.
 */
#ifndef PATHROUTE_ACCOUNT_H
#define PATHROUTE_ACCOUNT_H

#include "flow.h"
#include "http_text.h"

static __always_inline void account_count(__u32 index)
{
	__u64 *count = bpf_map_lookup_elem(&log_counts, &index);

	if (count)
		(*count)++;
}

static __always_inline struct log_entry *account_slot(__u32 index)
{
	return bpf_map_lookup_elem(&log_slots, &index);
}

static __always_inline struct log_control *account_control(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&log_control, &zero);
}

static __always_inline int account_tailed(const struct log_control *control, __u32 now)
{
	return control->tail_until && seq_before(now, control->tail_until);
}

/* Copies text of the hold; words behind its end may be copied as well, up to `limit`. */
static __always_inline __u8 account_text(char *text, const struct hold_large *hold, __u32 from,
					 __u32 length, __u32 limit)
{
	for (__u32 i = 0; i < limit; i += 8) {
		if (i >= length)
			break;
		*(__u64 *)(text + i) = http_word(hold, from + i);
	}
	return length < limit ? length : limit;
}

static __always_inline void account_fill(struct log_entry *entry, const struct flow *flow,
					 const struct hold_large *hold)
{
	const struct http_head *head = &hold->head;
	__u32 method = head->target - 1 - head->start;

	entry->flags = head->flags & HTTP_HEAD_HTTP_1_0 ? LOG_HTTP_1_0 : 0;
	if (head->host_length > LOG_HOST_MAX)
		entry->flags |= LOG_HOST_CUT;
	if (head->path_length > LOG_PATH_MAX)
		entry->flags |= LOG_PATH_CUT;
	entry->client = flow->client;
	entry->client_port = flow->client_port;
	entry->method_length =
		account_text(entry->method, hold, head->start, method, LOG_METHOD_MAX);
	entry->host_length =
		account_text(entry->host, hold, head->host, head->host_length, LOG_HOST_MAX);
	entry->path_length =
		account_text(entry->path, hold, head->path, head->path_length, LOG_PATH_MAX);
}

static __always_inline int account_sampled(const struct log_control *control)
{
	__u32 every = control->every;

	return every && bpf_get_prandom_u32() % (every | !every) == 0;
}

/* The request whose head is in `hold` is the flow's oldest: notes it for the log if it is wanted
 * there. A length of 0 is counted when the request is over. */
__noinline int account_log_begin(struct hold_large *hold, __u32 slot, __u32 now)
{
	struct log_control *control = account_control();
	struct flow *flow = flow_at(slot);
	struct log_entry *entry;
	__u32 sampled;
	__u32 index;

	if (!hold || !flow || !control || (!control->every && !control->tail_until) ||
	    (flow->progress & FLOW_LOGGED))
		return 0;
	sampled = account_sampled(control);
	if (!sampled && !account_tailed(control, now))
		return 0;
	if (bpf_map_pop_elem(&log_free, &index) &&
	    flow_take_fresh(ALLOC_LOG, LOG_SLOTS_DEFAULT, &index)) {
		account_count(sampled ? LOG_COUNT_DROPPED : LOG_COUNT_TAIL_DROPPED);
		return 0;
	}
	entry = account_slot(index);
	if (!entry)
		return 0;
	account_fill(entry, flow, hold);
	entry->sampled = sampled;
	entry->reply_bytes = 0;
	entry->request_bytes = 0;
	if (hold->head.flags & HTTP_HEAD_LENGTH)
		entry->request_bytes = hold->head.end + hold->head.content_length;
	flow->log = index;
	flow->progress |= FLOW_LOGGED;
	flow->request_ns = bpf_ktime_get_ns();
	flow->request_start = hold->start;
	flow->reply_start = flow->reply.next;
	return 0;
}

/* The length of the reply is known from its head, which ends in front of `next`. */
static __always_inline void account_reply_length(const struct flow *flow, __u32 next, __u64 length)
{
	struct log_entry *entry;

	if (!(flow->progress & FLOW_LOGGED))
		return;
	entry = account_slot(flow->log);
	if (entry)
		entry->reply_bytes = (__u32)(next - flow->reply_start) + length;
}

/* Lengths that no head told, or that were not reached. */
static __always_inline void account_lengths(struct log_entry *entry, const struct flow *flow,
					    __u32 flags)
{
	if (!entry->request_bytes || (flags & LOG_ABORTED))
		entry->request_bytes = (__u32)(flow->client_next - flow->request_start);
	if (flags & LOG_ABORTED) /* before the pod answers, the leg has no numbers */
		entry->reply_bytes = flow->state == FLOW_SPLICED
					     ? (__u32)(flow->leg.pod_next - flow->reply_start)
					     : 0;
	else if (!entry->reply_bytes)
		entry->reply_bytes = (__u32)(flow->reply.next - flow->reply_start);
}

static __always_inline void account_emit(const struct log_entry *entry, __u32 now)
{
	struct log_control *control = account_control();

	if (entry->sampled)
		account_count(bpf_ringbuf_output(&log_ring, (void *)entry, sizeof(*entry), 0)
				      ? LOG_COUNT_DROPPED
				      : LOG_COUNT_WRITTEN);
	if (control && account_tailed(control, now) &&
	    bpf_ringbuf_output(&tail_ring, (void *)entry, sizeof(*entry), 0))
		account_count(LOG_COUNT_TAIL_DROPPED);
}

/* The flow's logged request is over. */
__noinline int account_log_end(__u32 slot, __u32 status, __u32 flags, __u64 now)
{
	struct flow *flow = flow_at(slot);
	struct log_entry *entry;
	__u32 index;

	if (!flow || !(flow->progress & FLOW_LOGGED))
		return 0;
	flow->progress &= ~FLOW_LOGGED;
	index = flow->log;
	entry = account_slot(index);
	if (!entry)
		return 0;
	entry->started_ns = flow->request_ns;
	account_lengths(entry, flow, flags);
	entry->first_us = flow->first_us;
	entry->total_us = (now - flow->request_ns) / 1000;
	entry->rule = flow->rule;
	entry->endpoint = flow->leg.endpoint;
	entry->status = status;
	entry->flags |= flags;
	account_emit(entry, now >> DATAPATH_TICK_SHIFT);
	bpf_map_push_elem(&log_free, &index, 0);
	return 0;
}

/* Index of the bucket of a time, if there were enough of them: one more than its highest bit. */
static __always_inline __u32 account_bucket(__u32 us)
{
	__u32 index = 0;

	us >>= STATS_TIME_SHIFT;
	for (int bits = 16; bits; bits >>= 1) {
		if (us >> bits) {
			us >>= bits;
			index += bits;
		}
	}
	return index + us;
}

/* Counts in one of `count` counters, or in the one for all others. The index goes through a
 * barrier: else one copy of it is compared and another one used, which the verifier (6.18) calls
 * "math between map_value pointer and register with unbounded min value". */
static __always_inline void account_add(__u64 *counters, __u64 index, __u64 count, __u64 others)
{
	barrier_var(index);
	if (index < count)
		counters[index]++;
	else
		counters[others]++;
}

/* A request goes to the flow's pod; if it is the oldest, account_log_begin() was called for it.
 * `flags`: OUTSTANDING_*. */
static __always_inline void account_request(struct flow *flow, __u32 flags)
{
	struct rule_stats *stats = counters_rule(flow->rule);
	struct log_control *control = account_control();

	if (stats)
		stats->requests++;
	if (!flow->outstanding_count) {
		flow->request_ns = bpf_ktime_get_ns();
		flow->first_us = 0;
	} else if (control && account_sampled(control)) {
		account_count(LOG_COUNT_DROPPED);
	}
	flow->outstanding &= ~(3U << (2 * (flow->outstanding_count & 15)));
	flow->outstanding |= flags << (2 * (flow->outstanding_count & 15));
	flow->outstanding_count++;
}

/* The first byte of the reply to the oldest request. */
static __always_inline void account_first(struct flow *flow)
{
	flow->first_us = (bpf_ktime_get_ns() - flow->request_ns) / 1000;
}

/* The reply to the oldest request is complete. */
__noinline int account_reply(__u32 slot, __u32 status)
{
	struct flow *flow = flow_at(slot);
	__u64 now = bpf_ktime_get_ns();
	struct rule_stats *stats;
	__u64 total;

	if (!flow)
		return -1;
	account_log_end(slot, status, 0, now);
	stats = counters_rule(flow->rule);
	if (!stats)
		return -1;
	total = (now - flow->request_ns) / 1000;
	account_add(stats->status, status / 100, STATS_STATUS_CLASSES, 0);
	stats->first_us_sum += flow->first_us;
	stats->total_us_sum += total;
	account_add(stats->first_us, account_bucket(flow->first_us), STATS_TIME_BUCKETS,
		    STATS_TIME_BUCKETS - 1);
	account_add(stats->total_us, account_bucket(total >> 32 ? ~0U : (__u32)total),
		    STATS_TIME_BUCKETS, STATS_TIME_BUCKETS - 1);
	flow->request_ns = now;
	flow->first_us = 0;
	return 0;
}

/* The flow's logged request is answered by the router itself, with a reply that begins
 * "HTTP/1.1 200". */
static __always_inline void account_own(__u32 slot, struct flow *flow, const __u8 *reply,
					__u32 length)
{
	__u32 status = (reply[9] - '0') * 100 + (reply[10] - '0') * 10 + (reply[11] - '0');

	if (!(flow->progress & FLOW_LOGGED))
		return;
	flow->reply_start = flow->reply.next - length;
	account_log_end(slot, status, LOG_OWN_REPLY, bpf_ktime_get_ns());
}

/* Requests that have no whole reply: those that wait for its head, and one inside of its body. */
static __always_inline __u32 account_open(const struct flow *flow)
{
	const struct http_framing *reply = &flow->reply;
	__u32 inside = reply->status && (reply->phase || !reply->spent);

	return flow->outstanding_count + inside;
}

/* The flow ends; what was under way was not answered to its end. */
__noinline int account_abort(__u32 slot)
{
	struct flow *flow = flow_at(slot);
	struct rule_stats *stats;

	if (!flow)
		return -1;
	stats = counters_rule(flow->rule);
	if (stats)
		stats->aborted += account_open(flow);
	account_log_end(slot, flow->reply.status, LOG_ABORTED, bpf_ktime_get_ns());
	flow->outstanding_count = 0;
	flow->reply.status = 0;
	return 0;
}

#endif
