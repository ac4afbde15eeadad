/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is known of one request head. http_parse.h fills it in.
 *
 * Offsets count from the first byte of the buffer that holds the head (struct hold_large).
 */
#ifndef PATHROUTE_HTTP_HEAD_H
#define PATHROUTE_HTTP_HEAD_H

#include "../datapath_abi.h"
#include "compiler.h"

enum http_head_flag {
	HTTP_HEAD_HTTP_1_0 = 0x0001,           /* version is 1.0, else 1.1 to 1.9 */
	HTTP_HEAD_ABSOLUTE_FORM = 0x0002,      /* target was absolute-form */
	HTTP_HEAD_ASTERISK = 0x0004,           /* target is "*" (OPTIONS) */
	HTTP_HEAD_HOST = 0x0008,               /* a Host line was seen */
	HTTP_HEAD_LENGTH = 0x0010,             /* content_length is valid */
	HTTP_HEAD_CHUNKED = 0x0020,            /* Transfer-Encoding: chunked */
	HTTP_HEAD_CLOSE = 0x0040,              /* Connection: close */
	HTTP_HEAD_KEEP_ALIVE = 0x0080,         /* Connection: keep-alive */
	HTTP_HEAD_WEBSOCKET = 0x0100,          /* Upgrade: websocket */
	HTTP_HEAD_UPGRADE_OTHER = 0x0200,      /* any other Upgrade (h2c); see http_head.upgrade */
	HTTP_HEAD_EXPECT = 0x0400,             /* Expect: 100-continue */
	HTTP_HEAD_AMBIGUOUS = 0x0800,          /* path has %, ;, \ or // */
	HTTP_HEAD_HIGH_BYTE = 0x1000,          /* path has a byte >= 0x80 */
	HTTP_HEAD_CONNECTION_UPGRADE = 0x2000, /* Connection: upgrade */
	HTTP_HEAD_HTTPS = 0x4000,              /* absolute-form with https */
};

/* Where the parser is: what http_head.position points at, or what is left to do on a line. */
enum http_phase {
	HTTP_PHASE_START = 0,    /* first byte of the connection, or an empty line in front */
	HTTP_PHASE_REQUEST,      /* inside the request line */
	HTTP_PHASE_PATH,         /* request line complete: checking the path by words */
	HTTP_PHASE_PATH_WALK,    /* ... byte by byte, decoded */
	HTTP_PHASE_QUERY,        /* ... what follows "?" */
	HTTP_PHASE_NAME,         /* inside a field name */
	HTTP_PHASE_VALUE,        /* inside a field value */
	HTTP_PHASE_TRIM,         /* field line complete: cutting white space off the value */
	HTTP_PHASE_ELEMENT,      /* Connection: at an element of the list */
	HTTP_PHASE_ELEMENT_SKIP, /* Connection: looking for the next comma */
	HTTP_PHASE_DONE,         /* complete or refused */
};

/* Reads a path as a decoding application does, one byte at a time: `%XX` once, `\` as `/`, `;...`
 * cut from each element, slashes merged. */
struct http_path_reader {
	__u16 at;     /* offset of the next byte */
	__u16 end;    /* offset behind the path */
	__u8 cut;     /* inside `;...` */
	__u8 slash;   /* the last byte yielded was a slash */
	__u8 element; /* enum http_path_element */
	__u8 pad;
};

/* State of the check of an IPv6 address. */
struct http_ipv6 {
	__u16 value; /* decimal value of the group, 256 if over 255 or not decimal */
	__u8 groups; /* groups of 16 bits so far */
	__u8 digits; /* of the group */
	__u8 colons; /* in a row, just before */
	__u8 gap;    /* "::" was seen */
	__u8 dots;
	__u8 pad;
};

struct http_head {
	__u32 position;   /* next byte to look at */
	__u32 line_start; /* offset of the line that position is in */
	__u32 end;        /* length of the head with its empty line; 0: incomplete */
	__u16 start;      /* offset of the request line: empty lines in front are skipped */
	__u16 lines;      /* field lines so far */
	__u8 phase;       /* enum http_phase */
	__u8 method;      /* enum http_method */
	__u16 flags;      /* enum http_head_flag */
	__u16 target;     /* offset */
	__u16 target_length;
	__u16 path;        /* offset; path is the target up to '?' without scheme and authority */
	__u16 path_length; /* 0 (absolute-form without a path): read as "/" */
	__u16 host;        /* offset of Host's value, which starts with the name */
	__u16 host_length; /* of the name without trailing dot and port; 0: any-host rules */
	__u64 content_length;
	__u16 host_value_length; /* Host's value as written, with trailing dot and port */
	__u16 upgrade;           /* offset of the Upgrade line if it is not websocket */

	/* the parser's own */
	__u16 verdict; /* of a refused head */
	__u16 authority;
	__u16 authority_length;
	__u16 name_end; /* offset of the line's colon */
	__u16 value;    /* offset of the value, or what is left of it */
	__u16 value_end;
	__u32 authority_port;
	__u32 host_port;
	struct http_path_reader reader;
	struct http_ipv6 ipv6;
	__u32 scan_port; /* results of http_host_scan() */
	__u16 scan_length;
	__u8 field; /* enum http_field of the line */
	__u8 pad;
};

_Static_assert(sizeof(struct http_head) <= 96, "http_head is part of every hold");

#endif
