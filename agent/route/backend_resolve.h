/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a backend of a rule to the pods that get its requests: per address family those that are
 * ready and, by their hints, meant for this node; if none is ready, those that still serve while
 * they terminate.
 */
#ifndef PATHROUTE_BACKEND_RESOLVE_H
#define PATHROUTE_BACKEND_RESOLVE_H

#include "rule_resolve.h"

/*
 * The group's endpoints are ordered, each is there once. A Service or port that does not exist
 * sets group->missing and fails the condition. The caller releases the group with
 * table_group_done(). 0 or -ENOMEM.
 */
int backend_resolve(const struct rule_source *source, const struct route_backend *backend,
		    struct route_condition *condition, struct table_group *ret_group);

#endif
