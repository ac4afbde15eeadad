/* SPDX-License-Identifier: Apache-2.0 */
/* The devices that the default routes of the network namespace lead to, from rtnetlink. */
#ifndef PATHROUTE_DEFAULT_ROUTES_H
#define PATHROUTE_DEFAULT_ROUTES_H

#include <stddef.h>
#include <stdint.h>

/* The ifindex of each nexthop of each default route of any table, IPv4 and IPv6; one may be there
 * more than once. The caller frees *ret_devices. Returns 0 or a negative errno. */
int default_routes_list(uint32_t **ret_devices, size_t *ret_count);

#endif
