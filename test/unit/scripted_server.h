/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP/1.1 server of one test, in the test's own event loop: each whole request goes to a
 * callback, which answers it in the way the test needs, at once or later, well or badly.
 */
#ifndef PATHROUTE_TEST_SCRIPTED_SERVER_H
#define PATHROUTE_TEST_SCRIPTED_SERVER_H

#include "agent/base/event_loop.h"

struct scripted_server;
struct scripted_exchange;

/* `request` is head and body; good until the callback returns, the exchange until it is ended. */
typedef void (*scripted_request)(void *context, struct scripted_exchange *exchange,
				 const char *request);

/* Listens on 127.0.0.1. */
struct scripted_server *scripted_server_start(struct event_loop *loop, scripted_request request,
					      void *context);
void scripted_server_stop(struct scripted_server *server);

/* "http://127.0.0.1:12345"; the server's. */
const char *scripted_server_url(const struct scripted_server *server);

/* How many connections there have been. */
unsigned scripted_server_connections(const struct scripted_server *server);

/* A whole reply; `headers` are lines that end with CR LF, or "". */
void scripted_reply(struct scripted_exchange *exchange, const char *status, const char *headers,
		    const char *body);

/* A reply of 200 that goes on: begun, continued by pieces, then ended or cut off. */
void scripted_begin(struct scripted_exchange *exchange);
void scripted_piece(struct scripted_exchange *exchange, const char *bytes);
void scripted_end(struct scripted_exchange *exchange);
void scripted_cut(struct scripted_exchange *exchange);

#endif
