/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "../base/clock.h"
#include "kube_client_parts.h"
#include "kube_config.h"

#define HTTP_UNAUTHORIZED 401

static void request_unlink(struct kube_request *request)
{
	struct kube_request **link = &request->client->requests;

	while (*link != request)
		link = &(*link)->next;
	*link = request->next;
}

static void request_drop(struct kube_request *request)
{
	request_unlink(request);
	curl_multi_remove_handle(request->client->multi, request->easy);
	kube_transfer_free(request);
}

static void deadline_arm(struct kube_client *client, uint64_t deadline_ms)
{
	uint64_t now_ms = clock_ms();

	if (client->deadline_ms && client->deadline_ms <= deadline_ms)
		return;
	client->deadline_ms = deadline_ms;
	event_timer_arm(client->deadline_timer, deadline_ms > now_ms ? deadline_ms - now_ms : 0, 0);
}

static void request_run(struct kube_request *request)
{
	bool mute;

	request->state = KUBE_REQUEST_RUNNING;
	if (!curl_multi_add_handle(request->client->multi, request->easy)) {
		deadline_arm(request->client, kube_transfer_deadline(request, &mute));
		return;
	}
	request->failure = -ENOMEM;
	request->state = KUBE_REQUEST_ENDED;
	deadline_arm(request->client, clock_ms());
}

static void request_count(struct kube_client *client, const struct kube_request *request)
{
	unsigned status = kube_transfer_status(request);
	struct kube_request_count *count = client->counts;

	for (size_t i = 0; i < client->count_count; i++, count++) {
		if (count->status == status && !strcmp(count->method, request->call.method)) {
			count->count++;
			return;
		}
	}
	if (client->count_count == KUBE_CLIENT_COUNTS_MAX)
		return;
	*count = (struct kube_request_count){request->call.method, status, 1};
	client->count_count++;
}

static void request_finish(struct kube_request *request)
{
	struct kube_client *client = request->client;

	request->state = KUBE_REQUEST_FINISHING;
	request_count(client, request);
	/* One that heard nothing has only the time of its beginning. */
	if (request->heard_ms > request->begun_ms && request->heard_ms > client->heard_ms)
		client->heard_ms = request->heard_ms;
	if (kube_transfer_status(request) == HTTP_UNAUTHORIZED)
		kube_config_refresh(client->config, true);
	client->fresh |= request->result && !request->failure;
	client->away |= request->result && !kube_transfer_status(request);
	kube_transfer_report(request);
	request_drop(request);
}

static struct kube_request *request_find(const struct kube_client *client,
					 enum kube_request_state state)
{
	struct kube_request *request = client->requests;

	while (request && request->state != state)
		request = request->next;
	return request;
}

static void ended_collect(struct kube_client *client)
{
	struct kube_request *request;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(client->multi, &left))) {
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&request);
		request->result = message->data.result;
		if (request->state == KUBE_REQUEST_RUNNING)
			request->state = KUBE_REQUEST_ENDED;
	}
}

void kube_client_settle(struct kube_client *client)
{
	struct kube_request *request;

	ended_collect(client);
	while ((request = request_find(client, KUBE_REQUEST_CANCELLED)))
		request_drop(request);
	while ((request = request_find(client, KUBE_REQUEST_ENDED)))
		request_finish(request);
	while ((request = request_find(client, KUBE_REQUEST_NEW)))
		request_run(request);
}

/* No connection is used again; requests that run end. */
static void client_disconnect(struct kube_client *client)
{
	for (struct kube_request *request = client->requests; request; request = request->next) {
		if (request->state != KUBE_REQUEST_RUNNING)
			continue;
		curl_multi_remove_handle(client->multi, request->easy);
		request->failure = request->failure ?: -ETIMEDOUT;
		request->state = KUBE_REQUEST_ENDED;
	}
	CURLM *multi = STEAL(client->multi);

	if (kube_client_multi_new(client)) {
		client->multi = multi;
		client->fresh = true;
		return;
	}
	curl_multi_cleanup(multi);
}

/* Since then nothing has come on any connection. */
static uint64_t heard_last_ms(const struct kube_client *client)
{
	uint64_t heard_ms = client->heard_ms;

	for (struct kube_request *request = client->requests; request; request = request->next) {
		if (request->heard_ms > request->begun_ms && request->heard_ms > heard_ms)
			heard_ms = request->heard_ms;
	}
	return heard_ms;
}

static void deadlines_check(void *context)
{
	struct kube_client *client = context;
	uint64_t now_ms = clock_ms(), next_ms = UINT64_MAX;
	bool disconnect = false;

	client->deadline_ms = 0;
	for (struct kube_request *request = client->requests; request; request = request->next) {
		bool mute;
		uint64_t deadline_ms = kube_transfer_deadline(request, &mute);

		if (request->state != KUBE_REQUEST_RUNNING)
			continue;
		if (deadline_ms > now_ms) {
			next_ms = deadline_ms < next_ms ? deadline_ms : next_ms;
			continue;
		}
		request->failure = -ETIMEDOUT;
		request->state = KUBE_REQUEST_ENDED;
		disconnect |= mute && heard_last_ms(client) <= request->heard_ms;
	}
	if (disconnect)
		client_disconnect(client);
	else if (next_ms < UINT64_MAX)
		deadline_arm(client, next_ms);
	kube_client_settle(client);
}

void kube_client_free(struct kube_client *client)
{
	if (!client)
		return;
	while (client->requests)
		request_drop(client->requests);
	if (client->multi)
		curl_multi_cleanup(client->multi);
	event_timer_free(client->curl_timer);
	event_timer_free(client->deadline_timer);
	free(client);
	curl_global_cleanup();
}

static void client_freep(struct kube_client **client)
{
	kube_client_free(*client);
}

int kube_client_new(struct event_loop *loop, struct kube_config *config,
		    struct kube_client **ret_client)
{
	_cleanup_(client_freep) struct kube_client *client = NULL;
	int error;

	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return -ENOMEM;
	client = calloc(1, sizeof(*client));
	if (!client) {
		curl_global_cleanup();
		return -ENOMEM;
	}
	client->loop = loop;
	client->config = config;
	error = event_timer_new(loop, kube_client_timer_expired, client, &client->curl_timer);
	if (!error)
		error = event_timer_new(loop, deadlines_check, client, &client->deadline_timer);
	if (!error)
		error = kube_client_multi_new(client);
	if (error)
		return error;
	*ret_client = STEAL(client);
	return 0;
}

static const char *method_word(const char *method)
{
	static const char *const words[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(words[i], method))
			return words[i];
	}
	return NULL;
}

int kube_client_start(struct kube_client *client, const struct kube_call *call,
		      struct kube_request **ret_request)
{
	struct kube_request *request;
	int error;

	if (!method_word(call->method) || !call->on_done || *call->path != '/')
		return -EINVAL;
	/* What cannot be read now is as it was; the server tells when that no longer does. */
	kube_config_refresh(client->config, false);
	error = kube_transfer_new(client->config, call, client->fresh, &request);
	if (error)
		return error;
	client->fresh = false;
	request->client = client;
	request->call.method = method_word(call->method);
	request->next = client->requests;
	client->requests = request;
	if (!client->inside)
		request_run(request);
	*ret_request = request;
	return 0;
}

void kube_request_cancel(struct kube_request *request)
{
	if (!request || request->state == KUBE_REQUEST_FINISHING)
		return;
	request->state = KUBE_REQUEST_CANCELLED;
	if (!request->client->inside)
		request_drop(request);
}

void kube_client_wait(struct kube_client *client, struct kube_client_waiter *waiter)
{
	waiter->next = client->waiters;
	client->waiters = waiter;
}

void kube_client_wait_end(struct kube_client *client, struct kube_client_waiter *waiter)
{
	struct kube_client_waiter **link = &client->waiters;

	while (*link && *link != waiter)
		link = &(*link)->next;
	if (*link)
		*link = waiter->next;
}

void kube_client_replied(struct kube_client *client)
{
	if (!client->away)
		return;
	client->away = false;
	for (struct kube_client_waiter *waiter = client->waiters; waiter; waiter = waiter->next)
		waiter->replies_again(waiter->context);
}

size_t kube_client_counts(const struct kube_client *client,
			  const struct kube_request_count **ret_counts)
{
	*ret_counts = client->counts;
	return client->count_count;
}
