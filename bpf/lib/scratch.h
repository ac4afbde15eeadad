/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Per-CPU working memory of one packet: BPF's stack is 512 bytes for the whole call chain. */
#ifndef PATHROUTE_SCRATCH_H
#define PATHROUTE_SCRATCH_H

#include "hold_large.h"
#include "route_match.h"

#define TCP_OPTIONS_MAX 40
#define TCP_OPTIONS_SPACE 80 /* index & 63 and up to 16 bytes more stay inside */
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_URG 0x20
#define TCP_ECE 0x40
#define TCP_CWR 0x80

/* A reply of a redirect is composed in a buffer whose size is a power of two, and is at most one
 * segment of a client on Ethernet. */
#define REDIRECT_REPLY_MAX 4096
#define REDIRECT_LENGTH_MAX 1400

enum checksum_state {
	CHECKSUM_UNKNOWN = 0, /* not yet asked for */
	CHECKSUM_FULL,        /* the field holds the whole checksum */
	CHECKSUM_PARTIAL_SUM, /* the field holds the pseudo header's sum: the stack completes it */
};

/* The packet at hand. Sequence numbers, window and timestamps are in host order. */
struct packet {
	struct flow_key key; /* as it arrived */
	__u16 l4;            /* offset of the TCP header; Ethernet is 14, IP has no options */
	__u16 payload;       /* offset of the payload */
	__u32 length;        /* bytes of payload */
	__u32 seq;
	__u32 ack;
	__u32 tsval;
	__u32 tsecr;
	__u32 now; /* ticks */
	__u32 ifindex;
	__u16 window;
	__u16 tcp_checksum; /* as it stands in the packet */
	__u8 flags;         /* TCP_FIN ... */
	__u8 ipv6;
	__u8 has_timestamps;
	__u8 options_length;
	__u8 checksum;    /* enum checksum_state */
	__u8 switches;    /* of the flow's leg, when the flow was found */
	__u8 odd_options; /* options in any other layout than NOP NOP timestamps */
	__u8 destination_mac[6];
	__u8 source_mac[6];
	__u32 slot; /* flow, once known */
	__u32 generation;
	__u32 leg;
	__u32 action; /* what the hook returns */
	__u32 egress; /* it is leaving, and starts on this node */
};

/* TCP options as parsed from a SYN or SYN-ACK. */
struct tcp_options {
	__u16 mss;   /* 0: absent */
	__u8 wscale; /* COOKIE_WSCALE_NONE: absent */
	__u8 sack;   /* SACK permitted */
	__u8 timestamps;
	__u8 forbidden; /* TCP MD5 (RFC 2385) or AO (RFC 5925) */
	__u8 pad[2];
	__u32 position; /* parser's own */
	__u32 length;
	__u32 timestamps_at; /* offset of TSval */
	__u32 sack_at;       /* offset of the first SACK block, 0: none */
	__u32 sack_blocks;
	__u32 tsval;
	__u32 tsecr;
};

/* A segment to be built in the packet's place. */
struct segment {
	struct ip_address source;
	struct ip_address destination;
	__be16 source_port;
	__be16 destination_port;
	__u32 seq;
	__u32 ack;
	__u16 window;
	__u8 flags;
	__u8 options_length; /* multiple of 4 */
	__u32 options[TCP_OPTIONS_MAX / 4];
	__u8 destination_mac[6];
	__u8 source_mac[6];
	__u32 payload_length;
	__u32 payload_sum; /* 32-bit partial sum, from bpf_csum_diff() */
};

/* What a translated segment will say. */
struct splice {
	__u32 seq;
	__u32 ack;
	__u32 pod_ack; /* to the client: as the pod says it, in the client's numbering */
	__u32 tsval;
	__u32 tsecr;
	__u32 ports; /* as the first word of the TCP header */
	struct ip_address source;
	struct ip_address destination;
	__u32 address_diff; /* of the pseudo header */
	__u32 ifindex;
	__u16 window;
	__u16 mtu;
	__u8 flags;
	__u8 to_pod;
	__u8 peer;              /* straight into the namespace behind the device */
	__u8 way;               /* flags of bpf_redirect() */
	__u8 options_rewritten; /* s->option_bytes[1] replaces the options */
	__u8 pad[3];
};

struct frame_v4 {
	__u8 pad[2]; /* keeps the 4-byte fields aligned */
	__u8 destination_mac[6];
	__u8 source_mac[6];
	__be16 protocol;
	__u8 version_ihl;
	__u8 tos;
	__be16 total_length;
	__be16 id;
	__be16 fragment;
	__u8 ttl;
	__u8 next;
	__u16 check;
	__be32 source;
	__be32 destination;
	__be32 tcp[15];
};

struct frame_v6 {
	__u8 pad[2];
	__u8 destination_mac[6];
	__u8 source_mac[6];
	__be16 protocol;
	__be32 flow;
	__be16 payload_length;
	__u8 next;
	__u8 hop_limit;
	__be32 source[4];
	__be32 destination[4];
	__be32 tcp[15];
};

/* The incomplete head that is best refused so far. */
struct evict_choice {
	__u32 index;
	__u32 weight; /* heads of the same source; 0: none found */
	__u32 born;
	__u32 pad;
};

/* How far the packet at hand was read, and what became of it. */
struct reading {
	__u32 at;      /* offset in the payload of the bytes that are in scratch.hold */
	__u32 count;   /* how many they are */
	__u32 kept;    /* bytes of the packet that cut_send() passed */
	__u32 verdict; /* of a packet that was used up */
	__u32 ack;     /* the sender's acknowledgement before this packet's */
	__u32 parsed;  /* the parser's verdict on them, as a head */
	__u32 chosen;  /* s->match and `choice` are of that head */
	__s32 choice;  /* what choose_rule() said */
};

struct scratch {
	__u32 busy; /* what a program sends may meet our hook before it has ended */
	__u32 pad;
	struct packet packet;
	struct tcp_options options;
	struct segment segment;
	struct splice splice;
	union {
		struct frame_v4 v4;
		struct frame_v6 v6;
	} frame;
	/* As received, as to be sent; read by words, too. */
	__u8 option_bytes[2][TCP_OPTIONS_SPACE] __attribute__((aligned(8)));
	struct route_scratch route;
	struct route_match match;
	struct evict_choice evict;
	struct reading reading;
	struct bpf_fib_lookup fib;
	__u32 reply_length;
	__u32 reply_limit;
	__u8 reply[REDIRECT_REPLY_MAX + 8];
	struct hold_large hold;
};

#endif
