/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maglev hashing (Eisenbud et al., NSDI 2016, section 3.4): a table in which every endpoint holds
 * nearly the same number of places, and in which few places change hands when an endpoint goes.
 * The table depends only on the set of seeds, so all nodes compute the same one.
 */
#ifndef PATHROUTE_MAGLEV_H
#define PATHROUTE_MAGLEV_H

#include <stddef.h>
#include <stdint.h>

/* Places of the table for `count` endpoints: a prime, at least 64 for each up to 1,000 endpoints;
 * 1 for one endpoint, 0 for none. */
uint32_t maglev_size(size_t count);

/* Fills ret_places[0..size-1] with positions in `seeds`. A seed stands for an endpoint's identity;
 * equal seeds are allowed. Returns 0 or -ENOMEM. */
int maglev_fill(const uint64_t *seeds, size_t count, uint32_t size, uint32_t *ret_places);

#endif
