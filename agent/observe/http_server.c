/* SPDX-License-Identifier: Apache-2.0 */
#include "http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "../base/cleanup.h"
#include "http_listen.h"
#include "http_reply.h"

#define REQUEST_MEMORY 8192
#define IDLE_SECONDS 10

struct http_server {
	struct http_content content;
	struct MHD_Daemon *daemon;
	int epoll_fd; /* over the daemon's own epoll descriptor and timer_fd */
	int timer_fd;
	uint16_t port;
};

static enum MHD_Result queue_reply(struct MHD_Connection *connection,
				   const struct http_reply *reply, const char *allow)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(reply->length, reply->body, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (!response) {
		free(reply->body);
		return MHD_NO;
	}
	MHD_add_response_header(response, "Content-Type", reply->content_type);
	MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Content-Security-Policy",
				"default-src 'none'; style-src 'unsafe-inline'");
	if (allow)
		MHD_add_response_header(response, "Allow", allow);
	result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse_method(struct MHD_Connection *connection)
{
	struct http_reply reply = {
		.status = MHD_HTTP_METHOD_NOT_ALLOWED,
		.content_type = "text/plain; charset=utf-8",
		.body = strdup("only GET and HEAD\n"),
	};

	if (!reply.body)
		return MHD_NO;
	reply.length = strlen(reply.body);
	return queue_reply(connection, &reply, "GET, HEAD");
}

/* NOLINTNEXTLINE(readability-function-size): MHD_AccessHandlerCallback has 8 parameters. */
static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **request)
{
	const struct http_server *server = context;
	struct http_reply reply;
	bool verbose;

	(void)version;
	(void)upload;
	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		return refuse_method(connection);
	/* A reply to the first call, before any body, would end the connection. */
	if (!*request || *upload_size) {
		*request = context;
		*upload_size = 0;
		return MHD_YES;
	}
	verbose = MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, "verbose", 7,
						NULL, NULL) == MHD_YES;
	if (http_reply_make(&server->content, url, verbose, &reply))
		return MHD_NO;
	return queue_reply(connection, &reply, NULL);
}

/* The daemon has no thread: its next deadline becomes an event of our epoll descriptor. */
static void arm_timer(struct http_server *server)
{
	struct itimerspec at = {0};
	MHD_UNSIGNED_LONG_LONG timeout_ms;

	if (MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES) {
		at.it_value.tv_sec = (time_t)(timeout_ms / 1000);
		at.it_value.tv_nsec = (long)(timeout_ms % 1000 * 1000000);
		if (!timeout_ms)
			at.it_value.tv_nsec = 1;
	}
	timerfd_settime(server->timer_fd, 0, &at, NULL);
}

void http_server_dispatch(struct http_server *server)
{
	MHD_run(server->daemon);
	arm_timer(server);
}

static int watch(struct http_server *server, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int open_descriptors(struct http_server *server)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int error;

	if (!info)
		return -ENOTSUP;
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	server->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (server->epoll_fd < 0 || server->timer_fd < 0)
		return -errno;
	error = watch(server, info->epoll_fd);
	return error ? error : watch(server, server->timer_fd);
}

static int start_daemon(struct http_server *server, int listen_fd)
{
	const struct MHD_OptionItem options[] = {
		{MHD_OPTION_LISTEN_SOCKET, listen_fd, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, HTTP_SERVER_CONNECTIONS, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, REQUEST_MEMORY, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, NULL},
		{MHD_OPTION_END, 0, NULL},
	};

	server->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, server,
					  MHD_OPTION_ARRAY, options, MHD_OPTION_END);
	return server->daemon ? 0 : -EIO;
}

static void stopp(struct http_server **server)
{
	http_server_stop(*server);
}

int http_server_start(const char *address, const struct http_content *content,
		      struct http_server **ret_server)
{
	_cleanup_(stopp) struct http_server *server = calloc(1, sizeof(*server));
	_cleanup_close_ int listen_fd = -1;
	int error;

	if (!server)
		return -ENOMEM;
	server->content = *content;
	server->epoll_fd = server->timer_fd = -1;
	listen_fd = http_listen_open(address, &server->port);
	if (listen_fd < 0)
		return listen_fd;
	error = start_daemon(server, listen_fd);
	if (error)
		return error;
	listen_fd = -1; /* the daemon closes it */
	error = open_descriptors(server);
	if (error)
		return error;
	*ret_server = STEAL(server);
	return 0;
}

void http_server_stop(struct http_server *server)
{
	if (!server)
		return;
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	closep(&server->epoll_fd);
	closep(&server->timer_fd);
	free(server);
}

int http_server_fd(const struct http_server *server)
{
	return server->epoll_fd;
}

uint16_t http_server_port(const struct http_server *server)
{
	return server->port;
}
