/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes behind the last request of a connection. They go to nobody, and are not acknowledged: the
 * pod ends the connection. If it does not, its client would wait for ever, and is told.
 */
#ifndef PATHROUTE_REQUEST_LAST_H
#define PATHROUTE_REQUEST_LAST_H

#include "abort.h"
#include "http_framing.h"
#include "http_reply_field.h"

#define REQUEST_LAST_TICKS 1000 /* how long the pod must have been silent */

/* The last reply is complete, or read in a way that need not be the client's: that may have seen
 * its end. A reply until the connection's end is neither. */
static __always_inline int request_last_is_answered(const struct flow *flow)
{
	if (flow->reply.phase == FRAMING_OPAQUE)
		return flow->reply.head & HTTP_REPLY_BAD;
	return flow->reply.phase == FRAMING_HEAD && !flow->reply.status && !flow->outstanding_count;
}

/* What becomes of a packet with bytes or a FIN behind the last request: it is dropped, or both
 * sides are reset. Not before the client has had a while to read all that it has acknowledged
 * (RFC 9112 9.6). */
static __always_inline int request_after_last(struct flow *flow, __u32 now)
{
	if (!request_last_is_answered(flow) || seq_before(flow->client_ack, flow->leg.pod_next) ||
	    seq_before(flow->leg.pod_ack, flow->request.next) ||
	    flow->quiet_next != flow->leg.pod_next) {
		flow->quiet_next = flow->leg.pod_next;
		flow->quiet_since = now;
		return VERDICT_AFTER_LAST;
	}
	return (__s32)(now - flow->quiet_since) < REQUEST_LAST_TICKS
		       ? VERDICT_AFTER_LAST
		       : PASS_ABORT + VERDICT_LAST_NOT_ENDED;
}

#endif
