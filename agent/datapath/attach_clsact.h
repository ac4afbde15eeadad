/* SPDX-License-Identifier: Apache-2.0 */
/* A filter of the clsact qdisc, known by its handle and its program's name. */
#ifndef PATHROUTE_ATTACH_CLSACT_H
#define PATHROUTE_ATTACH_CLSACT_H

#include <stdbool.h>
#include <stdint.h>

#include "attach_filters.h"

/* With the lowest priority number (they run in that order) that has room beside the filters of
 * others. -EBUSY: none has. */
int attach_clsact(const struct attach_point *point);

/* Removes our filter; the qdisc stays, since others may use it. 0 also when there was none. */
int attach_clsact_remove(uint32_t ifindex, enum attach_hook hook);

bool attach_clsact_is_ours(const struct attach_filter *filter);

#endif
