/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part of the ABI that says where requests go: listeners, hosts, paths, rules, endpoints.
 * Included by datapath_abi.h, whose notes on addresses and byte order hold here too.
 */
#ifndef PATHROUTE_ROUTE_ABI_H
#define PATHROUTE_ROUTE_ABI_H

#include <linux/types.h>

/* Limits of what a route may say. The CRD carries the same numbers. */
#define ROUTE_HOST_MAX 253  /* bytes of a host name */
#define ROUTE_PATH_MAX 256  /* bytes of a rule's path value */
#define ROUTE_DEPTH_MAX 31  /* elements of a Prefix path */
#define ROUTE_GROUPS_MAX 16 /* backends of one rule */
#define ROUTE_NAME_MAX 192  /* "namespace/route/rule" with its NUL; longer names are cut */

struct ip_address {
	__be32 word[4];
};

/* ---- listeners: "listeners" (HASH) ---- */

struct listener_key {
	struct ip_address address;
	__be16 port;
	__u16 pad;
};

/* Written by the programs: some pod behind the listener did not answer the option. */
#define LISTENER_NO_TIMESTAMPS 0x01
#define LISTENER_NO_SACK 0x02

struct listener {
	__u32 table;   /* which hosts are known here; listeners may share a table */
	__u32 learned; /* LISTENER_NO_* */
};

/* ---- ports: "ports_used" (ARRAY of PORTS_USED_WORDS, 64-bit words) ----
 * A bit for the port of every listener, and of every endpoint, that there is or was: set before
 * the entry that needs it, and never cleared, since connections outlive both. A TCP packet without
 * either is not ours: it costs no look-up by address. */
enum ports_kind {
	PORTS_LISTENER = 0, /* by the packet's destination port */
	PORTS_ENDPOINT = 1, /* by its source port */
	PORTS_KINDS
};

#define PORTS_USED_WORDS (PORTS_KINDS << 10)
#define PORTS_USED_WORD(kind, port) ((__u32)(kind) << 10 | (__u32)(port) >> 6)
#define PORTS_USED_BIT(port) (1ULL << ((port)&63))

/* ---- routes: "hosts" and "paths" (HASH), keyed by a seeded 64-bit hash of the text.
 * The text itself is in the value and is compared: a hash alone never decides. ---- */

enum host_kind {
	HOST_EXACT = 0,        /* name "www.example.com" */
	HOST_SINGLE_LABEL = 1, /* name ".example.com": one label before it */
	HOST_SUFFIX = 2,       /* name ".example.com": one or more labels before it */
	HOST_ANY = 3,          /* name "", hash 0 */
};

struct host_key {
	__u64 hash; /* route_hash_host() of the lower-case name */
	__u32 table;
	__u32 kind; /* enum host_kind */
};

struct host {
	__u32 id;            /* of this table's host, in path_key */
	__u32 default_rule;  /* 0: none */
	__u32 prefix_depths; /* bit n: some Prefix rule has n elements ("/" has none) */
	__u8 has_exact;      /* some Exact rule exists */
	__u8 name_length;
	char name[ROUTE_HOST_MAX + 5]; /* zeros behind it: it is compared by words */
};

enum path_kind { PATH_EXACT = 0, PATH_PREFIX = 1 };

struct path_key {
	__u64 hash; /* route_hash_path() of the path */
	__u32 host;
	__u32 kind; /* enum path_kind */
};

#define HTTP_METHODS(X) \
	X(GET) X(HEAD) X(POST) X(PUT) X(DELETE) X(PATCH) X(OPTIONS) X(TRACE) X(CONNECT)

enum http_method {
	HTTP_METHOD_OTHER = 0, /* also: any method, in path_entry.rule */
#define X(name) HTTP_METHOD_##name,
	HTTP_METHODS(X)
#undef X
		HTTP_METHOD_COUNT
};

/* A Prefix path has no trailing slash: "/api/" is "/api", "/" is "". */
struct path_entry {
	__u32 rule[HTTP_METHOD_COUNT]; /* rule for the method, else rule[0]; 0: none */
	__u16 length;
	__u16 pad;
	char path[ROUTE_PATH_MAX];
};

_Static_assert(sizeof(struct host) == 272, "host is 272 bytes");
_Static_assert(sizeof(struct host_key) == 16, "host_key is 16 bytes");
_Static_assert(sizeof(struct path_key) == 16, "path_key is 16 bytes");
_Static_assert(sizeof(struct path_entry) == 300, "path_entry is 300 bytes");

/* "route_meta" (ARRAY, one entry). */
struct route_meta {
	__u64 hash_seed;
	__u64 pad;
};

/* ---- rules: "rules" (ARRAY), "rule_sets" (ARRAY), "members" (ARRAY of endpoint ids) ----
 * A rule is changed by writing a new set and its members into unused places and then storing
 * set[] in the rule; the old places are not used again for a second. A packet thus sees the old
 * or the new set, never a mixture. */

enum rule_action { RULE_BACKENDS = 0, RULE_REDIRECT = 1 };

enum load_balancing {
	BALANCE_LEAST_REQUESTS = 0,
	BALANCE_ROUND_ROBIN = 1,
	BALANCE_RANDOM = 2,
	BALANCE_CLIENT_IP = 3, /* the group's members are a Maglev table: index = hash % count */
};

enum ambiguous_paths { AMBIGUOUS_AGREE = 0, AMBIGUOUS_REJECT = 1, AMBIGUOUS_RAW = 2 };

struct rule {
	__u32 set[2];   /* [0] for IPv4, [1] for IPv6 clients; index in "rule_sets", 0: none */
	__u8 action;    /* enum rule_action */
	__u8 algorithm; /* enum load_balancing */
	__u8 ambiguous; /* enum ambiguous_paths */
	__u8 in_use;    /* 0: the slot is unused */
	__u32 redirect; /* index in "redirects" */
};

#define GROUP_MISSING 0x01 /* the backend does not exist: its share is answered 500 */

struct rule_group {
	__u32 weight_end; /* sum of the weights up to and with this group */
	__u32 first;      /* index in "members" */
	__u32 count;      /* 0: no ready endpoint */
	__u32 flags;      /* GROUP_* */
};

struct rule_set {
	__u32 group_count; /* the last group's weight_end is the total weight */
	__u32 next;        /* round robin position, counted by the programs */
	__u32 version;     /* of no other set that the agent wrote lately; never 0. It tells a
			    * later request whether its endpoint must be looked for again. */
	__u32 pad;
	struct rule_group group[ROUTE_GROUPS_MAX];
};

#define REDIRECT_PREFIX_MAX 1024

/* "redirects" (ARRAY): what a redirect rule answers. Parts of length 0 come from the request. */
#define REDIRECT_REPLACE_PREFIX 0x01 /* path replaces the matched prefix, the rest is kept */
#define REDIRECT_HAS_PATH 0x02

struct redirect {
	__u16 status;        /* 301, 302, 303, 307, 308 */
	__u16 flags;         /* REDIRECT_* */
	__u16 origin_length; /* "https://host:port"; 0: "http://" and the request's Host */
	__u16 path_length;
	__u16 prefix_length; /* length of the matched prefix, for REDIRECT_REPLACE_PREFIX */
	__u16 scheme_https;  /* with origin_length 0: "https://" and the request's Host */
	char origin[300];
	char path[ROUTE_PATH_MAX + 8]; /* copied by words */
};

struct endpoint {
	struct ip_address address;
	__be16 port;
	__u16 in_use;
};

/* "endpoint_stats" (ARRAY), changed by atomic addition; one cache line each. */
struct endpoint_stats {
	__u32 active;     /* legs to the endpoint, in use or parked */
	__u32 failed_row; /* failed connection attempts since the last success */
	__u64 connections;
	__u64 failures;      /* SYN timeouts, RST and ICMP errors before the SYN-ACK */
	__u32 ejected_until; /* ticks; 0: not ejected */
	__u32 ejections;
	__u32 crowded_until; /* ticks; it holds old connections under ports of our clients */
	__u32 pad[7];
};

_Static_assert(sizeof(struct endpoint_stats) == 64, "endpoint_stats fills a cache line");

/* "rule_names" (ARRAY by rule id) and "endpoint_names" (ARRAY by endpoint id): for people.
 * rule: "namespace/route/rule" ("(default)" for the default backend);
 * endpoint: "namespace/service:port". */
struct object_name {
	char text[ROUTE_NAME_MAX];
};

#endif
