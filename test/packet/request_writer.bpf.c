/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for the data path: puts an entry of a test's making into a ring buffer. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bpf/datapath_abi.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct log_entry);
} next_entry SEC(".maps");

/* The packet is of no interest. */
SEC("tc")
int put_entry(struct __sk_buff *ctx)
{
	__u32 zero = 0;
	struct log_entry *entry = bpf_map_lookup_elem(&next_entry, &zero);

	(void)ctx;
	return entry ? (int)bpf_ringbuf_output(&ring, entry, sizeof(*entry), 0) : -1;
}

char _license[] SEC("license") = "Dual BSD/GPL";
