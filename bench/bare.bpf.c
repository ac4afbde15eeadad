/* SPDX-License-Identifier: Apache-2.0 */
/* The limit of the lab: a packet goes straight into the namespace that has its address. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __be32);  /* destination */
	__type(value, __u32); /* the node's end of its link */
} bare_links SEC(".maps");

SEC("tc")
int bare_tc(struct __sk_buff *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = data + ETH_HLEN;
	__u32 *link;

	if ((void *)(ip + 1) > end || ctx->protocol != bpf_htons(ETH_P_IP))
		return TC_ACT_OK;
	link = bpf_map_lookup_elem(&bare_links, &ip->daddr);
	return link ? bpf_redirect_peer(*link, 0) : TC_ACT_OK;
}

char _license[] SEC("license") = "Apache-2.0";
