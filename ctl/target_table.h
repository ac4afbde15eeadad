/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints of rules as a table for people. */
#ifndef PATHROUTE_CTL_TARGET_TABLE_H
#define PATHROUTE_CTL_TARGET_TABLE_H

#include "table.h"
#include "target.h"

struct table *target_table_new(void);

/* One row for each endpoint, and for each backend without one; none for a redirect. */
void target_table_add(struct table *table, const char *rule, const struct target *target);

#endif
