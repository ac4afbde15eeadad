/* SPDX-License-Identifier: Apache-2.0 */
/* Where a rule sends requests: its weighted groups with their endpoints, or a redirect. */
#ifndef PATHROUTE_CTL_TARGET_H
#define PATHROUTE_CTL_TARGET_H

#include <cjson/cJSON.h>

#include "snapshot.h"

struct target_group {
	uint32_t weight;
	bool missing;                              /* the Service or its port does not exist */
	const struct endpoint_reading **endpoints; /* of both families, each once, sorted */
	size_t endpoint_count;
};

struct target {
	struct rule rule;
	struct target_group groups[ROUTE_GROUPS_MAX];
	size_t group_count;
	uint32_t total_weight;
	size_t endpoint_count; /* of all groups */
	char redirect[600];    /* "301 https://host/path" */
};

/* False: the rule is not in use. */
bool target_take(const struct snapshot *snapshot, uint32_t rule, struct target *ret_target);

void target_done(struct target *target);

/* "2 backends, 5 endpoints", "redirect 301 /new"; returns ret_text. */
const char *target_summary(const struct target *target, char ret_text[640]);

/* {"algorithm", "groups": [{"weight", "missing", "endpoints": [...]}]} or {"redirect"}. */
cJSON *target_json(const struct target *target);

#endif
