/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part of the ABI that says what is known of a connection: flows, their legs, the framing of
 * both directions. Included by datapath_abi.h, whose notes on addresses and ticks hold here too.
 */
#ifndef PATHROUTE_FLOW_ABI_H
#define PATHROUTE_FLOW_ABI_H

#include <linux/bpf.h>
#include <linux/types.h>

#include "route_abi.h"

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

#define FLOW_STATES(X)                                                 \
	X(FREE, free, "slot is on the free list")                      \
	X(GATHERING, gathering, "request head is incomplete")          \
	X(CONNECTING, connecting, "SYN sent to a pod")                 \
	X(SPLICED, spliced, "client and pod are joined")               \
	X(WAITING, waiting, "between requests, joined to no pod")      \
	X(CLOSING, closing, "answered by the router itself")           \
	X(OVERDUE, overdue, "head deadline passed, 408 is on its way") \
	X(TAIL, tail, "both sides have ended, waiting for stray segments")

enum flow_state {
#define X(symbol, name, text) FLOW_##symbol,
	FLOW_STATES(X)
#undef X
		FLOW_STATE_COUNT
};

/* What one side negotiated, and the state of a leg. */
#define TCP_SIDE_TIMESTAMPS 0x01
#define TCP_SIDE_SACK 0x02
#define TCP_SIDE_WSCALE 0x04
#define TCP_SIDE_PEER 0x08  /* bpf_redirect_peer() reaches it */
#define TCP_SIDE_FIN 0x10   /* leg: the pod sent FIN or unasked bytes: no request may go there */
#define TCP_SIDE_ENDED 0x20 /* leg: our FIN or the pod's RST has ended it: the same */
#define TCP_SIDE_LOCAL 0x40 /* it is this node itself: its packets leave by the device */

/* Progress of a flow. */
#define FLOW_CLIENT_FIN 0x01       /* client_fin is valid */
#define FLOW_POD_FIN 0x02          /* pod_fin is valid */
#define FLOW_CLIENT_FIN_ACKED 0x04 /* the pod acknowledged client_fin */
#define FLOW_POD_FIN_ACKED 0x08    /* the client acknowledged pod_fin */
#define FLOW_HELD 0x10             /* hold and hold_kind are valid */
#define FLOW_BUSY 0x20             /* one CPU is working on the slow path of this flow */
#define FLOW_HEAD_METHOD 0x40      /* the request's method is HEAD: own replies have no body */
#define FLOW_COUNTED 0x80          /* the source's cap counts this flow */
#define FLOW_RESET_SEEN \
	0x100 /* a RST in the window passed; only silence proves that it ended the flow */
#define FLOW_FINAL 0x200  /* no later request is forwarded, and the pod's FIN is the client's */
#define FLOW_MARKED 0x400 /* marks is valid */
#define FLOW_CARRY 0x800  /* carry is valid */
#define FLOW_SAFE 0x1000  /* the held request may be repeated at another pod until a reply begins */
#define FLOW_LOGGED 0x2000  /* log is valid */
#define FLOW_PENDING 0x4000 /* pending is valid */
#define FLOW_EXPECT 0x8000  /* the last request's body waits for 100 (Continue) */

enum hold_kind {
	HOLD_SMALL = 0,
	HOLD_LARGE = 1,
	HOLD_SPARE = 2, /* without FLOW_HELD: a small one, empty, for the flow's next request */
};

/*
 * One pod connection of a flow. Numbers of the client side are called c, of the pod side p:
 *   towards the pod:    p.seq = c.seq - e    p.ack = c.ack - d    p.tsecr = c.tsecr - t
 *   towards the client: c.seq = p.seq + d    c.ack = p.ack + e    c.tsval = p.tsval + t
 * Example: client ISN 1000, our ISN 5000, pod ISN 7000: e = 0, d = 5000 - 7000 = -2000 (mod 2^32).
 *
 * While the leg is parked, client and pod move on without each other, and e, d and t are what the
 * pod knows: the next byte it expects, the next byte it will send, the last TSval it sent.
 */
struct flow_leg {
	struct ip_address pod;
	struct ip_address source; /* the client as this pod sees it: its address or, with source */
	__be16 pod_port;          /* NAT, one of this node; and */
	__be16 source_port;       /* its port */
	__u32 e;
	__u32 d;
	__u32 t;
	__u32 tsecr_floor;  /* TSval of the pod's SYN-ACK: no TSecr towards it is lower */
	__u32 pod_ack;      /* highest acknowledgement of the pod, in the client's numbering */
	__u32 pod_next;     /* end of the highest byte the pod sent, in the client's numbering */
	__u32 address_diff; /* checksum difference listener -> pod, client -> source */
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
	__u32 rule;        /* that the endpoint was chosen for */
	__u32 set_version; /* of the rule's set in which the endpoint was found last */
	__u8 id;           /* in the tag of the pod's tuple; 0 .. FLOW_LEGS - 1 */
	__u8 drawn;        /* group to choose from, and 1; 0: none is drawn yet */
	__u8 asked;        /* when the agent was last asked to send: ticks >> DUE_ASKED_SHIFT */
	__u8 probes;       /* sent in vain since the last packet */
};

/*
 * Where one direction is in its messages (RFC 9112 6). Bytes before `next` need no reading: they
 * belong to what was read, or to a body whose length is known. 1 GiB is the most that `next` runs
 * ahead of what was seen; what a body has beyond that is in `remaining`.
 */
struct http_framing {
	__u64 remaining; /* bytes behind `next` of the body or chunk; in the head of a reply:
			  * its Content-Length so far */
	__u32 next;      /* sequence number, in the client's numbering */
	__u16 spent;     /* bytes of the message's chunk extensions, of its trailers, of the reply's
			  * head so far */
	__u16 line;      /* bytes of the line's chunk extension */
	__u16 status;    /* of the reply under way; 0: its status line was not read */
	__u16 head;      /* enum http_reply_flag of the reply's head under way */
	__u8 phase;      /* enum http_framing_phase */
	__u8 digits;     /* of the chunk size */
	__u8 interims;   /* replies with 1xx before this one */
	__u8 repeats;    /* how often the request was sent to another pod */
};

#define FLOW_LEGS 5         /* one that is used and up to four that are parked */
#define FLOW_LEGS_SPACE 8   /* a power of two, so that an id can be masked */
#define FLOW_OUTSTANDING 16 /* requests of a flow that wait for their reply */

/* One of the outstanding requests: two bits of flow.outstanding, the oldest in the lowest. */
#define OUTSTANDING_HEAD 0x1    /* its reply has no body */
#define OUTSTANDING_UPGRADE 0x2 /* it may be answered by 101 */

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
	__u32 born;     /* ticks; start of the present state */
	__u32 seen;     /* ticks; last packet from either side */
	__u32 client_ifindex;
	__u8 client_mac[6];
	__u8 own_mac[6];
	__u16 client_mtu;
	__u16 client_mss;
	__u32 hold;
	__u32 rule;          /* of the last request */
	__u32 isn;           /* our next byte towards the client - 1, as of the last switch */
	__u32 client_start;  /* sequence number of the first held byte that goes to a pod */
	__u32 client_first;  /* sequence number of the connection's first byte */
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
	__u32 parked[FLOW_LEGS_SPACE]; /* by id: index in "legs" + 1 of a parked leg; 0: none */
	__u32 marks;                   /* hold with the marks of a chunked body: see http_mark */
	__u32 carry;                   /* hold with the begun line of a reply's head */
	__u32 pending;                 /* hold with requests that wait, not acknowledged */
	__u32 outstanding;             /* OUTSTANDING_* of each */
	__u32 body_start;              /* sequence number behind the head of the last request */
	struct http_framing request;
	struct http_framing reply;
	__u8 outstanding_count;
	__u8 switches;    /* changes of the leg; the quick way compares it */
	__u16 log;        /* slot in "log_slots" of the oldest outstanding request */
	__u32 first_us;   /* until the reply's first byte */
	__u64 request_ns; /* CLOCK_MONOTONIC: when the oldest outstanding request was forwarded, or
			   * when the reply before it ended, if that is later */
	__u32 request_start; /* FLOW_LOGGED: sequence numbers of its first byte, */
	__u32 reply_start;   /* and of its reply's, in the client's numbering */
	__u32 quiet_next;    /* FLOW_FINAL: leg.pod_next when bytes came behind the last request, */
	__u32 quiet_since;   /* and ticks: the pod has sent nothing since then. On a leg that was
			      * reset behind a reply: the client has acknowledged nothing since */
};

_Static_assert(sizeof(struct flow_key) == 36, "flow_key is 36 bytes");
_Static_assert(sizeof(struct flow_ref) == 8, "flow_ref is 8 bytes");
_Static_assert(sizeof(struct flow_leg) == 112, "flow_leg is 112 bytes");
_Static_assert(sizeof(struct http_framing) == 24, "http_framing is 24 bytes");
_Static_assert(sizeof(struct flow) == 392, "flow is 392 bytes");

/* "due_ring" (RINGBUF): flows for which something is to be sent although no packet comes. The agent
 * runs pathroute_send with slot and generation in cb[0] and cb[1] of the context. */
struct due_send {
	__u32 slot;
	__u32 generation;
	__u32 ipv6;
	__u32 pad;
};

/* "legs" (ARRAY, free list "legs_free"): legs that wait for a request of their rule. Each has an
 * entry in the index, which has two more for each flow. */
#define LEGS_DEFAULT 65536

#endif
