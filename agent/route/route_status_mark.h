/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the status of a PathRoute in the API server says, in as little room as tells whether it must
 * be written again: texts as hashes. Values.
 */
#ifndef PATHROUTE_ROUTE_STATUS_MARK_H
#define PATHROUTE_ROUTE_STATUS_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/api_time.h"

#define STATUS_VERSION_MAX 64

enum status_condition_type {
	STATUS_ACCEPTED,
	STATUS_RESOLVED_REFS,
	STATUS_PROGRAMMED,
	STATUS_READY,
	STATUS_CONDITION_COUNT
};

enum status_state { STATUS_ABSENT, STATUS_TRUE, STATUS_FALSE, STATUS_UNKNOWN };

struct status_condition_mark {
	enum status_state state;
	int64_t observed_generation;
	uint64_t text;            /* status_text_hash() */
	char since[API_TIME_MAX]; /* lastTransitionTime; "": none */
};

struct route_status_mark {
	char resource_version[STATUS_VERSION_MAX]; /* of the object; "": not from an API server */
	int64_t observed_generation;
	uint32_t rules;
	uint32_t desired;
	uint32_t programmed;
	struct status_condition_mark conditions[STATUS_CONDITION_COUNT];
};

/* "Accepted", "ResolvedRefs", "Programmed", "Ready". */
const char *status_condition_name(enum status_condition_type type);

uint64_t status_text_hash(const char *reason, const char *message);

struct json_value;

/* Of a whole object; what is broken in its status counts as absent. */
void route_status_mark_decode(const struct json_value *object, struct route_status_mark *ret_mark);

#endif
