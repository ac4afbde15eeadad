/* SPDX-License-Identifier: Apache-2.0 */
#include "daemonset_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "../base/cleanup.h"
#include "kube_reflector.h"

#define NOT_FOUND 404

/* Names of objects have up to 253 bytes (RFC 1123), those of namespaces up to 63. */
#define SELECTOR_MAX 300
#define PATH_MAX_LENGTH 400

struct daemonset_watch {
	struct daemonset_watch_options options;
	struct kube_resource resource;
	char selector[SELECTOR_MAX];
	char uid[DAEMONSET_UID_MAX];
	struct kube_reflector *reflector;
	struct kube_request *request;
	bool seen;    /* at any time */
	bool present; /* and not being deleted */
	bool listed;  /* by the list that goes on */
	uint32_t nodes;
};

static void presence_set(struct daemonset_watch *watch, bool present)
{
	bool is_news = present != watch->present;

	watch->present = present;
	if (is_news)
		watch->options.report(watch->options.context, false,
				      present ? "found, its deletion is an uninstall" : "deleted");
}

static void nodes_set(struct daemonset_watch *watch, uint32_t nodes)
{
	if (nodes == watch->nodes)
		return;
	watch->nodes = nodes;
	watch->options.nodes_changed(watch->options.context);
}

static uint32_t nodes_decode(const cJSON *object)
{
	const cJSON *status = cJSON_GetObjectItemCaseSensitive(object, "status");
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(status, "desiredNumberScheduled");
	double value = cJSON_IsNumber(number) ? number->valuedouble : 0;

	return value > 0 && value <= INT32_MAX ? (uint32_t)value : 0;
}

static void uid_take(struct daemonset_watch *watch, const cJSON *metadata)
{
	const char *uid = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metadata, "uid"));

	if (!uid || strlen(uid) >= sizeof(watch->uid) || !strcmp(uid, watch->uid))
		return;
	snprintf(watch->uid, sizeof(watch->uid), "%s", uid);
	watch->options.identified(watch->options.context, watch->uid);
}

static void object_take(struct daemonset_watch *watch, const cJSON *object)
{
	const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(object, "metadata");

	uid_take(watch, metadata);
	/* With foreground deletion the object is there until its last pod is gone. */
	presence_set(watch, !cJSON_HasObjectItem(metadata, "deletionTimestamp"));
	watch->seen = true;
	nodes_set(watch, nodes_decode(object));
}

static void gone(struct daemonset_watch *watch)
{
	presence_set(watch, false);
	nodes_set(watch, 0);
}

static void list_begin(void *context)
{
	struct daemonset_watch *watch = context;

	watch->listed = false;
}

static void list_upsert(void *context, const struct cJSON *object)
{
	struct daemonset_watch *watch = context;

	watch->listed = true;
	object_take(watch, object);
}

static void list_remove(void *context, const struct cJSON *object)
{
	struct daemonset_watch *watch = context;

	(void)object;
	gone(watch);
}

static void list_skip(void *context, const char *reason, const char *message)
{
	(void)context, (void)reason, (void)message;
}

static void list_end(void *context, bool whole)
{
	struct daemonset_watch *watch = context;

	if (!whole || watch->listed)
		return;
	gone(watch);
	if (!watch->seen)
		watch->options.report(watch->options.context, true,
				      "there is none of this name: an uninstall will not be seen");
}

static void reflector_report(void *context, bool failing, const char *text)
{
	struct daemonset_watch *watch = context;

	watch->options.report(watch->options.context, failing, text);
}

static int reflector_start(struct daemonset_watch *watch)
{
	const struct kube_reflector_options wanted = {
		.resource = &watch->resource,
		.namespace = watch->options.namespace,
		.sink =
			{
				.context = watch,
				.begin = list_begin,
				.upsert = list_upsert,
				.remove = list_remove,
				.skip = list_skip,
				.end = list_end,
				.report = reflector_report,
			},
	};
	int error;

	snprintf(watch->selector, sizeof(watch->selector), "metadata.name=%s", watch->options.name);
	watch->resource = (struct kube_resource){
		.name = "daemonsets",
		.kind = "DaemonSet",
		.api_version = "apps/v1",
		.fields = watch->selector,
	};
	error = kube_reflector_new(watch->options.loop, watch->options.client, &wanted,
				   &watch->reflector);
	if (!error)
		kube_reflector_relist(watch->reflector);
	return error;
}

int daemonset_watch_new(const struct daemonset_watch_options *options,
			struct daemonset_watch **ret_watch)
{
	struct daemonset_watch *watch = calloc(1, sizeof(*watch));
	int error;

	if (!watch)
		return -ENOMEM;
	watch->options = *options;
	error = reflector_start(watch);
	if (error)
		daemonset_watch_free(watch);
	else
		*ret_watch = watch;
	return error;
}

void daemonset_watch_free(struct daemonset_watch *watch)
{
	if (!watch)
		return;
	kube_request_cancel(watch->request);
	kube_reflector_free(watch->reflector);
	free(watch);
}

static void reply_take(struct daemonset_watch *watch, const struct kube_reply *reply)
{
	cJSON *tree;

	if (reply->error)
		return;
	if (reply->status == NOT_FOUND)
		gone(watch);
	if (reply->status / 100 != 2)
		return;
	tree = cJSON_ParseWithLength(reply->body, reply->length);
	if (tree)
		object_take(watch, tree);
	cJSON_Delete(tree);
}

static void asked(void *context, const struct kube_reply *reply)
{
	struct daemonset_watch *watch = context;

	watch->request = NULL;
	reply_take(watch, reply);
	watch->options.answered(watch->options.context);
}

int daemonset_watch_ask(struct daemonset_watch *watch)
{
	char path[PATH_MAX_LENGTH];
	const struct kube_call call = {
		.method = "GET",
		.path = path,
		.timeout_s = DAEMONSET_ASK_S,
		.context = watch,
		.on_done = asked,
	};

	if (watch->request)
		return -EALREADY;
	snprintf(path, sizeof(path), "/apis/apps/v1/namespaces/%s/daemonsets/%s",
		 watch->options.namespace, watch->options.name);
	return kube_client_start(watch->options.client, &call, &watch->request);
}

uint32_t daemonset_watch_nodes(const struct daemonset_watch *watch)
{
	return watch->nodes;
}

bool daemonset_watch_is_deleted(const struct daemonset_watch *watch)
{
	return watch->seen && !watch->present;
}
