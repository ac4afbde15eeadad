/* SPDX-License-Identifier: Apache-2.0 */
/* A second search for a rule: by comparing texts with everything there is, without hashes. */
#ifndef PATHROUTE_TEST_REFERENCE_ROUTE_H
#define PATHROUTE_TEST_REFERENCE_ROUTE_H

#include "head_routes.h"
#include "reference_head.h"

/* VERDICT_CONTINUE with the rule, or the verdict. */
enum verdict reference_route_find(const struct head_routes *routes, const uint8_t *bytes,
				  const struct reference_head *head, uint32_t *ret_rule);

#endif
