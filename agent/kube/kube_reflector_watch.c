/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "../base/clock.h"
#include "kube_reflector_parts.h"

#define HTTP_BAD_REQUEST 400
#define HTTP_NOT_ACCEPTABLE 406
#define HTTP_METHOD_NOT_ALLOWED 405
#define HTTP_GONE 410
#define HTTP_UNPROCESSABLE 422
#define REFUSALS_MAX 3      /* of watches, then the list is asked for again */
#define QUIET_MAX 10        /* watches by which nothing came, then, too */
#define SHORT_WATCH_MS 1000 /* one that ends within is a failure */
#define GRACE_S 30          /* for the server to end a watch as it was asked to */

static int version_take(struct kube_reflector *reflector, const struct cJSON *object)
{
	const char *version = kube_event_version(object);
	char *copy;

	if (!version)
		return 0;
	copy = strdup(version);
	if (!copy)
		return -ENOMEM;
	free(reflector->version);
	reflector->version = copy;
	return 0;
}

static void initial_end_take(struct kube_reflector *reflector, const struct kube_event *event)
{
	if (!event->initial_end || reflector->phase != KUBE_PHASE_STREAMING)
		return;
	reflector->phase = KUBE_PHASE_WATCHING;
	kube_reflector_listed(reflector);
}

static int error_take(struct kube_reflector *reflector, const struct kube_event *event)
{
	reflector->ending_set = true;
	reflector->ending_status = event->status;
	reflector->ending = event->failure;
	return -ECANCELED;
}

static int event_apply(struct kube_reflector *reflector, const struct kube_event *event)
{
	const struct kube_reflector_sink *sink = &reflector->options.sink;

	if (event->type == KUBE_EVENT_ERROR)
		return error_take(reflector, event);
	kube_reflector_heard(reflector);
	if (event->type == KUBE_EVENT_UPSERT)
		sink->upsert(sink->context, event->object);
	else if (event->type == KUBE_EVENT_REMOVE)
		sink->remove(sink->context, event->object);
	else
		initial_end_take(reflector, event);
	return version_take(reflector, event->object);
}

static int event_take(void *context, enum kube_stream_part part, const char *text, size_t length)
{
	struct kube_reflector *reflector = context;
	struct kube_event event;
	const char *why;
	int error = kube_event_parse(text, length, &event, &why);

	(void)part;
	if (error == -EINVAL)
		kube_reflector_skip(reflector, "SyntaxError", why);
	if (error)
		return error == -EINVAL ? 0 : error;
	error = event_apply(reflector, &event);
	kube_event_done(&event);
	return error;
}

static void watch_begin(void *context)
{
	kube_reflector_begun(context);
}

static int watch_data(void *context, const char *bytes, size_t length)
{
	return kube_reflector_feed(context, bytes, length);
}

static enum kube_watch_end end_of_status(unsigned status, const char *reason)
{
	bool gone = status == HTTP_GONE || !strcmp(reason, "Expired") || !strcmp(reason, "Gone");

	return gone ? KUBE_WATCH_EXPIRED : KUBE_WATCH_REFUSED;
}

static enum kube_watch_end end_of(const struct kube_reflector *reflector,
				  const struct kube_reply *reply)
{
	if (reflector->ending_set)
		return end_of_status(reflector->ending_status, reflector->ending.reason);
	if (reply->error)
		return reply->error == -ETIMEDOUT ? KUBE_WATCH_SILENT : KUBE_WATCH_BROKEN;
	if (reply->status < 200 || reply->status >= 300)
		return end_of_status(reply->status, reply->reason);
	return kube_stream_end(&reflector->stream) ? KUBE_WATCH_BROKEN : KUBE_WATCH_ENDED;
}

/* A server that does not know such a list says so by a status, or by an event when it only finds
 * out later (its storage lacks something); an old one just never says that all have come. */
static bool cannot_stream(const struct kube_reflector *reflector, enum kube_watch_end end,
			  const struct kube_reply *reply)
{
	if (reflector->phase != KUBE_PHASE_STREAMING)
		return false;
	if (end == KUBE_WATCH_ENDED || (end == KUBE_WATCH_SILENT && reply->status))
		return true;
	return end == KUBE_WATCH_REFUSED &&
	       (reflector->ending_set || reply->status == HTTP_BAD_REQUEST ||
		reply->status == HTTP_METHOD_NOT_ALLOWED || reply->status == HTTP_NOT_ACCEPTABLE ||
		reply->status == HTTP_UNPROCESSABLE);
}

static void watch_fail(struct kube_reflector *reflector, enum kube_watch_end end,
		       const struct kube_reply *reply)
{
	unsigned retry_after_s = reply->retry_after_s;
	char text[KUBE_REPLY_TEXT_MAX];

	if (end == KUBE_WATCH_REFUSED && ++reflector->refusals >= REFUSALS_MAX)
		reflector->list_due = true;
	if (end == KUBE_WATCH_EXPIRED) {
		/* The server is there again, whatever failed before; but a list that is too old as
		 * soon as it has come is not to be asked for once a second. */
		if (!reflector->expired)
			kube_backoff_reset(&reflector->backoff);
		reflector->list_due = reflector->expired = true;
	}
	if (reflector->ending_set) {
		snprintf(text, sizeof(text), "%s", reflector->ending.text);
		retry_after_s = reflector->ending.retry_after_s;
	} else if (end == KUBE_WATCH_ENDED) {
		snprintf(text, sizeof(text), "the server ends it at once");
	} else {
		kube_reflector_explain(reflector, reply, text);
	}
	kube_reflector_fail(reflector, text, retry_after_s);
}

/* Nothing is wrong with a kind that does not change. But a server whose store went back to a backup
 * is silent as well, until it comes to our version again. */
static void watch_again(struct kube_reflector *reflector)
{
	if (reflector->heard || ++reflector->quiet < QUIET_MAX)
		kube_reflector_watch(reflector);
	else
		kube_reflector_list(reflector);
}

static void watch_done(void *context, const struct kube_reply *reply)
{
	struct kube_reflector *reflector = context;
	enum kube_watch_end end = end_of(reflector, reply);
	bool lasted = reflector->heard || clock_ms() - reflector->begun_ms >= SHORT_WATCH_MS;
	bool good = end == KUBE_WATCH_ENDED || (end == KUBE_WATCH_SILENT && reply->status);

	reflector->request = NULL;
	reflector->state.ends[end]++;
	kube_stream_done(&reflector->stream);
	if (cannot_stream(reflector, end, reply)) {
		reflector->paged = true;
		kube_reflector_list(reflector);
	} else if (good && lasted && !reflector->list_due) {
		watch_again(reflector);
	} else {
		watch_fail(reflector, end, reply);
	}
}

static unsigned watch_timeout_s(void)
{
	unsigned span = KUBE_REFLECTOR_WATCH_MOST_S - KUBE_REFLECTOR_WATCH_LEAST_S;

	return KUBE_REFLECTOR_WATCH_LEAST_S + (unsigned)(kube_backoff_random() % (span + 1));
}

static void watch_start(struct kube_reflector *reflector, char *query, unsigned timeout_s)
{
	const struct kube_call call = {
		.timeout_s = timeout_s + GRACE_S,
		.on_begin = watch_begin,
		.on_data = watch_data,
		.on_done = watch_done,
	};

	reflector->stream = (struct kube_stream){
		.form = KUBE_STREAM_EVENTS,
		.context = reflector,
		.take = event_take,
	};
	kube_reflector_start(reflector, query, &call);
}

void kube_reflector_stream(struct kube_reflector *reflector)
{
	const struct kube_reflector_options *options = &reflector->options;
	unsigned timeout_s = watch_timeout_s();

	reflector->phase = KUBE_PHASE_STREAMING;
	watch_start(reflector, kube_query_stream(options->resource, options->namespace, timeout_s),
		    timeout_s);
}

void kube_reflector_watch(struct kube_reflector *reflector)
{
	const struct kube_reflector_options *options = &reflector->options;
	unsigned timeout_s = watch_timeout_s();

	reflector->phase = KUBE_PHASE_WATCHING;
	watch_start(reflector,
		    kube_query_watch(options->resource, options->namespace,
				     reflector->version ? reflector->version : "0", timeout_s),
		    timeout_s);
}
