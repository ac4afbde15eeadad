/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Arithmetic modulo 2^32: TCP sequence numbers (RFC 9293 3.4), timestamps (RFC 7323), ticks. */
#ifndef PATHROUTE_SEQ_H
#define PATHROUTE_SEQ_H

#include "compiler.h"

#define SEQ_SIGN 0x80000000U

static __always_inline int seq_before(__u32 a, __u32 b)
{
	return (a - b) >= SEQ_SIGN;
}

static __always_inline int seq_after(__u32 a, __u32 b)
{
	return seq_before(b, a);
}

static __always_inline __u32 seq_max(__u32 a, __u32 b)
{
	return seq_before(a, b) ? b : a;
}

#endif
