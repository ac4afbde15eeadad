/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares what the pinned maps really hold with a route table, and writes nothing: reads the maps
 * as a new agent would, plans what it would have to write, and tells it in words.
 */
#ifndef PATHROUTE_ROUTE_AUDIT_H
#define PATHROUTE_ROUTE_AUDIT_H

#include <stddef.h>

#include "../route/route_table.h"
#include "report.h"

#define AUDIT_NAME_MAX 1024
#define AUDIT_TOLD_MAX 1000 /* differences told one by one; all are counted */

enum audit_finding {
	AUDIT_MISSING,   /* in the table, not in the maps */
	AUDIT_EXTRA,     /* in the maps, not in the table */
	AUDIT_DIFFERENT, /* in both, not the same */
};

/* Good during the call only. */
struct audit_difference {
	enum audit_finding finding;
	const char *kind; /* "listener", "host", "path", "rule", "endpoint", "port" */
	const char *name; /* "10.96.0.1:80", "shop.example.com/api/", "shop/web/api" ... */
	const char
		*detail; /* what is different: "endpoints (IPv4)"; "" if there is nothing to add */
};

struct audit_sink {
	void *context;
	void (*tell)(void *context, const struct audit_difference *difference);
	const struct report_sink *report; /* for what contradicts itself in the maps */
};

/*
 * *ret_count: how many differences there are. 0; -ENOSPC or -EAGAIN: the table does not fit into
 * the maps; -ENOENT: there are no maps; or another negative errno.
 */
int route_audit_run(const char *directory, const struct route_table *table,
		    const struct audit_sink *sink, size_t *ret_count);

/* "missing", "unexpected", "different". */
const char *route_audit_word(enum audit_finding finding);

#endif
