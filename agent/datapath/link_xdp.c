/* SPDX-License-Identifier: Apache-2.0 */
#include "link_xdp.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/cleanup.h"

#define RECEIVE_MAX 16384

static int request_send(int fd, uint32_t ifindex)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} request = {
		.header =
			{
				.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETLINK,
				.nlmsg_flags = NLM_F_REQUEST,
			},
		.info = {.ifi_index = (int)ifindex},
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -1 : 0;
}

static uint32_t xdp_read(const struct rtattr *xdp)
{
	int left = (int)RTA_PAYLOAD(xdp);
	uint32_t id = 0;

	for (const struct rtattr *attribute = RTA_DATA(xdp); RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left)) {
		if (attribute->rta_type == IFLA_XDP_PROG_ID)
			memcpy(&id, RTA_DATA(attribute), sizeof(id));
	}
	return id;
}

uint32_t link_xdp_program(uint32_t ifindex)
{
	char buffer[RECEIVE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *message = (void *)buffer;
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t length = -1;

	if (fd >= 0 && !request_send(fd, ifindex))
		length = recv(fd, buffer, sizeof(buffer), 0);
	if (length <= 0 || !NLMSG_OK(message, (unsigned)length) ||
	    message->nlmsg_type != RTM_NEWLINK)
		return 0;

	const struct ifinfomsg *info = NLMSG_DATA(message);
	int left = (int)IFLA_PAYLOAD(message);

	for (const struct rtattr *attribute = IFLA_RTA(info); RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left)) {
		if ((attribute->rta_type & NLA_TYPE_MASK) == IFLA_XDP)
			return xdp_read(attribute);
	}
	return 0;
}
