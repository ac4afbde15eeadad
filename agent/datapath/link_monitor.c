/* SPDX-License-Identifier: Apache-2.0 */
#include "link_monitor.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/cleanup.h"
#include "link_message.h"

#define RECEIVE_MAX 65536
#define DUMP_TRIES 5

struct link_monitor {
	int fd;
	uint32_t sequence; /* of the last dump asked for */
	bool dump_done;
	bool dump_torn; /* devices changed while it ran */
	bool dump_due;
	struct link_sink sink;
	char buffer[RECEIVE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static int socket_open(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_TC,
	};
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	return STEAL_FD(fd);
}

int link_monitor_new(const struct link_sink *sink, struct link_monitor **ret_monitor)
{
	struct link_monitor *monitor = calloc(1, sizeof(*monitor));

	if (!monitor)
		return -ENOMEM;
	monitor->sink = *sink;
	monitor->fd = socket_open();
	if (monitor->fd < 0) {
		int error = monitor->fd;

		free(monitor);
		return error;
	}
	*ret_monitor = monitor;
	return 0;
}

void link_monitor_free(struct link_monitor *monitor)
{
	if (!monitor)
		return;
	close(monitor->fd);
	free(monitor);
}

int link_monitor_fd(const struct link_monitor *monitor)
{
	return monitor->fd;
}

static void link_appeared(struct link_monitor *monitor, const struct nlmsghdr *message)
{
	struct link_state link;

	if (link_message_read(message, &link))
		monitor->sink.present(monitor->sink.context, &link);
}

static void link_vanished(struct link_monitor *monitor, const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);

	if (info->ifi_family != AF_UNSPEC)
		return; /* a bridge lost a port, the device is still there */
	/* Its peer may be left behind, and is not announced. */
	if (link_message_is_move(message))
		monitor->dump_due = true;
	monitor->sink.gone(monitor->sink.context, (uint32_t)info->ifi_index);
}

static void filters_changed(struct link_monitor *monitor, const struct nlmsghdr *message)
{
	const struct tcmsg *tc = NLMSG_DATA(message);

	monitor->sink.filters_changed(monitor->sink.context, (uint32_t)tc->tcm_ifindex);
}

static int message_read(struct link_monitor *monitor, const struct nlmsghdr *message)
{
	bool of_dump = message->nlmsg_seq == monitor->sequence && message->nlmsg_pid;

	if (of_dump && message->nlmsg_flags & NLM_F_DUMP_INTR)
		monitor->dump_torn = true;
	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
		link_appeared(monitor, message);
		return 0;
	case RTM_DELLINK:
		link_vanished(monitor, message);
		return 0;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		monitor->sink.addresses_changed(monitor->sink.context);
		return 0;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (!((const struct rtmsg *)NLMSG_DATA(message))->rtm_dst_len)
			monitor->sink.default_routes_changed(monitor->sink.context);
		return 0;
	case RTM_NEWQDISC:
	case RTM_DELQDISC:
	case RTM_NEWTFILTER:
	case RTM_DELTFILTER:
		filters_changed(monitor, message);
		return 0;
	case NLMSG_DONE:
		monitor->dump_done |= of_dump;
		return 0;
	case NLMSG_ERROR:
		return of_dump ? ((const struct nlmsgerr *)NLMSG_DATA(message))->error : 0;
	default:
		return 0;
	}
}

/* Returns 1 after a packet, 0 when there is none (with MSG_DONTWAIT), or a negative errno. */
static int packet_read(struct link_monitor *monitor, int flags)
{
	ssize_t length = recv(monitor->fd, monitor->buffer, sizeof(monitor->buffer), flags);
	unsigned left = length > 0 ? (unsigned)length : 0;
	int error = 0;

	if (length < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (const struct nlmsghdr *message = (void *)monitor->buffer;
	     !error && NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
		error = message_read(monitor, message);
	return error ?: 1;
}

static int dump_request(struct link_monitor *monitor)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} request = {
		.header =
			{
				.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETLINK,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
				.nlmsg_seq = ++monitor->sequence,
			},
	};

	monitor->dump_done = false;
	monitor->dump_torn = false;
	return send(monitor->fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

static int dump_once(struct link_monitor *monitor)
{
	int error = dump_request(monitor);

	while (!error && !monitor->dump_done) {
		int got = packet_read(monitor, 0);

		/* Lost news are what the dump makes up for; its own messages are not lost. */
		if (got < 0 && got != -ENOBUFS)
			error = got;
	}
	return error;
}

int link_monitor_dump(struct link_monitor *monitor)
{
	int error = 0;

	monitor->dump_due = false;
	for (int i = 0; i < DUMP_TRIES; i++) {
		error = dump_once(monitor);
		if (error || !monitor->dump_torn)
			return error;
	}
	return error;
}

int link_monitor_dispatch(struct link_monitor *monitor)
{
	int got;

	do {
		got = packet_read(monitor, MSG_DONTWAIT);
		if (got == -ENOBUFS) {
			monitor->dump_due = true;
			got = 1;
		}
	} while (got > 0);
	return got ?: monitor->dump_due;
}
