/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second parser of request heads, written from the rules and not from the first one: slow, over
 * the whole text at once, a byte at a time, with copies. What both say must be the same.
 */
#ifndef PATHROUTE_TEST_REFERENCE_HEAD_H
#define PATHROUTE_TEST_REFERENCE_HEAD_H

#include <stddef.h>
#include <stdint.h>

#include "../../bpf/datapath_abi.h"

struct reference_range {
	size_t start;
	size_t length;
};

/* What an accepted head says; flags are those of enum http_head_flag. */
struct reference_head {
	enum verdict verdict;
	size_t end; /* 0: incomplete */
	size_t start;
	unsigned lines;
	unsigned method;
	unsigned flags;
	struct reference_range target;
	struct reference_range path;
	struct reference_range host;
	size_t host_value_length;
	uint64_t content_length;
	size_t upgrade;
};

void reference_head_parse(const uint8_t *bytes, size_t length, struct reference_head *ret_head);

/* Parts of it. Names of hosts are ranges of the bytes. */

struct reference_host {
	struct reference_range name; /* without trailing dot */
	size_t end;                  /* behind name and port */
	unsigned port;               /* 0: none */
};

/* Reads a host from `start`, at most to `end`; 0, or -1 if there is none. */
int reference_host_read(const uint8_t *bytes, size_t start, size_t end,
			struct reference_host *ret_host);

/* The path from `start` to `end`: a verdict, and the flags that it gives. */
enum verdict reference_path_check(const uint8_t *bytes, size_t start, size_t end,
				  unsigned *ret_flags);

/* The canonical reading of a path that was accepted: decoded, then "\" replaced, then ";..." cut
 * from the elements, then slashes merged. Returns its length, at most that of the path. */
size_t reference_path_canonical(const uint8_t *path, size_t length, uint8_t *ret_path);

#endif
