/* SPDX-License-Identifier: Apache-2.0 */
/* One request head, parsed and matched, with the router's own parser and maps. */
#include <linux/types.h>

#include "bpf/lib/choose.h"
#include "bpf/lib/http_parse.h"
#include "head_bench.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct head_bench);
} head_bench_map SEC(".maps");

/* The packet is of no interest. Yields the rule; 0: none. */
SEC("tc")
int head_tc(struct __sk_buff *ctx)
{
	__u32 zero = 0;
	struct head_bench *bench = bpf_map_lookup_elem(&head_bench_map, &zero);
	struct route_meta *meta = bpf_map_lookup_elem(&route_meta, &zero);

	(void)ctx;
	if (!bench || !meta)
		return 0;
	__builtin_memset(&bench->hold.head, 0, sizeof(bench->hold.head));
	if (http_head_parse(&bench->hold, bench->hold.length) != VERDICT_CONTINUE ||
	    !bench->hold.head.end)
		return 0;
	bench->route.table = bench->table;
	bench->route.seed = meta->hash_seed;
	if (route_find(&bench->route, &bench->hold, &bench->match) != VERDICT_CONTINUE)
		return 0;
	return bench->match.rule;
}

char _license[] SEC("license") = "Dual BSD/GPL";
