/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_reflector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "../base/clock.h"
#include "kube_reflector_parts.h"

#define HTTP_NOT_FOUND 404
#define SETTLED_MS 1000 /* an ERROR event would have come by now */

const char *kube_watch_end_word(enum kube_watch_end end)
{
	static const char *const words[KUBE_WATCH_END_COUNT] = {
		[KUBE_WATCH_ENDED] = "ended",     [KUBE_WATCH_EXPIRED] = "expired",
		[KUBE_WATCH_SILENT] = "silent",   [KUBE_WATCH_BROKEN] = "broken",
		[KUBE_WATCH_REFUSED] = "refused",
	};

	return words[end];
}

static void request_forget(struct kube_reflector *reflector)
{
	kube_request_cancel(STEAL(reflector->request));
	kube_stream_done(&reflector->stream);
}

void kube_reflector_start(struct kube_reflector *reflector, char *query,
			  const struct kube_call *call)
{
	struct kube_call whole = *call;
	int error = -ENOMEM;

	reflector->begun_ms = clock_ms();
	reflector->skips_told = 0;
	reflector->heard = reflector->ending_set = false;
	whole.method = "GET";
	whole.path = query;
	whole.context = reflector;
	whole.idle_timeout_s = KUBE_REFLECTOR_SILENCE_S;
	if (query)
		error = kube_client_start(reflector->client, &whole, &reflector->request);
	free(query);
	if (error)
		kube_reflector_fail(reflector, strerrordesc_np(-error), 0);
}

void kube_reflector_list(struct kube_reflector *reflector)
{
	const struct kube_reflector_sink *sink = &reflector->options.sink;

	/* Until it has ended, there is no version to follow changes from. */
	reflector->list_due = reflector->whole = true;
	sink->begin(sink->context);
	free(STEAL(reflector->page.next));
	if (reflector->paged)
		kube_reflector_page(reflector);
	else
		kube_reflector_stream(reflector);
}

static void report(struct kube_reflector *reflector, const char *text)
{
	const struct kube_reflector_sink *sink = &reflector->options.sink;

	if (!reflector->failing && *reflector->told)
		return;
	sink->report(sink->context, false, text);
	reflector->failing = false;
	/* The same failure is news again. */
	snprintf(reflector->told, sizeof(reflector->told), "%s", text);
}

void kube_reflector_listed(struct kube_reflector *reflector)
{
	const struct kube_reflector_sink *sink = &reflector->options.sink;
	char text[128];

	reflector->list_due = false;
	reflector->state.synced = true;
	reflector->state.lists++;
	reflector->refusals = reflector->quiet = 0;
	if (!reflector->expired)
		kube_backoff_reset(&reflector->backoff);
	sink->end(sink->context, reflector->whole);
	snprintf(text, sizeof(text), "%s: all listed, following changes",
		 reflector->options.resource->name);
	report(reflector, text);
}

static void recover(struct kube_reflector *reflector)
{
	char text[128];

	reflector->hurried = false;
	snprintf(text, sizeof(text), "%s: following changes again",
		 reflector->options.resource->name);
	if (reflector->failing)
		report(reflector, text);
}

void kube_reflector_heard(struct kube_reflector *reflector)
{
	reflector->heard = true;
	if (reflector->phase != KUBE_PHASE_WATCHING)
		return;
	reflector->expired = false;
	reflector->refusals = reflector->quiet = 0;
	kube_backoff_reset(&reflector->backoff);
	recover(reflector);
}

void kube_reflector_begun(struct kube_reflector *reflector)
{
	reflector->contact_ms = clock_ms();
	if (reflector->failing)
		event_timer_arm(reflector->timer, SETTLED_MS, 0);
}

/* Only once until something has come: a server that comes and goes is not asked each time. */
static void replies_again(void *context)
{
	struct kube_reflector *reflector = context;

	if (!reflector->failing || reflector->phase != KUBE_PHASE_WAITING || reflector->hurried)
		return;
	reflector->hurried = true;
	kube_backoff_reset(&reflector->backoff);
	event_timer_arm(reflector->timer,
			kube_backoff_next(&reflector->backoff, 0, kube_backoff_random()), 0);
}

static void due(void *context)
{
	struct kube_reflector *reflector = context;

	if (reflector->phase == KUBE_PHASE_WATCHING)
		recover(reflector);
	else if (reflector->phase == KUBE_PHASE_WAITING && reflector->list_due)
		kube_reflector_list(reflector);
	else if (reflector->phase == KUBE_PHASE_WAITING)
		kube_reflector_watch(reflector);
}

void kube_reflector_fail(struct kube_reflector *reflector, const char *text, unsigned retry_after_s)
{
	const struct kube_reflector_sink *sink = &reflector->options.sink;
	bool watching = reflector->phase == KUBE_PHASE_WATCHING;
	char line[KUBE_REPLY_TEXT_MAX];
	uint64_t wait_ms =
		kube_backoff_next(&reflector->backoff, retry_after_s, kube_backoff_random());

	snprintf(line, sizeof(line), "%s: %s: %.400s; trying again",
		 reflector->options.resource->name, watching ? "watch lost" : "cannot be listed",
		 text);
	if (strcmp(line, reflector->told))
		sink->report(sink->context, true, line);
	snprintf(reflector->told, sizeof(reflector->told), "%s", line);
	reflector->failing = true;
	reflector->phase = KUBE_PHASE_WAITING;
	event_timer_arm(reflector->timer, wait_ms, 0);
}

void kube_reflector_explain(const struct kube_reflector *reflector, const struct kube_reply *reply,
			    char text[KUBE_REPLY_TEXT_MAX])
{
	const struct kube_resource *resource = reflector->options.resource;

	if (!reply->error && reply->status == HTTP_NOT_FOUND)
		snprintf(text, KUBE_REPLY_TEXT_MAX,
			 "the server knows no %s (is its definition applied?)",
			 resource->api_version);
	else
		snprintf(text, KUBE_REPLY_TEXT_MAX, "%s",
			 *reply->text ? reply->text : "the reply makes no sense");
}

void kube_reflector_skip(struct kube_reflector *reflector, const char *reason, const char *message)
{
	const struct kube_reflector_sink *sink = &reflector->options.sink;

	reflector->whole = false;
	reflector->state.skipped++;
	sink->skip(sink->context, reason, message);
}

int kube_reflector_feed(struct kube_reflector *reflector, const char *bytes, size_t length)
{
	int error;

	reflector->contact_ms = clock_ms();
	error = kube_stream_feed(&reflector->stream, bytes, length);
	while (reflector->skips_told < reflector->stream.skipped) {
		reflector->skips_told++;
		kube_reflector_skip(reflector, "TooLarge",
				    "an object has more than 2 MiB or 64 levels");
	}
	return error;
}

void kube_reflector_relist(struct kube_reflector *reflector)
{
	request_forget(reflector);
	event_timer_disarm(reflector->timer);
	kube_reflector_list(reflector);
}

struct kube_reflector_state kube_reflector_get(const struct kube_reflector *reflector)
{
	struct kube_reflector_state state = reflector->state;

	state.name = reflector->options.resource->name;
	state.age_ms = clock_ms() - reflector->contact_ms;
	state.stale = state.age_ms > KUBE_REFLECTOR_STALE_MS;
	return state;
}

void kube_reflector_free(struct kube_reflector *reflector)
{
	if (!reflector)
		return;
	request_forget(reflector);
	kube_client_wait_end(reflector->client, &reflector->waiter);
	event_timer_free(reflector->timer);
	free(reflector->version);
	free(reflector->page.version);
	free(reflector->page.next);
	free(reflector);
}

int kube_reflector_new(struct event_loop *loop, struct kube_client *client,
		       const struct kube_reflector_options *options,
		       struct kube_reflector **ret_reflector)
{
	_cleanup_free_ struct kube_reflector *reflector = calloc(1, sizeof(*reflector));
	int error;

	if (!reflector)
		return -ENOMEM;
	reflector->client = client;
	reflector->options = *options;
	reflector->list_due = true;
	reflector->contact_ms = clock_ms();
	error = event_timer_new(loop, due, reflector, &reflector->timer);
	if (error)
		return error;
	reflector->waiter = (struct kube_client_waiter){
		.context = reflector,
		.replies_again = replies_again,
	};
	kube_client_wait(client, &reflector->waiter);
	*ret_reflector = STEAL(reflector);
	return 0;
}
