/* SPDX-License-Identifier: Apache-2.0 */
/* What a reply that is no success says. Pure. */
#ifndef PATHROUTE_KUBE_REPLY_H
#define PATHROUTE_KUBE_REPLY_H

#include <stddef.h>

#include "kube_client.h"

#define KUBE_REASON_MAX 64          /* bytes with the NUL */
#define KUBE_RETRY_AFTER_MAX_S 3600 /* whatever the server asks for */

struct kube_failure {
	char reason[KUBE_REASON_MAX];   /* of a v1.Status; "" if there is none */
	char text[KUBE_REPLY_TEXT_MAX]; /* one line of visible ASCII */
	unsigned retry_after_s;         /* details.retryAfterSeconds; 0: not said */
};

/* The body may be a v1.Status, another JSON value or any text; `status` is the HTTP status. */
void kube_reply_read(unsigned status, const char *body, size_t length,
		     struct kube_failure *ret_failure);

struct cJSON;

/* The same for a tree, as in an ERROR event. Returns the status's `code`, 0 if there is none. */
unsigned kube_reply_read_status(const struct cJSON *tree, struct kube_failure *ret_failure);

#endif
