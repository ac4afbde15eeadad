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

#include "route_abi.h"
#include "verdicts.h"

#define DATAPATH_ABI_VERSION 1
#define DATAPATH_TICK_SHIFT 20

/* Limits of one request head (2-byte offsets into the hold are enough for all of them). */
#define HTTP_HEAD_MAX 16384  /* bytes, request line to empty line; longer: 431 */
#define HTTP_TARGET_MAX 8000 /* bytes of the request target; longer: 414 */
#define HTTP_LINES_MAX 128   /* field lines; more: 431 */
#define HTTP_METHOD_MAX 32   /* bytes; longer: 501 */

/* Sizes of the maps as compiled in; the agent may change those marked (option) before load. */
#define FLOWS_DEFAULT 131072     /* (option) flows; the index has two entries for each */
#define HOLDS_SMALL_DEFAULT 8192 /* (option) 2 KiB holds */
#define HOLDS_LARGE_DEFAULT 1024 /* (option) 16 KiB holds */
#define RULES_DEFAULT 8192       /* (option) rules; id 0 means none */
#define ENDPOINTS_DEFAULT 16384  /* (option) endpoints; id 0 means none */
#define MEMBERS_DEFAULT 524288   /* (option) entries of endpoint lists */
#define LISTENERS_DEFAULT 8192   /* (option) */
#define HOLD_SMALL_SIZE 2048
/* Packets are copied into and out of a hold in pieces of this size: bpf_csum_diff() takes no more,
 * and one constant bound satisfies the verifier wherever the piece starts. */
#define HOLD_CHUNK 512
#define HOLD_LARGE_SIZE HTTP_HEAD_MAX

/* ---- flows: index "flows" (HASH), slots "flow_slots" (ARRAY), free list "flow_free" ---- */

/* A packet's tuple as it arrives: client -> listener, or pod -> client. */
struct flow_key {
	struct ip_address source;
	struct ip_address destination;
	__be16 source_port;
	__be16 destination_port;
};

enum flow_side {
	FLOW_SIDE_CLIENT = 0, /* the packet comes from the client */
	FLOW_SIDE_POD = 1,    /* the packet comes from a pod */
};

/* tag = generation << 8 | leg << 1 | side: one word, so that it is read in one piece. */
struct flow_ref {
	__u32 slot;
	__u32 tag;
} __attribute__((aligned(8)));

#define FLOW_TAG(generation, leg, side) ((__u32)(generation) << 8 | (__u32)(leg) << 1 | (side))
#define FLOW_TAG_GENERATION(tag) ((tag) >> 8)
#define FLOW_TAG_LEG(tag) ((tag) >> 1 & 0x7f)
#define FLOW_TAG_SIDE(tag) ((tag)&1)
#define FLOW_GENERATION_MASK 0xffffff

#define FLOW_STATES(X)                                                      \
	X(FREE, free, "slot is on the free list")                           \
	X(GATHERING, gathering, "request head is incomplete")               \
	X(CONNECTING, connecting, "SYN sent to a pod")                      \
	X(SPLICED, spliced, "client and pod are joined")                    \
	X(CLOSING, closing, "answered by the router itself")                \
	X(OVERDUE, overdue, "head deadline passed, 408 on the next packet") \
	X(TAIL, tail, "both sides have ended, waiting for stray segments")

enum flow_state {
#define X(symbol, name, text) FLOW_##symbol,
	FLOW_STATES(X)
#undef X
		FLOW_STATE_COUNT
};

/* What one side negotiated. */
#define TCP_SIDE_TIMESTAMPS 0x01
#define TCP_SIDE_SACK 0x02
#define TCP_SIDE_WSCALE 0x04
#define TCP_SIDE_PEER 0x08 /* bpf_redirect_peer() reaches it */

/* Progress of a flow. */
#define FLOW_CLIENT_FIN 0x01       /* client_fin is valid */
#define FLOW_POD_FIN 0x02          /* pod_fin is valid */
#define FLOW_CLIENT_FIN_ACKED 0x04 /* the pod acknowledged client_fin */
#define FLOW_POD_FIN_ACKED 0x08    /* the client acknowledged pod_fin */
#define FLOW_HELD 0x10             /* hold and hold_kind are valid */
#define FLOW_BUSY 0x20             /* one CPU is working on the slow path of this flow */
#define FLOW_HEAD_METHOD 0x40      /* the request's method is HEAD: own replies have no body */
#define FLOW_RESET_SEEN \
	0x100 /* a RST in the window passed; only silence proves that it ended the flow */
#define FLOW_COUNTED 0x80 /* the source's cap counts this flow */

enum hold_kind { HOLD_SMALL = 0, HOLD_LARGE = 1 };

/*
 * One pod connection of a flow. Numbers of the client side are called c, of the pod side p:
 *   towards the pod:    p.seq = c.seq - e    p.ack = c.ack - d    p.tsecr = c.tsecr - t
 *   towards the client: c.seq = p.seq + d    c.ack = p.ack + e    c.tsval = p.tsval + t
 * Example: client ISN 1000, our ISN 5000, pod ISN 7000: e = 0, d = 5000 - 7000 = -2000 (mod 2^32).
 */
struct flow_leg {
	struct ip_address pod;
	__be16 pod_port;
	__be16 source_port; /* client's port as this pod sees it */
	__u32 e;
	__u32 d;
	__u32 t;
	__u32 tsecr_floor;  /* TSval of the pod's SYN-ACK: no TSecr towards it is lower */
	__u32 pod_ack;      /* highest acknowledgement of the pod, in the client's numbering */
	__u32 pod_next;     /* end of the highest byte the pod sent, in the client's numbering */
	__u32 address_diff; /* checksum difference listener -> pod address */
	__u32 endpoint;     /* id in "endpoints"; 0: none */
	__u32 member;       /* its position in the group: the next try takes the one behind it */
	__u32 ifindex;
	__u8 pod_mac[6];
	__u8 own_mac[6];
	__u16 mtu;
	__u16 mss;
	__u8 wscale;
	__u8 flags; /* TCP_SIDE_* */
	__u8 tries; /* SYNs sent to this endpoint */
	__u8 endpoints_tried;
	__u8 ports_tried; /* at the endpoint */
	__u8 group;       /* of the rule's set */
	__u8 group_tried; /* endpoints of that group */
	__u8 groups_tried;
};

struct flow {
	struct bpf_spin_lock lock;
	__u32 generation;
	struct ip_address client;
	struct ip_address listener;
	__be16 client_port;
	__be16 listener_port;
	__u8 state; /* enum flow_state */
	__u8 client_wscale;
	__u16 progress; /* FLOW_* flags */
	__u32 born;     /* ticks; start of the present state for GATHERING, CLOSING, TAIL */
	__u32 seen;     /* ticks; last packet from either side */
	__u32 client_ifindex;
	__u8 client_mac[6];
	__u8 own_mac[6];
	__u16 client_mtu;
	__u16 client_mss;
	__u32 hold;
	__u32 rule;
	__u32 isn;           /* ours, towards the client */
	__u32 client_start;  /* sequence number of the client's first byte */
	__u32 client_next;   /* next in-order byte that we have not seen */
	__u32 client_acked;  /* highest acknowledgement sent to the client */
	__u32 client_ack;    /* last acknowledgement received from the client */
	__u32 client_fin;    /* sequence number behind the FIN */
	__u32 pod_fin;       /* same, in the client's numbering */
	__u32 tsval;         /* last TSval sent to the client */
	__u32 client_tsval;  /* last TSval received from the client */
	__u16 client_window; /* last window field of the client */
	__u16 verdict;       /* CLOSING: the reply given (enum verdict) */
	__u32 storm_client;  /* digest of the last pure ACK of each side */
	__u32 storm_pod;
	__u16 storm_tick;
	__u8 storm_count;
	__u8 storm_side;
	__u8 hold_kind;    /* enum hold_kind */
	__u8 client_flags; /* TCP_SIDE_* */
	__u16 syn_seen;    /* (ticks >> 8 | 1) when a SYN came for this tuple: the client may have
			    * started anew; 0: none */
	struct flow_leg leg;
};

_Static_assert(sizeof(struct flow_key) == 36, "flow_key is 36 bytes");
_Static_assert(sizeof(struct flow_ref) == 8, "flow_ref is 8 bytes");
_Static_assert(sizeof(struct flow_leg) == 84, "flow_leg is 84 bytes");
_Static_assert(sizeof(struct flow) == 224, "flow is 224 bytes");

/* "rule_stats" (PERCPU_ARRAY by rule id). */
struct rule_stats {
	__u64 connections;
	__u64 requests;
	__u64 bytes_to_pod; /* TCP payload */
	__u64 bytes_to_client;
};

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
/* "flow_gauges" (PERCPU_ARRAY by enum flow_state): __s64, to be summed over the CPUs. */
/* "alloc" (ARRAY by enum alloc_pool): how many slots of a pool were ever taken. */
enum alloc_pool { ALLOC_FLOWS = 0, ALLOC_HOLDS_SMALL = 1, ALLOC_HOLDS_LARGE = 2, ALLOC_POOLS };

struct alloc_mark {
	struct bpf_spin_lock lock;
	__u32 high_water; /* slots below it are in use or on the free list */
};

/* "devices" (HASH by ifindex): what the agent knows of a device. */
#define DEVICE_PEER 0x01 /* veth or netkit whose peer is in another network namespace */

struct device {
	__u32 flags; /* DEVICE_* */
	__u32 mtu;
	char name[16];
	__u32 attach; /* 1: tcx link, 2: clsact filter, 0: not attached */
	__u32 pad;
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
	__u32 pad;
};

#endif
