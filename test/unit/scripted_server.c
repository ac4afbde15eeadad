/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scripted_server.h"

#define CONNECTIONS_MAX 64
#define REQUEST_MAX 65536

struct scripted_exchange {
	struct scripted_server *server;
	int fd; /* -1: closed */
	size_t length;
	char request[REQUEST_MAX];
};

struct scripted_server {
	struct event_loop *loop;
	int fd;
	char url[64];
	scripted_request take;
	void *context;
	struct scripted_exchange *exchanges[CONNECTIONS_MAX];
	unsigned count;
};

static void exchange_close(struct scripted_exchange *exchange)
{
	if (exchange->fd < 0)
		return;
	event_loop_remove(exchange->server->loop, exchange->fd);
	close(exchange->fd);
	exchange->fd = -1;
}

/* Length of the first whole request, or 0. */
static size_t request_length(const char *request)
{
	const char *end = strstr(request, "\r\n\r\n"), *field;
	size_t body = 0;

	if (!end)
		return 0;
	field = strcasestr(request, "\r\ncontent-length:");
	if (field && field < end)
		body = strtoul(field + strlen("\r\ncontent-length:"), NULL, 10);
	body += (size_t)(end + 4 - request);
	return strlen(request) >= body ? body : 0;
}

static void exchange_ready(void *context, uint32_t events)
{
	struct scripted_exchange *exchange = context;
	char *end = exchange->request + exchange->length, after;
	ssize_t got = recv(exchange->fd, end, REQUEST_MAX - 1 - exchange->length, 0);
	size_t length;

	(void)events;
	if (got <= 0) {
		exchange_close(exchange);
		return;
	}
	exchange->length += (size_t)got;
	exchange->request[exchange->length] = '\0';
	length = request_length(exchange->request);
	if (!length)
		return;
	after = exchange->request[length];
	exchange->request[length] = '\0';
	exchange->server->take(exchange->server->context, exchange, exchange->request);
	exchange->request[length] = after;
	exchange->length -= length;
	memmove(exchange->request, exchange->request + length, exchange->length + 1);
}

static void connection_ready(void *context, uint32_t events)
{
	struct scripted_server *server = context;
	struct scripted_exchange *exchange = calloc(1, sizeof(*exchange));

	(void)events;
	assert(exchange && server->count < CONNECTIONS_MAX);
	exchange->server = server;
	exchange->fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
	assert(exchange->fd >= 0);
	server->exchanges[server->count++] = exchange;
	assert(!event_loop_add(server->loop, exchange->fd, EPOLLIN, exchange_ready, exchange));
}

struct scripted_server *scripted_server_start(struct event_loop *loop, scripted_request request,
					      void *context)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct scripted_server *server = calloc(1, sizeof(*server));
	socklen_t size = sizeof(address);

	assert(server);
	*server = (struct scripted_server){.loop = loop, .take = request, .context = context};
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert(server->fd >= 0);
	assert(!bind(server->fd, (struct sockaddr *)&address, sizeof(address)));
	assert(!listen(server->fd, 16));
	assert(!getsockname(server->fd, (struct sockaddr *)&address, &size));
	snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u", ntohs(address.sin_port));
	assert(!event_loop_add(loop, server->fd, EPOLLIN, connection_ready, server));
	return server;
}

void scripted_server_stop(struct scripted_server *server)
{
	for (unsigned i = 0; i < server->count; i++) {
		exchange_close(server->exchanges[i]);
		free(server->exchanges[i]);
	}
	event_loop_remove(server->loop, server->fd);
	close(server->fd);
	free(server);
}

const char *scripted_server_url(const struct scripted_server *server)
{
	return server->url;
}

unsigned scripted_server_connections(const struct scripted_server *server)
{
	return server->count;
}

static void send_all(struct scripted_exchange *exchange, const char *bytes, size_t length)
{
	if (exchange->fd >= 0)
		assert(send(exchange->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length);
}

static void send_text(struct scripted_exchange *exchange, const char *text)
{
	send_all(exchange, text, strlen(text));
}

void scripted_reply(struct scripted_exchange *exchange, const char *status, const char *headers,
		    const char *body)
{
	char *text;

	assert(asprintf(&text, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s", status,
			strlen(body), headers, body) > 0);
	send_text(exchange, text);
	free(text);
}

void scripted_begin(struct scripted_exchange *exchange)
{
	send_text(exchange, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
}

void scripted_piece(struct scripted_exchange *exchange, const char *bytes)
{
	char *text;

	assert(asprintf(&text, "%zx\r\n%s\r\n", strlen(bytes), bytes) > 0);
	send_text(exchange, text);
	free(text);
}

void scripted_end(struct scripted_exchange *exchange)
{
	send_text(exchange, "0\r\n\r\n");
}

void scripted_cut(struct scripted_exchange *exchange)
{
	exchange_close(exchange);
}
