/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one header that the kernel programs, the agent and pathroutectl share:
 * limits, map keys and values, and the verdict list.
 *
 * Every map is pinned under <bpffs>/pathroute/v<DATAPATH_ABI_VERSION>/<map name>.
 * Raise the version only when new programs cannot use old maps.
 *
 * Addresses are 128 bits in network order; IPv4 is ::ffff:a.b.c.d (RFC 4291 2.5.5.2).
 * Ports are in network order (__be16). Everything else is in host order.
 * A "tick" is 2^20 ns of CLOCK_MONOTONIC, about 1.05 ms (bpf_ktime_get_coarse_ns() >> 20),
 * kept in 32 bits: it wraps after 52 days, so compare ticks by signed difference.
 */
#ifndef PATHROUTE_DATAPATH_ABI_H
#define PATHROUTE_DATAPATH_ABI_H

#include <linux/bpf.h>
#include <linux/types.h>

#include "flow_abi.h"
#include "route_abi.h"
#include "stats_abi.h"
#include "verdicts.h"

#define DATAPATH_ABI_VERSION 3
#define DATAPATH_TICK_SHIFT 20

/* Limits of one request head (2-byte offsets into the hold are enough for all of them). */
#define HTTP_HEAD_MAX 16384  /* bytes, request line to empty line; longer: 431 */
#define HTTP_TARGET_MAX 8000 /* bytes of the request target; longer: 414 */
#define HTTP_LINES_MAX 128   /* field lines; more: 431 */
#define HTTP_METHOD_MAX 32   /* bytes; longer: 501 */

/* Sizes of the maps as compiled in; the agent may change those marked (option) before load. */
#define FLOWS_DEFAULT 131072         /* (option) flows; two entries in the index */
#define HOLDS_SMALL_DEFAULT 8192     /* (option) 2 KiB holds */
#define HOLDS_LARGE_DEFAULT 1024     /* (option) 16 KiB holds */
#define RULES_DEFAULT 8192           /* (option) rules; id 0 means none */
#define ENDPOINTS_DEFAULT 16384      /* (option) endpoints; id 0 means none */
#define MEMBERS_DEFAULT 524288       /* (option) entries of endpoint lists */
#define LISTENERS_DEFAULT 8192       /* (option) */
#define NAT_PORT_FIRST_DEFAULT 10000 /* (option) below Linux's own ports and those of nodes */
#define NAT_PORT_COUNT_DEFAULT 20000 /* (option) */
#define HOLD_SMALL_SIZE 2048
/* Packets are copied into and out of a hold in pieces of this size: bpf_csum_diff() takes no more,
 * and one constant bound satisfies the verifier wherever the piece starts. */
#define HOLD_CHUNK 512
#define HOLD_LARGE_SIZE HTTP_HEAD_MAX

/* ---- holds: "holds_small", "holds_large" (ARRAY), free lists of the same name + "_free" ---- */

struct hold_small {
	__u32 owner;      /* flow slot */
	__u32 generation; /* of the flow */
	__u32 start;      /* sequence number of data[0] */
	__u32 length;
	__u8 data[HOLD_SMALL_SIZE];
	__u8 slack[HOLD_CHUNK]; /* the last piece may pass the end */
};

/* "sources" (LRU_HASH): incomplete heads that one client address (/32, /64) has in hold. */
struct source_key {
	__be32 prefix[4];
};

struct source {
	__u32 held;
	__u32 pad;
};

/* ---- own replies: "replies" (ARRAY by verdict) ---- */

#define REPLY_MAX 512

struct reply_template {
	__u16 head_length;         /* answers a HEAD request */
	__u16 total_length;        /* 0: there is no reply for this verdict */
	char bytes[REPLY_MAX + 4]; /* sums are taken in words of 4 */
};

/* ---- keys of the cookies: "cookie_keys" (ARRAY of COOKIE_KEYS, by time slot % COOKIE_KEYS) ----
 * The slot is bpf_ktime_get_coarse_ns() >> COOKIE_SLOT_SHIFT (275 s); cookies of this slot and of
 * the one before are good. The agent replaces the key of slot + 2 once a slot;
 * older keys stay for a while, so that an expired cookie can be told from a forged one. Two zero
 * words are no key: nothing is answered. */
#define COOKIE_KEYS 8
#define COOKIE_SLOT_SHIFT 38

struct cookie_key {
	__u64 word[2];
};

/* ---- counters ---- */

/* "verdicts" (PERCPU_ARRAY by enum verdict): __u64 packets. */
/* "verdicts_xdp" (the same): how many of these XDP took, tc never saw them. */
/* "flow_gauges" (PERCPU_ARRAY by enum flow_state): __s64, to be summed over the CPUs. */
/* "alloc" (ARRAY by enum alloc_pool): how many slots of a pool were ever taken. */
enum alloc_pool {
	ALLOC_FLOWS = 0,
	ALLOC_HOLDS_SMALL = 1,
	ALLOC_HOLDS_LARGE = 2,
	ALLOC_LEGS = 3,
	ALLOC_LOG = 4,
	ALLOC_POOLS
};

struct alloc_mark {
	struct bpf_spin_lock lock;
	__u32 high_water; /* slots below it are in use or on the free list */
};

/* "devices" (HASH by ifindex): what the agent knows of a device. */
#define DEVICE_PEER 0x01   /* veth or netkit whose peer is in another network namespace */
#define DEVICE_UPLINK 0x02 /* leads to other nodes or outside */

#define DEVICE_HOOKS 2 /* by enum attach_hook of agent/datapath/attach.h */

/* Programs of others on a hook. 255: or more. */
struct device_others {
	__u8 before; /* they run before ours */
	__u8 behind;
};

struct device {
	__u32 flags; /* DEVICE_* */
	__u32 mtu;
	char name[16];
	__u32 attach; /* 1: tcx link, 2: clsact filter, 0: not attached */
	__u32 xdp;    /* enum xdp_state of agent/datapath/attach_xdp.h; 0: not wanted */
	struct device_others others[DEVICE_HOOKS];
	struct ip_address source[2]; /* IPv4, IPv6: this node's on it, or any; zero: none */
};

/* How translated packets are handed on. */
enum delivery {
	DELIVERY_FAST = 0,  /* around the stack and the programs behind ours */
	DELIVERY_CHAIN = 1, /* through both */
};

/* ---- settings: `const volatile struct datapath_settings settings` in .rodata ---- */

struct datapath_settings {
	__u32 flows; /* map sizes as chosen */
	__u32 holds_small;
	__u32 holds_large;
	__u32 source_cap;      /* incomplete heads of one source address */
	__u32 head_timeout;    /* ticks */
	__u32 idle_timeout;    /* ticks, SPLICED */
	__u32 half_timeout;    /* ticks, SPLICED with one FIN */
	__u32 connect_timeout; /* ticks, CONNECTING without a packet */
	__u32 closing_timeout; /* ticks */
	__u32 tail_timeout;    /* ticks */
	__u16 mss_v4;          /* largest MSS offered to clients */
	__u16 mss_v6;
	__u16 nat_port_first; /* source ports of source NAT */
	__u16 nat_port_count;
	__u32 delivery; /* enum delivery */
};

#endif
