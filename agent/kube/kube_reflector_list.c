/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "../base/cleanup.h"
#include "kube_reflector_parts.h"

static void delete_treep(cJSON **tree)
{
	cJSON_Delete(*tree);
}

static int item_take(struct kube_reflector *reflector, const char *text, size_t length)
{
	const struct kube_reflector_sink *sink = &reflector->options.sink;
	const struct kube_resource *resource = reflector->options.resource;
	_cleanup_(delete_treep) cJSON *object = NULL;
	int error =
		kube_event_parse_item(text, length, resource->api_version, resource->kind, &object);

	if (error == -EINVAL) {
		kube_reflector_skip(reflector, "SyntaxError", "an item of the list is not JSON");
		return 0;
	}
	if (!error)
		sink->upsert(sink->context, object);
	return error;
}

static int metadata_take(struct kube_reflector *reflector, const char *text, size_t length)
{
	struct kube_list_metadata page = {0};
	int error = kube_event_parse_metadata(text, length, &page);

	if (error)
		return error == -EINVAL ? -EPROTO : error;
	free(reflector->page.version);
	free(reflector->page.next);
	reflector->page = page;
	return 0;
}

static int part_take(void *context, enum kube_stream_part part, const char *text, size_t length)
{
	return part == KUBE_STREAM_METADATA ? metadata_take(context, text, length)
					    : item_take(context, text, length);
}

static int page_data(void *context, const char *bytes, size_t length)
{
	return kube_reflector_feed(context, bytes, length);
}

/* The next page, or the watch. */
static void page_accept(struct kube_reflector *reflector)
{
	if (reflector->page.next) {
		kube_reflector_page(reflector);
		return;
	}
	free(reflector->version);
	reflector->version = STEAL(reflector->page.version);
	kube_reflector_listed(reflector);
	kube_reflector_watch(reflector);
}

static void page_done(void *context, const struct kube_reply *reply)
{
	struct kube_reflector *reflector = context;
	bool good = !reply->error && reply->status >= 200 && reply->status < 300;
	char text[KUBE_REPLY_TEXT_MAX];

	reflector->request = NULL;
	good = good && !kube_stream_end(&reflector->stream) && reflector->page.version;
	kube_stream_done(&reflector->stream);
	if (good) {
		page_accept(reflector);
		return;
	}
	/* A page that has expired (410) leads to a new list, like any other failure. */
	kube_reflector_explain(reflector, reply, text);
	kube_reflector_fail(reflector, text, reply->retry_after_s);
}

void kube_reflector_page(struct kube_reflector *reflector)
{
	const struct kube_call call = {.on_data = page_data, .on_done = page_done};
	const struct kube_resource *resource = reflector->options.resource;
	char *query = kube_query_list(resource, reflector->options.namespace, reflector->page.next);

	reflector->phase = KUBE_PHASE_LISTING;
	free(STEAL(reflector->page.next));
	free(STEAL(reflector->page.version));
	reflector->stream = (struct kube_stream){
		.form = KUBE_STREAM_LIST,
		.context = reflector,
		.take = part_take,
	};
	kube_reflector_start(reflector, query, &call);
}
