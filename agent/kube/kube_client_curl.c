/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "kube_client_parts.h"

/* One descriptor of libcurl in the loop. */
struct kube_socket {
	struct kube_client *client;
	int fd;
};

static void curl_act(struct kube_client *client, curl_socket_t fd, int action)
{
	int running;

	client->inside = true;
	curl_multi_socket_action(client->multi, fd, action, &running);
	client->inside = false;
	kube_client_settle(client);
}

static void socket_ready(void *context, uint32_t events)
{
	const struct kube_socket *socket = context;
	int action = 0;

	if (events & (EPOLLIN | EPOLLHUP))
		action |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		action |= CURL_CSELECT_OUT;
	if (events & EPOLLERR)
		action |= CURL_CSELECT_ERR;
	curl_act(socket->client, socket->fd, action);
}

void kube_client_timer_expired(void *context)
{
	curl_act(context, CURL_SOCKET_TIMEOUT, 0);
}

static int curl_timer_set(CURLM *multi, long timeout_ms, void *context)
{
	struct kube_client *client = context;
	int error;

	(void)multi;
	error = timeout_ms < 0 ? event_timer_disarm(client->curl_timer)
			       : event_timer_arm(client->curl_timer, (uint64_t)timeout_ms, 0);
	return error ? -1 : 0;
}

static int socket_forget(struct kube_client *client, curl_socket_t fd, struct kube_socket *socket)
{
	if (socket)
		event_loop_remove(client->loop, fd);
	free(socket);
	curl_multi_assign(client->multi, fd, NULL);
	return 0;
}

/* The loop has no change of events: taken out and put in again, which is rare. */
static int socket_watch(struct kube_client *client, curl_socket_t fd, uint32_t events,
			struct kube_socket *socket)
{
	if (socket)
		event_loop_remove(client->loop, fd);
	else
		socket = calloc(1, sizeof(*socket));
	if (!socket)
		return -1;
	*socket = (struct kube_socket){client, fd};
	curl_multi_assign(client->multi, fd, socket);
	return event_loop_add(client->loop, fd, events, socket_ready, socket) ? -1 : 0;
}

static int socket_changed(CURL *easy, curl_socket_t fd, int what, void *context, void *of_socket)
{
	(void)easy;
	switch (what) {
	case CURL_POLL_REMOVE:
		return socket_forget(context, fd, of_socket);
	case CURL_POLL_IN:
		return socket_watch(context, fd, EPOLLIN, of_socket);
	case CURL_POLL_OUT:
		return socket_watch(context, fd, EPOLLOUT, of_socket);
	default:
		return socket_watch(context, fd, EPOLLIN | EPOLLOUT, of_socket);
	}
}

int kube_client_multi_new(struct kube_client *client)
{
	client->multi = curl_multi_init();
	if (!client->multi)
		return -ENOMEM;
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, curl_timer_set);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	return 0;
}
