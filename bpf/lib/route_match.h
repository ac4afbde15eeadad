/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a parsed head to a rule: host first, then path, then method.
 *
 * The look-ups are maps in the kernel (route_lookup.h), and whatever a test or tool gives outside.
 *
 * This header has the memory that they work in. It is map memory in BPF: the verifier then sees
 * unknown scalars, and one state per step of a loop.
 */
#ifndef PATHROUTE_ROUTE_MATCH_H
#define PATHROUTE_ROUTE_MATCH_H

#include "http_head.h"

#define ROUTE_LABELS_MAX 256 /* dots in a name of ROUTE_HOST_MAX bytes, and more */

struct route_boundary {
	__u64 hash;
	__u32 length; /* of the prefix (path) or suffix (host) */
	__u32 pad;
};

struct route_scratch {
	__u64 seed;
	__u64 hash;       /* of the whole text */
	__u32 length;     /* of the whole text; over its maximum: it cannot be equal to any entry */
	__u32 boundaries; /* how many there are */
	__u32 table;
	__u32 pad;
	struct route_boundary boundary[ROUTE_LABELS_MAX];
	__u8 text[512]; /* the text that was hashed; a host from its right end */
};

enum route_found {
	ROUTE_FOUND_NONE = 0,
	ROUTE_FOUND_EXACT,
	ROUTE_FOUND_PREFIX,
	ROUTE_FOUND_DEFAULT,
};

/* What was chosen and why. */
struct route_match {
	__u32 rule;           /* 0: none */
	__u32 host;           /* id of the host, 0: none known */
	__u32 host_kind;      /* enum host_kind */
	__u32 found;          /* enum route_found, in the path as it stands */
	__u32 prefix_length;  /* bytes of the path that the rule's prefix covers */
	__u32 canonical_rule; /* of the canonical reading, where one was needed */
};

#endif
