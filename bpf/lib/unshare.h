/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is read of a packet must be what its receiver reads. */
#ifndef PATHROUTE_UNSHARE_H
#define PATHROUTE_UNSHARE_H

#include "maps.h"
#include "scratch.h"
#include "source.h"

/* A sender on this node may lend pages of its memory to a packet (sendfile), and change them until
 * the pod reads them there: what will be read is copied. Negative: it could not be done. */
__noinline int unshare(struct packet_context *ctx, struct scratch *s, __u32 ifindex)
{
	struct device *device = bpf_map_lookup_elem(&devices, &ifindex);

	if (!s)
		return -1;
	if (source_is_uplink(device) && !s->packet.egress)
		return 0;
	return bpf_skb_pull_data(ctx, s->packet.payload + s->packet.length);
}

#endif
