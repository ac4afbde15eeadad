/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to one API server: libcurl's multi interface in an event loop, one HTTP/2 connection,
 * no threads, nothing blocks. Credentials come from kube_config.h; a token is read again at least
 * once a minute and after a 401.
 *
 * The process must ignore SIGPIPE, which TLS to a closed connection raises.
 *
 * Callbacks run inside the loop, never inside kube_client_start(). Nothing is tried again here:
 * each caller has its own back-off (kube_backoff.h).
 */
#ifndef PATHROUTE_KUBE_CLIENT_H
#define PATHROUTE_KUBE_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "../base/event_loop.h"

#define KUBE_REPLY_TEXT_MAX 512
#define KUBE_REPLY_MAX (16 * 1024 * 1024) /* bytes of a collected body, at most */

struct kube_client;
struct kube_config;
struct kube_request;

struct kube_reply {
	int error;       /* 0: a whole reply came; else a negative errno, and text says why */
	unsigned status; /* of HTTP; 0: none came */
	unsigned retry_after_s; /* 0: not said */
	const char *text;   /* for the log: curl's words, or reason and message of a v1.Status */
	const char *reason; /* of a v1.Status ("Conflict", "Expired"); "" if there is none */
	const char *body;   /* collected, with a NUL behind; "" if on_data took it */
	size_t length;
};

/* All strings are copied. */
struct kube_call {
	const char *method;       /* "GET", "POST", "PUT", "PATCH" */
	const char *path;         /* "/api/v1/services?limit=500" */
	const char *body;         /* NULL: none */
	const char *content_type; /* NULL: application/json */
	unsigned idle_timeout_s;  /* ends when no byte came for so long; 0: 30. Before the head of
				   * the reply it is 30 at most */
	unsigned timeout_s;       /* ends after so long in any case; 0: 60 */
	void *context;
	/* Once, when a 2xx reply begins, before any of its body; NULL: nobody wants to know. */
	void (*on_begin)(void *context);
	/*
	 * Takes the body of a 2xx reply piece by piece; a negative errno ends the request with it.
	 * NULL: the body is collected. Bodies of other replies are always collected.
	 */
	int (*on_data)(void *context, const char *bytes, size_t length);
	/* Once, unless cancelled; the request is gone when it returns. Reply is good until then. */
	void (*on_done)(void *context, const struct kube_reply *reply);
};

/* The config must outlive the client. 0 or a negative errno. */
int kube_client_new(struct event_loop *loop, struct kube_config *config,
		    struct kube_client **ret_client);

/* Cancels all requests. Accepts NULL. */
void kube_client_free(struct kube_client *client);

/* 0 or a negative errno; then no callback comes. */
int kube_client_start(struct kube_client *client, const struct kube_call *call,
		      struct kube_request **ret_request);

/* Told when the server replies again after requests that got no reply: there is no reason to wait
 * for as long as seemed right before. */
struct kube_client_waiter {
	struct kube_client_waiter *next; /* the client's */
	void *context;
	void (*replies_again)(void *context); /* may arm a timer, but start no request */
};

/* Nothing is copied: the waiter stays where it is until the end. */
void kube_client_wait(struct kube_client *client, struct kube_client_waiter *waiter);
void kube_client_wait_end(struct kube_client *client, struct kube_client_waiter *waiter);

/* Requests that have ended by now, for metrics: how many of which method and status. */
struct kube_request_count {
	const char *method;
	unsigned status; /* 0: no reply came */
	uint64_t count;
};

/* The list is the client's, and good until the next callback. */
size_t kube_client_counts(const struct kube_client *client,
			  const struct kube_request_count **ret_counts);

/* No callback comes any more. Allowed in callbacks, also in those of the request itself.
 * Accepts NULL. */
void kube_request_cancel(struct kube_request *request);

#endif
