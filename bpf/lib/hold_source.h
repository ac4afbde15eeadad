/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How many incomplete heads a source, an IPv4 address or an IPv6 /64, has in holds. */
#ifndef PATHROUTE_HOLD_SOURCE_H
#define PATHROUTE_HOLD_SOURCE_H

#include "flow.h"

static __always_inline void hold_source_key(const struct flow *flow, struct source_key *ret_key)
{
	int mapped = !flow_is_ipv6(flow);

	ret_key->prefix[0] = flow->client.word[0];
	ret_key->prefix[1] = flow->client.word[1];
	ret_key->prefix[2] = mapped ? flow->client.word[2] : 0;
	ret_key->prefix[3] = mapped ? flow->client.word[3] : 0;
}

/* Counts one incomplete head for the flow's source. False: the source is at its cap. Entries
 * are never deleted, since a deleted one is used again at once; the map forgets the oldest. */
static __always_inline int hold_count_source(struct flow *flow)
{
	struct source fresh = {};
	struct source_key key;
	struct source *source;

	hold_source_key(flow, &key);
	source = bpf_map_lookup_elem(&sources, &key);
	if (!source) {
		bpf_map_update_elem(&sources, &key, &fresh, BPF_NOEXIST);
		source = bpf_map_lookup_elem(&sources, &key);
	}
	if (!source)
		return 1;
	if ((__s32)source->held >= (__s32)settings.source_cap)
		return 0;
	__sync_fetch_and_add(&source->held, 1);
	flow->progress |= FLOW_COUNTED;
	return 1;
}

static __always_inline void hold_forget_source(struct flow *flow)
{
	struct source_key key;
	struct source *source;

	if (!(flow->progress & FLOW_COUNTED))
		return;
	flow->progress &= ~FLOW_COUNTED;
	hold_source_key(flow, &key);
	source = bpf_map_lookup_elem(&sources, &key);
	if (source && (__s32)source->held > 0)
		__sync_fetch_and_add(&source->held, -1);
}

#endif
