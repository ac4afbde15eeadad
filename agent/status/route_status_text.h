/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the status of a PathRoute must say, and the patch that makes it say so. Pure.
 *
 * A route whose present generation was refused keeps the conditions of the one that is in force:
 * each condition carries the generation it speaks of.
 */
#ifndef PATHROUTE_ROUTE_STATUS_TEXT_H
#define PATHROUTE_ROUTE_STATUS_TEXT_H

#include "../base/rejection.h"
#include "../route/route_report.h"
#include "../route/route_status_mark.h"

struct status_facts {
	int64_t generation;               /* of the object now */
	const struct route_status *route; /* what is in force; NULL: nothing of it */
	const struct rejection *refused;  /* why this generation was refused; NULL: it was not */
	uint32_t rules;                   /* of the last generation that was understood */
	uint32_t desired;                 /* nodes */
	uint32_t programmed;              /* of them, with this generation */
};

struct status_condition {
	enum status_state state;
	int64_t observed_generation;
	const char *reason;
	const char *message;
	char since[API_TIME_MAX];
};

/* Texts belong to the facts, or to nobody. */
struct status_wish {
	int64_t observed_generation;
	uint32_t rules;
	uint32_t desired;
	uint32_t programmed;
	char nodes_text[32];
	struct status_condition conditions[STATUS_CONDITION_COUNT];
};

enum status_difference {
	STATUS_SAME,
	STATUS_COUNTS, /* only numbers of nodes */
	STATUS_OTHER,
};

/* `now` is that of conditions that change their state; others keep the time that `seen` has. */
void status_wish_make(const struct status_facts *facts, const struct route_status_mark *seen,
		      const char *now, struct status_wish *ret_wish);

enum status_difference status_wish_compare(const struct status_wish *wish,
					   const struct route_status_mark *seen);

/* The mark of an object that says what was wished; the version stays as it is. */
void status_wish_mark(const struct status_wish *wish, struct route_status_mark *mark);

/* A JSON merge patch, which fails if the object is another than that of `version`. The caller frees
 * the text. NULL: no memory. */
char *status_wish_encode(const struct status_wish *wish, const char *version);

#endif
