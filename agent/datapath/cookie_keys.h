/* SPDX-License-Identifier: Apache-2.0 */
/* The secrets of the SYN cookies, in the map "cookie_keys" (see datapath_abi.h). */
#ifndef PATHROUTE_COOKIE_KEYS_H
#define PATHROUTE_COOKIE_KEYS_H

#include <stdint.h>

/* Gives every key that is still zero a random value. Keys that are there stay: they are in use. */
int cookie_keys_fill(int map_fd);

/* Replaces the key of the slot after next, which no valid cookie carries any more. To be called
 * once in each slot. `now_ns` is CLOCK_MONOTONIC. */
int cookie_keys_rotate(int map_fd, uint64_t now_ns);

/* Milliseconds until the next slot has begun. */
uint64_t cookie_keys_wait_ms(uint64_t now_ns);

#endif
