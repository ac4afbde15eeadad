/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the reflector: what it does next (kube_reflector.c), and what its requests bring
 * (kube_reflector_list.c, kube_reflector_watch.c). */
#ifndef PATHROUTE_KUBE_REFLECTOR_PARTS_H
#define PATHROUTE_KUBE_REFLECTOR_PARTS_H

#include "kube_backoff.h"
#include "kube_event.h"
#include "kube_reflector.h"
#include "kube_stream.h"

enum kube_reflector_phase {
	KUBE_PHASE_WAITING,   /* for the timer */
	KUBE_PHASE_LISTING,   /* by pages */
	KUBE_PHASE_STREAMING, /* a watch that has not said all objects yet */
	KUBE_PHASE_WATCHING,
};

struct kube_reflector {
	struct kube_client *client;
	struct kube_client_waiter waiter;
	struct event_timer *timer;
	struct kube_reflector_options options;

	enum kube_reflector_phase phase;
	struct kube_request *request; /* NULL: none */
	struct kube_stream stream;    /* of the request */
	uint64_t begun_ms;            /* when the request was */
	uint64_t skips_told;          /* of stream.skipped */
	bool heard;                   /* an event came by the request */

	char *version;                  /* of the last event or list; NULL: none */
	struct kube_list_metadata page; /* of the last page */
	bool list_due;                  /* the next request begins a list */
	bool paged;                     /* the server cannot stream a list */
	bool whole;                     /* nothing was skipped since begin() */

	struct kube_backoff backoff;
	unsigned refusals; /* of watches, in a row */
	unsigned quiet;    /* watches in a row by which nothing came */
	bool expired;      /* the last list was due to 410, and no event has come since */
	bool hurried;      /* by replies_again(), and nothing has come since */
	bool failing;
	char told[KUBE_REPLY_TEXT_MAX]; /* the failure that was reported last */

	bool ending_set; /* an ERROR event came: */
	unsigned ending_status;
	struct kube_failure ending;

	uint64_t contact_ms;
	struct kube_reflector_state state; /* counters and name only */
};

/* What the next request is for, as it begins. Each leads to a request that runs, or to
 * kube_reflector_fail(). */
void kube_reflector_list(struct kube_reflector *reflector);
void kube_reflector_page(struct kube_reflector *reflector);
void kube_reflector_stream(struct kube_reflector *reflector);
void kube_reflector_watch(struct kube_reflector *reflector);

/* Starts a request; the query is freed (NULL: there was no memory). */
void kube_reflector_start(struct kube_reflector *reflector, char *query,
			  const struct kube_call *call);

/* All objects have come. */
void kube_reflector_listed(struct kube_reflector *reflector);

/* The server has answered. It may then be silent until the next bookmark. */
void kube_reflector_begun(struct kube_reflector *reflector);

/* An event has come, so all is well. */
void kube_reflector_heard(struct kube_reflector *reflector);

/* Waits, then tries again. */
void kube_reflector_fail(struct kube_reflector *reflector, const char *text,
			 unsigned retry_after_s);

/* Feeds the stream, and tells what it had to skip. */
int kube_reflector_feed(struct kube_reflector *reflector, const char *bytes, size_t length);
void kube_reflector_skip(struct kube_reflector *reflector, const char *reason, const char *message);

/* "HTTP 404 ..." as a user understands it. */
void kube_reflector_explain(const struct kube_reflector *reflector, const struct kube_reply *reply,
			    char text[KUBE_REPLY_TEXT_MAX]);

#endif
