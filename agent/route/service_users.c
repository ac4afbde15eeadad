/* SPDX-License-Identifier: Apache-2.0 */
#include "service_users.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/dice.h"
#include "table_draft.h"

void service_users_init(struct service_users *users)
{
	*users = (struct service_users){0};
	table_index_init(&users->index);
}

void service_users_done(struct service_users *users)
{
	free(users->users);
	table_index_done(&users->index);
}

/* Two namespaces may have one number: whoever asks compares their names. */
static struct table_index_key service_key(const char *namespace, const char *service)
{
	struct table_index_key key = {.bytes = service, .length = strlen(service)};

	for (; *namespace; namespace ++)
		key.number = dice_mix(key.number + (unsigned char)*namespace);
	return key;
}

static int add_service(struct service_users *users, const struct service_user *user)
{
	struct table_index_key key = service_key(user->route->namespace, user->service);
	size_t first = table_index_find(&users->index, &key), added = users->count;
	int error;

	error = table_draft_reserve(&users->users, &users->capacity, users->count, sizeof(*user));
	if (!error && first == TABLE_INDEX_NONE)
		error = table_index_add(&users->index, &key, added);
	if (error)
		return error;
	users->users[added] = *user;
	users->count++;
	if (first == TABLE_INDEX_NONE)
		return 0;
	users->users[added].next = users->users[first].next;
	users->users[first].next = added;
	return 0;
}

int service_users_add(struct service_users *users, const struct object *route, size_t number)
{
	const struct path_route *content = &route->path_route;
	struct service_user user = {.route = route, .number = number, .next = TABLE_INDEX_NONE};
	int error = 0;

	for (size_t i = 0; i < content->rule_count && !error; i++) {
		for (size_t j = 0; j < content->rules[i].backend_count && !error; j++) {
			user.service = content->rules[i].backends[j].service.service;
			error = add_service(users, &user);
		}
	}
	if (error || !content->default_backend)
		return error;
	user.service = content->default_backend->service.service;
	return add_service(users, &user);
}

static const struct service_user *user_from(const struct service_users *users, size_t at,
					    const char *namespace)
{
	for (; at != TABLE_INDEX_NONE; at = users->users[at].next) {
		if (!strcmp(users->users[at].route->namespace, namespace))
			return &users->users[at];
	}
	return NULL;
}

const struct service_user *service_users_first(const struct service_users *users,
					       const struct changed_service *service)
{
	struct table_index_key key = service_key(service->namespace, service->name);

	return user_from(users, table_index_find(&users->index, &key), service->namespace);
}

const struct service_user *service_users_next(const struct service_users *users,
					      const struct service_user *user)
{
	return user_from(users, user->next, user->route->namespace);
}
