/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses under which others reach this node. */
#ifndef PATHROUTE_NODE_ADDRESSES_H
#define PATHROUTE_NODE_ADDRESSES_H

#include <stddef.h>

#include "../bpf/datapath_abi.h"

/* All IPv4 and IPv6 addresses of the network namespace except loopback and link-local ones. The
 * caller frees *ret_addresses. Returns 0 or a negative errno. */
int node_addresses_list(struct ip_address **ret_addresses, size_t *ret_count);

#endif
