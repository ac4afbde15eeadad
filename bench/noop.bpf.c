/* SPDX-License-Identifier: Apache-2.0 */
/* What every figure is compared with: a program of either hook that does nothing. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int noop_tc(struct __sk_buff *ctx)
{
	return ctx->len ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

SEC("xdp.frags")
int noop_xdp(struct xdp_md *ctx)
{
	return ctx->data < ctx->data_end ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "Apache-2.0";
