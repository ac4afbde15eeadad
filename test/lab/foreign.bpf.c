/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of somebody else on the router's devices: they count TCP packets and let all pass. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct seen_key {
	__be32 source[4]; /* IPv4: in the first word */
	__be32 destination[4];
	__be16 source_port;
	__be16 destination_port;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct seen_key);
	__type(value, __u64);
} seen SEC(".maps");

static void count(const struct seen_key *key)
{
	__u64 *packets = bpf_map_lookup_elem(&seen, key);
	__u64 first = 1;

	if (packets)
		__sync_fetch_and_add(packets, 1);
	else
		bpf_map_update_elem(&seen, key, &first, BPF_ANY);
}

SEC("tc")
int foreign_tc(struct __sk_buff *ctx)
{
	struct seen_key key = {};
	__u8 next = 0;

	if (ctx->protocol == bpf_htons(0x0800)) {
		bpf_skb_load_bytes(ctx, 14 + 9, &next, 1);
		bpf_skb_load_bytes(ctx, 14 + 12, key.source, 4);
		bpf_skb_load_bytes(ctx, 14 + 16, key.destination, 4);
		bpf_skb_load_bytes(ctx, 14 + 20, &key.source_port, 4);
	} else if (ctx->protocol == bpf_htons(0x86dd)) {
		bpf_skb_load_bytes(ctx, 14 + 6, &next, 1);
		bpf_skb_load_bytes(ctx, 14 + 8, key.source, 32);
		bpf_skb_load_bytes(ctx, 14 + 40, &key.source_port, 4);
	}
	if (next == 6)
		count(&key);
	return TC_ACT_UNSPEC;
}

SEC("xdp")
int foreign_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char _license[] SEC("license") = "Apache-2.0";
