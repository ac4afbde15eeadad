/* SPDX-License-Identifier: Apache-2.0 */
/* The objects that an audit is given: from a directory, files and the standard input. */
#ifndef PATHROUTE_CTL_AUDIT_OBJECTS_H
#define PATHROUTE_CTL_AUDIT_OBJECTS_H

#include "../agent/route/route_store.h"
#include "arguments.h"

/* Fills the store. An exit status; what is wrong was complained of. */
int audit_objects_read(const struct arguments *arguments, struct route_store *store);

#endif
