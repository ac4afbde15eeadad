/* SPDX-License-Identifier: Apache-2.0 */
#include "default_routes.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/cleanup.h"

#define RECEIVE_MAX 65536

struct route_dump {
	int fd;
	uint32_t *devices;
	size_t count;
	size_t capacity;
	int error;
	bool done;
	char buffer[RECEIVE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static void device_add(struct route_dump *dump, uint32_t ifindex)
{
	if (dump->count == dump->capacity) {
		size_t capacity = dump->capacity ? 2 * dump->capacity : 8;
		uint32_t *devices = reallocarray(dump->devices, capacity, sizeof(*devices));

		if (!devices) {
			dump->error = -ENOMEM;
			return;
		}
		dump->devices = devices;
		dump->capacity = capacity;
	}
	dump->devices[dump->count++] = ifindex;
}

static void nexthops_add(struct route_dump *dump, const struct rtattr *attribute)
{
	const struct rtnexthop *nexthop = RTA_DATA(attribute);
	int left = (int)RTA_PAYLOAD(attribute);

	while (left >= (int)sizeof(*nexthop) && RTNH_OK(nexthop, left)) {
		device_add(dump, (uint32_t)nexthop->rtnh_ifindex);
		left -= RTNH_ALIGN(nexthop->rtnh_len);
		nexthop = RTNH_NEXT(nexthop);
	}
}

static void route_read(struct route_dump *dump, const struct nlmsghdr *message)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	int left = (int)RTM_PAYLOAD(message);
	uint32_t ifindex;

	if (route->rtm_dst_len || route->rtm_type != RTN_UNICAST)
		return;
	for (const struct rtattr *attribute = RTM_RTA(route); RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left)) {
		if (attribute->rta_type == RTA_MULTIPATH)
			nexthops_add(dump, attribute);
		if (attribute->rta_type != RTA_OIF)
			continue;
		memcpy(&ifindex, RTA_DATA(attribute), sizeof(ifindex));
		device_add(dump, ifindex);
	}
}

static void message_read(struct route_dump *dump, const struct nlmsghdr *message)
{
	if (message->nlmsg_type == RTM_NEWROUTE)
		route_read(dump, message);
	else if (message->nlmsg_type == NLMSG_DONE)
		dump->done = true;
	else if (message->nlmsg_type == NLMSG_ERROR)
		dump->error = ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
}

static void dump_receive(struct route_dump *dump)
{
	ssize_t length = recv(dump->fd, dump->buffer, sizeof(dump->buffer), 0);
	unsigned left = length > 0 ? (unsigned)length : 0;

	if (length < 0 && errno != EINTR)
		dump->error = -errno;
	for (const struct nlmsghdr *message = (void *)dump->buffer; NLMSG_OK(message, left);
	     message = NLMSG_NEXT(message, left))
		message_read(dump, message);
}

static int dump_run(struct route_dump *dump)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
	} request = {
		.header =
			{
				.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETROUTE,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			},
	};
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || send(fd, &request, sizeof(request), 0) < 0)
		return -errno;
	dump->fd = fd;
	while (!dump->error && !dump->done)
		dump_receive(dump);
	return dump->error;
}

int default_routes_list(uint32_t **ret_devices, size_t *ret_count)
{
	_cleanup_free_ struct route_dump *dump = calloc(1, sizeof(*dump));
	int error;

	if (!dump)
		return -ENOMEM;
	error = dump_run(dump);
	if (error) {
		free(dump->devices);
		return error;
	}
	*ret_devices = dump->devices;
	*ret_count = dump->count;
	return 0;
}
