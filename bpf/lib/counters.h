/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Per-CPU counters and the gauges of flow states. */
#ifndef PATHROUTE_COUNTERS_H
#define PATHROUTE_COUNTERS_H

#include "maps.h"

static __always_inline void counters_verdict(__u32 verdict)
{
	__u64 *count = bpf_map_lookup_elem(&verdicts, &verdict);

	if (count)
		(*count)++;
}

/* Of a packet that went no further than XDP; counters_verdict() is called as well. */
static __always_inline void counters_xdp(__u32 verdict)
{
	__u64 *count = bpf_map_lookup_elem(&verdicts_xdp, &verdict);

	if (count)
		(*count)++;
}

static __always_inline struct rule_stats *counters_rule(__u32 rule)
{
	return bpf_map_lookup_elem(&rule_stats, &rule);
}

static __always_inline void counters_state(__u32 state, __s64 change)
{
	__s64 *gauge = bpf_map_lookup_elem(&flow_gauges, &state);

	if (gauge)
		*gauge += change;
}

#endif
