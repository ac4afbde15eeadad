/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PATHROUTE_LINK_XDP_H
#define PATHROUTE_LINK_XDP_H

#include <stdint.h>

/* The XDP program of a device of this network namespace, in any mode. 0: there is none, or no such
 * device. Asks for this one device; bpf_xdp_query() of libbpf has all of them listed. */
uint32_t link_xdp_program(uint32_t ifindex);

#endif
