/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a trace step by step, or gathers it as JSON. */
#ifndef PATHROUTE_CTL_TRACE_SHOW_H
#define PATHROUTE_CTL_TRACE_SHOW_H

#include "snapshot.h"
#include "trace_find.h"
#include "trace_request.h"

struct trace_show {
	const struct snapshot *snapshot;
	const struct trace_words *words;
	struct hold_large *hold;
	enum verdict verdict;                /* of the head */
	cJSON *json;                         /* NULL: a text for people */
	cJSON *results;                      /* inside of `json` */
	size_t first_listener, end_listener; /* in the snapshot: those with the table in question */
};

void trace_show_request(struct trace_show *show);

/* For each table. */
void trace_show_result(struct trace_show *show, const struct trace_result *result);

/* Prints the JSON. */
void trace_show_end(struct trace_show *show);

#endif
