/* SPDX-License-Identifier: Apache-2.0 */
/* Which routes send requests to a Service. Routes are numbers of the owner's. */
#ifndef PATHROUTE_SERVICE_USERS_H
#define PATHROUTE_SERVICE_USERS_H

#include "object.h"
#include "store_changes.h"
#include "table_index.h"

struct service_user {
	const struct object *route;
	size_t number;       /* of the route */
	const char *service; /* in the route's namespace */
	size_t next;         /* of the same Service; TABLE_INDEX_NONE: there is no other */
};

struct service_users {
	struct table_index index; /* from a Service to its first user */
	struct service_user *users;
	size_t count;
	size_t capacity;
};

void service_users_init(struct service_users *users);
/* Accepts a zeroed struct. */
void service_users_done(struct service_users *users);

/* Adds all backends of a PathRoute, which must outlive the struct. 0 or -ENOMEM. */
int service_users_add(struct service_users *users, const struct object *route, size_t number);

/* NULL: no more. A route comes once for each of its backends. */
const struct service_user *service_users_first(const struct service_users *users,
					       const struct changed_service *service);
const struct service_user *service_users_next(const struct service_users *users,
					      const struct service_user *user);

#endif
