/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's own HTTP server: /metrics, /readyz, /livez and a status page at /.
 *
 * It has no thread: add http_server_fd() to the event loop (EPOLLIN) and call
 * http_server_dispatch() when it is readable; its timeouts make it readable, too.
 * What is served comes from callbacks, which run inside http_server_dispatch().
 * GET and HEAD only; at most HTTP_SERVER_CONNECTIONS connections, 8 KiB a request head, 10 s idle.
 */
#ifndef PATHROUTE_HTTP_SERVER_H
#define PATHROUTE_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define HTTP_SERVER_CONNECTIONS 32
#define HTTP_SERVER_CHECKS 16
#define HTTP_SERVER_ADDRESS "127.0.0.1:9180"

/* One condition of readiness. */
struct http_check {
	const char *name; /* "programs", "sync" */
	bool passed;
	char text[160]; /* what is wrong, or a figure; may be empty */
};

/* Callbacks of the owner. The write_* ones return 0 or a negative errno (answered 500). */
struct http_content {
	void *context;
	/* Fills checks[0..limit-1], returns how many. Ready means that all passed. */
	size_t (*list_checks)(void *context, struct http_check *checks, size_t limit);
	int (*write_metrics)(void *context, FILE *out);
	int (*write_page)(void *context, FILE *out); /* see status_page.h */
};

struct http_server;

/* Listens on "address:port" or "[address]:port" (port 0: chosen by the kernel). `content` is
 * copied. Returns 0, -EINVAL for a malformed address, or the error of socket, bind or listen. */
int http_server_start(const char *address, const struct http_content *content,
		      struct http_server **ret_server);

/* Accepts NULL. */
void http_server_stop(struct http_server *server);

/* An epoll descriptor, owned by the server. */
int http_server_fd(const struct http_server *server);

/* Never blocks on the network. */
void http_server_dispatch(struct http_server *server);

/* The port in use, host order. */
uint16_t http_server_port(const struct http_server *server);

#endif
