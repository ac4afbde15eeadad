/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All maps of the router. Keys and values are described in datapath_abi.h. All are pinned. */
#ifndef PATHROUTE_MAPS_H
#define PATHROUTE_MAPS_H

#include "../datapath_abi.h"

#include <bpf/bpf_helpers.h>

#include "hold_large.h"

#define MAP_ARRAY(name_, value_, entries_)           \
	struct {                                     \
		__uint(type, BPF_MAP_TYPE_ARRAY);    \
		__uint(max_entries, entries_);       \
		__type(key, __u32);                  \
		__type(value, value_);               \
		__uint(pinning, LIBBPF_PIN_BY_NAME); \
	} name_ SEC(".maps")

#define MAP_PERCPU(name_, value_, entries_)              \
	struct {                                         \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
		__uint(max_entries, entries_);           \
		__type(key, __u32);                      \
		__type(value, value_);                   \
		__uint(pinning, LIBBPF_PIN_BY_NAME);     \
	} name_ SEC(".maps")

#define MAP_HASH(name_, key_, value_, entries_)      \
	struct {                                     \
		__uint(type, BPF_MAP_TYPE_HASH);     \
		__uint(max_entries, entries_);       \
		__type(key, key_);                   \
		__type(value, value_);               \
		__uint(pinning, LIBBPF_PIN_BY_NAME); \
	} name_ SEC(".maps")

#define MAP_LRU(name_, key_, value_, entries_)       \
	struct {                                     \
		__uint(type, BPF_MAP_TYPE_LRU_HASH); \
		__uint(max_entries, entries_);       \
		__type(key, key_);                   \
		__type(value, value_);               \
		__uint(pinning, LIBBPF_PIN_BY_NAME); \
	} name_ SEC(".maps")

#define MAP_QUEUE(name_, entries_)                   \
	struct {                                     \
		__uint(type, BPF_MAP_TYPE_QUEUE);    \
		__uint(max_entries, entries_);       \
		__uint(value_size, sizeof(__u32));   \
		__uint(pinning, LIBBPF_PIN_BY_NAME); \
	} name_ SEC(".maps")

#define MAP_RING(name_, bytes_)                      \
	struct {                                     \
		__uint(type, BPF_MAP_TYPE_RINGBUF);  \
		__uint(max_entries, bytes_);         \
		__uint(pinning, LIBBPF_PIN_BY_NAME); \
	} name_ SEC(".maps")

MAP_HASH(flows, struct flow_key, struct flow_ref, 2 * FLOWS_DEFAULT + LEGS_DEFAULT);
MAP_ARRAY(flow_slots, struct flow, FLOWS_DEFAULT);
MAP_QUEUE(flow_free, FLOWS_DEFAULT);
MAP_ARRAY(alloc, struct alloc_mark, ALLOC_POOLS);
MAP_ARRAY(legs, struct flow_leg, LEGS_DEFAULT);
MAP_QUEUE(legs_free, LEGS_DEFAULT);

MAP_ARRAY(holds_small, struct hold_small, HOLDS_SMALL_DEFAULT);
MAP_QUEUE(holds_small_free, HOLDS_SMALL_DEFAULT);
MAP_ARRAY(holds_large, struct hold_large, HOLDS_LARGE_DEFAULT);
MAP_QUEUE(holds_large_free, HOLDS_LARGE_DEFAULT);
MAP_LRU(sources, struct source_key, struct source, 2 * HOLDS_LARGE_DEFAULT);

MAP_HASH(listeners, struct listener_key, struct listener, LISTENERS_DEFAULT);
MAP_ARRAY(ports_used, __u64, PORTS_USED_WORDS);
MAP_ARRAY(route_meta, struct route_meta, 1);
MAP_HASH(hosts, struct host_key, struct host, RULES_DEFAULT);
MAP_HASH(paths, struct path_key, struct path_entry, 2 * RULES_DEFAULT);
MAP_ARRAY(rules, struct rule, RULES_DEFAULT);
MAP_ARRAY(rule_sets, struct rule_set, 3 * RULES_DEFAULT);
MAP_ARRAY(members, __u32, MEMBERS_DEFAULT);
MAP_ARRAY(endpoints, struct endpoint, ENDPOINTS_DEFAULT);
MAP_ARRAY(endpoint_stats, struct endpoint_stats, ENDPOINTS_DEFAULT);
MAP_ARRAY(redirects, struct redirect, 1024);
MAP_ARRAY(rule_names, struct object_name, RULES_DEFAULT);
MAP_ARRAY(endpoint_names, struct object_name, ENDPOINTS_DEFAULT);

MAP_ARRAY(cookie_keys, struct cookie_key, COOKIE_KEYS);
MAP_ARRAY(replies, struct reply_template, VERDICT_COUNT);
MAP_HASH(devices, __u32, struct device, 4096);

MAP_PERCPU(verdicts, __u64, VERDICT_COUNT);
MAP_PERCPU(rule_stats, struct rule_stats, RULES_DEFAULT);
MAP_PERCPU(flow_gauges, __s64, FLOW_STATE_COUNT);

MAP_RING(due_ring, 1 << 16);

MAP_ARRAY(log_slots, struct log_entry, LOG_SLOTS_DEFAULT);
MAP_QUEUE(log_free, LOG_SLOTS_DEFAULT);
MAP_RING(log_ring, 1 << 20);
MAP_RING(tail_ring, 1 << 20);
MAP_ARRAY(log_control, struct log_control, 1);
MAP_PERCPU(log_counts, __u64, LOG_COUNTS);

#endif
