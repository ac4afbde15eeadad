/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Settings, in .rodata: written by the agent before load, constants to the verifier. */
#ifndef PATHROUTE_CONFIG_H
#define PATHROUTE_CONFIG_H

#include "../datapath_abi.h"

#define TICKS_PER_SECOND 954

const volatile struct datapath_settings settings = {
	.flows = FLOWS_DEFAULT,
	.holds_small = HOLDS_SMALL_DEFAULT,
	.holds_large = HOLDS_LARGE_DEFAULT,
	.source_cap = 256,
	.head_timeout = 30 * TICKS_PER_SECOND,
	.idle_timeout = 7440 * TICKS_PER_SECOND,
	.half_timeout = 600 * TICKS_PER_SECOND,
	.connect_timeout = 60 * TICKS_PER_SECOND,
	.closing_timeout = 10 * TICKS_PER_SECOND,
	.tail_timeout = 2 * TICKS_PER_SECOND,
	.mss_v4 = 1460,
	.mss_v6 = 1440,
	.nat_port_first = NAT_PORT_FIRST_DEFAULT,
	.nat_port_count = NAT_PORT_COUNT_DEFAULT,
};

static __always_inline int deliver_is_chain(void)
{
	return settings.delivery == DELIVERY_CHAIN;
}

#endif
