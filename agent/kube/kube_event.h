/* SPDX-License-Identifier: Apache-2.0 */
/* One event of a watch, and what a list says of itself. Pure. */
#ifndef PATHROUTE_KUBE_EVENT_H
#define PATHROUTE_KUBE_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "kube_reply.h"

struct cJSON;

enum kube_event_type {
	KUBE_EVENT_UPSERT, /* ADDED, MODIFIED */
	KUBE_EVENT_REMOVE, /* DELETED; the object is as it was last */
	KUBE_EVENT_BOOKMARK,
	KUBE_EVENT_ERROR, /* the watch is over */
};

struct kube_event {
	enum kube_event_type type;
	struct cJSON *object; /* never NULL */
	bool initial_end;     /* a bookmark: all objects that exist have come */
	unsigned status;      /* of an ERROR, as of HTTP */
	struct kube_failure failure;
	struct cJSON *tree; /* what holds the object */
};

/* 0; -EINVAL: this is no event, and ret_why (static) says why; -ENOMEM. */
int kube_event_parse(const char *text, size_t length, struct kube_event *ret_event,
		     const char **ret_why);
void kube_event_done(struct kube_event *event);

/* metadata.resourceVersion, the tree's; NULL: none. */
const char *kube_event_version(const struct cJSON *object);

struct kube_list_metadata {
	char *version;
	char *next; /* "continue"; NULL: this was the last page */
};

/* Of a list's "metadata". Same return values; the caller frees the strings. */
int kube_event_parse_metadata(const char *text, size_t length,
			      struct kube_list_metadata *ret_metadata);

/* An item of a list as a tree of its own, which says its kind as an object of a watch does. */
int kube_event_parse_item(const char *text, size_t length, const char *api_version,
			  const char *kind, struct cJSON **ret_object);

#endif
