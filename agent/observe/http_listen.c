/* SPDX-License-Identifier: Apache-2.0 */
#include "http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../base/cleanup.h"

#define BACKLOG 64

union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int parse_port(const char *text, in_port_t *ret_port)
{
	char *end;
	unsigned long port;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	port = strtoul(text, &end, 10);
	if (*end || port > UINT16_MAX)
		return -EINVAL;
	*ret_port = htons((uint16_t)port);
	return 0;
}

static int parse(const char *text, union socket_address *ret_address)
{
	union socket_address address = {0};
	const char *colon = strrchr(text, ':');
	int bracket = text[0] == '[';
	char host[INET6_ADDRSTRLEN];
	int length;

	if (!colon || colon - text < 2 * bracket || (bracket && colon[-1] != ']'))
		return -EINVAL;
	length = (int)(colon - text) - 2 * bracket;
	if (length >= (int)sizeof(host))
		return -EINVAL;
	snprintf(host, sizeof(host), "%.*s", length, text + bracket);
	address.any.sa_family = bracket ? AF_INET6 : AF_INET;
	if (inet_pton(address.any.sa_family, host,
		      bracket ? (void *)&address.v6.sin6_addr : &address.v4.sin_addr) != 1)
		return -EINVAL;
	*ret_address = address;
	return parse_port(colon + 1,
			  bracket ? &ret_address->v6.sin6_port : &ret_address->v4.sin_port);
}

static int bind_and_listen(int fd, union socket_address *address)
{
	socklen_t length =
		address->any.sa_family == AF_INET ? sizeof(address->v4) : sizeof(address->v6);
	int on = 1;

	/* A restarted agent must not wait for connections in TIME_WAIT. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, &address->any, length) || listen(fd, BACKLOG) ||
	    getsockname(fd, &address->any, &length))
		return -errno;
	return 0;
}

int http_listen_open(const char *address, uint16_t *ret_port)
{
	_cleanup_close_ int fd = -1;
	union socket_address bound;
	int error = parse(address, &bound);

	if (error)
		return error;
	fd = socket(bound.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	error = bind_and_listen(fd, &bound);
	if (error)
		return error;
	*ret_port = ntohs(bound.any.sa_family == AF_INET ? bound.v4.sin_port : bound.v6.sin6_port);
	return STEAL_FD(fd);
}
