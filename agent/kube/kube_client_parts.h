/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the client: libcurl in the loop, and one request as a transfer of libcurl. */
#ifndef PATHROUTE_KUBE_CLIENT_PARTS_H
#define PATHROUTE_KUBE_CLIENT_PARTS_H

#include <stdbool.h>

#include <curl/curl.h>

#include "kube_client.h"

enum kube_request_state {
	KUBE_REQUEST_NEW,       /* to be given to libcurl when it is not at work */
	KUBE_REQUEST_RUNNING,   /* libcurl has it */
	KUBE_REQUEST_ENDED,     /* on_done is due */
	KUBE_REQUEST_FINISHING, /* inside on_done */
	KUBE_REQUEST_CANCELLED, /* to be freed when libcurl is not at work */
};

struct kube_request {
	struct kube_client *client;
	struct kube_request *next;
	enum kube_request_state state;
	struct kube_call call; /* its strings are not ours, but the method */
	CURL *easy;
	struct curl_slist *headers;
	struct curl_slist *connect_to;
	char *collected;
	size_t length;
	CURLcode result;
	int failure; /* ours: goes before the result */
	uint64_t begun_ms;
	uint64_t heard_ms; /* when a byte came last, or begun_ms */
	bool has_head;     /* of the reply */
	char curl_error[CURL_ERROR_SIZE];
};

#define KUBE_CLIENT_COUNTS_MAX 64

struct kube_client {
	struct event_loop *loop;
	struct kube_config *config;
	CURLM *multi;
	struct event_timer *curl_timer;
	struct event_timer *deadline_timer;
	uint64_t deadline_ms; /* what deadline_timer is armed for; 0: not armed */
	struct kube_request *requests;
	uint64_t heard_ms; /* when a byte came last, by any request that has ended */
	bool inside;       /* libcurl is at work: it must not be called */
	bool fresh;        /* the next request begins with a connection of its own */
	bool away;         /* a request got no reply, and none has begun since */
	struct kube_client_waiter *waiters;
	struct kube_request_count counts[KUBE_CLIENT_COUNTS_MAX];
	size_t count_count;
};

/* A transfer with everything set, not running. Only one that is `fresh` may not use a connection
 * that is there. */
int kube_transfer_new(const struct kube_config *config, const struct kube_call *call, bool fresh,
		      struct kube_request **ret_request);
void kube_transfer_free(struct kube_request *request);

/* When it ends if nothing comes until then, and whether it would be for want of any reply. */
uint64_t kube_transfer_deadline(const struct kube_request *request, bool *ret_mute);

/* A reply begins, of any request. */
void kube_client_replied(struct kube_client *client);

/* Calls on_done. */
void kube_transfer_report(struct kube_request *request);

unsigned kube_transfer_status(const struct kube_request *request);

/* Makes client->multi, whose descriptors and timer are in the client's loop. 0 or -ENOMEM. */
int kube_client_multi_new(struct kube_client *client);
void kube_client_timer_expired(void *client);

/* What had to wait until libcurl was done. Callbacks may start and cancel requests meanwhile. */
void kube_client_settle(struct kube_client *client);

#endif
