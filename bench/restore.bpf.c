/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts a packet back into its first form, then calls the program to be measured.
 *
 * BPF_PROG_TEST_RUN repeats on one buffer, which a router has rewritten after the first run. The
 * same wrapper around a no-op program costs what is subtracted.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "../bpf/datapath_abi.h"

#define TEMPLATE_MAX 256

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target_xdp SEC(".maps");

/* Those of the router under test. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flow);
} flow_slots SEC(".maps");

__u8 template_bytes[TEMPLATE_MAX]; /* the packet's first bytes: all headers */
__u32 template_length;
__u32 packet_length;
__u32 tcp_offset;
__u32 seq_step; /* added to the sequence number at each run, in host order */
__u32 ack_step; /* likewise to the acknowledgement */
__u32 answered; /* nonzero: flow 0 forgets its request before each run, as if it was answered */

static __always_inline __u32 fold(__u64 sum)
{
	for (int i = 0; i < 4; i++)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Advances a 32-bit number of the template and corrects the TCP checksum (RFC 1624). */
static __always_inline void advance(__u32 offset, __u32 step)
{
	__u32 at = (tcp_offset + offset) & (TEMPLATE_MAX / 2 - 1);
	__u32 check_at = (tcp_offset + 16) & (TEMPLATE_MAX / 2 - 1);
	__u8 *number = template_bytes + at, *check = template_bytes + check_at;
	__u32 old_number = (__u32)number[0] << 24 | number[1] << 16 | number[2] << 8 | number[3];
	__u32 new_number = old_number + step;
	__u64 sum = (__u16) ~(check[0] << 8 | check[1]);

	sum += (__u16) ~(old_number >> 16) + (__u16)~old_number;
	sum += (new_number >> 16) + (new_number & 0xffff);
	sum = (__u16)~fold(sum);
	number[0] = new_number >> 24;
	number[1] = new_number >> 16;
	number[2] = new_number >> 8;
	number[3] = new_number;
	check[0] = sum >> 8;
	check[1] = sum;
}

/* The packet's request is the next one of an idle connection. */
static __always_inline void answer_flow(void)
{
	__u32 at = (tcp_offset + 4) & (TEMPLATE_MAX / 2 - 1);
	__u8 *number = template_bytes + at;
	__u32 zero = 0;
	struct flow *flow = bpf_map_lookup_elem(&flow_slots, &zero);
	__u32 seq = (__u32)number[0] << 24 | number[1] << 16 | number[2] << 8 | number[3];

	if (!flow)
		return;
	if (flow->progress & FLOW_HELD)
		flow->hold_kind = HOLD_SPARE;
	flow->progress &= ~(FLOW_HELD | FLOW_SAFE);
	flow->outstanding_count = 0;
	flow->request.next = seq;
	flow->client_next = seq;
	flow->leg.pod_ack = seq;
}

static __always_inline void step(void)
{
	if (seq_step)
		advance(4, seq_step);
	if (ack_step)
		advance(8, ack_step);
	if (answered)
		answer_flow();
}

SEC("tc")
int restore_tc(struct __sk_buff *ctx)
{
	__u32 length = template_length;

	step();
	if (ctx->len != packet_length)
		bpf_skb_change_tail(ctx, packet_length, 0);
	if (length < 14 || length > TEMPLATE_MAX)
		return TC_ACT_SHOT;
	bpf_skb_store_bytes(ctx, 0, template_bytes, length, 0);
	ctx->tc_index = 0;
	ctx->mark = 0;
	bpf_tail_call(ctx, &target, 0);
	return TC_ACT_SHOT;
}

SEC("xdp.frags")
int restore_xdp(struct xdp_md *ctx)
{
	__u32 length = template_length, now = bpf_xdp_get_buff_len(ctx);

	step();
	if (now != packet_length)
		bpf_xdp_adjust_tail(ctx, (int)(packet_length - now));
	if (length < 14 || length > TEMPLATE_MAX)
		return XDP_DROP;
	bpf_xdp_store_bytes(ctx, 0, template_bytes, length);
	bpf_tail_call(ctx, &target_xdp, 0);
	return XDP_DROP;
}

char _license[] SEC("license") = "Apache-2.0";
