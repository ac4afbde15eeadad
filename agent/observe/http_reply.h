/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent's HTTP server answers to a method and path: pure, knows no socket. */
#ifndef PATHROUTE_HTTP_REPLY_H
#define PATHROUTE_HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "http_server.h"

struct http_reply {
	unsigned int status;
	const char *content_type;
	char *body; /* from malloc(), owned by the caller */
	size_t length;
};

/* `verbose` asks /readyz for the list of checks. Returns 0 or -ENOMEM; what fails inside of a
 * callback is a reply with status 500. */
int http_reply_make(const struct http_content *content, const char *path, bool verbose,
		    struct http_reply *ret_reply);

#endif
