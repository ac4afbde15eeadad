/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The 16 KiB hold: gathered request bytes and how far they are parsed. Also the per-CPU scratch. */
#ifndef PATHROUTE_HOLD_LARGE_H
#define PATHROUTE_HOLD_LARGE_H

#include "../datapath_abi.h"
#include "http_head.h"

struct hold_large {
	__u32 owner;      /* flow slot */
	__u32 generation; /* of the flow */
	__u32 start;      /* sequence number of data[0] */
	__u32 length;
	__u32 born; /* ticks */
	__u32 in_use;
	struct http_head head;
	__u8 data[HOLD_LARGE_SIZE];
	__u8 slack[HOLD_CHUNK + 8]; /* word loads and the last chunk may pass the end */
};

#endif
