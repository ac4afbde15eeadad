/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PATHROUTE_XDP_FEATURES_H
#define PATHROUTE_XDP_FEATURES_H

#include <stdint.h>

#define XDP_FEATURE_BASIC 1 /* the driver runs programs itself (Documentation/netlink, netdev) */

/* What a device of this network namespace can do with XDP, as its driver says: XDP_FEATURE_*.
 * Returns 0, -ENOENT where the kernel does not tell (before Linux 6.3), -ENODEV, or another
 * error. */
int xdp_features_read(uint32_t ifindex, uint64_t *ret_features);

#endif
