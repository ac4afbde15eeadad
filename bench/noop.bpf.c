/* SPDX-License-Identifier: Apache-2.0 */
/* What every figure is compared with: a program that does nothing. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int noop_tc(struct __sk_buff *ctx)
{
	return ctx->len ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

char _license[] SEC("license") = "Apache-2.0";
