/* SPDX-License-Identifier: Apache-2.0 */
#include "attach_filters.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/cleanup.h"

#define RECEIVE_MAX 32768 /* what the kernel puts into one message of a dump, at most */

struct filter_walk {
	attach_filter_visit visit;
	void *context;
	bool done;
};

static int request_send(int fd, uint32_t ifindex, enum attach_hook hook)
{
	struct {
		struct nlmsghdr header;
		struct tcmsg tc;
	} request = {
		.header =
			{
				.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETTFILTER,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			},
		.tc =
			{
				.tcm_ifindex = (int)ifindex,
				.tcm_parent = TC_H_MAKE(TC_H_CLSACT, hook == ATTACH_EGRESS
									     ? TC_H_MIN_EGRESS
									     : TC_H_MIN_INGRESS),
			},
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

static void options_read(const struct rtattr *options, struct attach_filter *filter)
{
	int left = (int)RTA_PAYLOAD(options);

	for (const struct rtattr *attribute = RTA_DATA(options); RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left)) {
		if (attribute->rta_type == TCA_BPF_ID)
			memcpy(&filter->program_id, RTA_DATA(attribute), sizeof(uint32_t));
		if (attribute->rta_type == TCA_BPF_NAME)
			memcpy(filter->name, RTA_DATA(attribute),
			       strnlen(RTA_DATA(attribute), sizeof(filter->name) - 1));
	}
}

static struct attach_filter filter_read(const struct nlmsghdr *message)
{
	const struct tcmsg *tc = NLMSG_DATA(message);
	struct attach_filter filter = {
		.handle = tc->tcm_handle,
		.priority = TC_H_MAJ(tc->tcm_info) >> 16,
		.protocol = ntohs((uint16_t)TC_H_MIN(tc->tcm_info)),
	};
	const struct rtattr *options = NULL;
	int left = (int)TCA_PAYLOAD(message);

	for (const struct rtattr *attribute = TCA_RTA(tc); RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left)) {
		if (attribute->rta_type == TCA_KIND)
			filter.is_bpf = !strcmp(RTA_DATA(attribute), "bpf");
		if (attribute->rta_type == TCA_OPTIONS)
			options = attribute;
	}
	if (filter.is_bpf && options)
		options_read(options, &filter);
	return filter;
}

static int message_read(struct filter_walk *walk, const struct nlmsghdr *message)
{
	struct attach_filter filter;

	if (message->nlmsg_type == NLMSG_DONE)
		walk->done = true;
	if (message->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
	if (message->nlmsg_type != RTM_NEWTFILTER)
		return 0;
	filter = filter_read(message);
	return walk->visit(walk->context, &filter);
}

static int reply_read(int fd, struct filter_walk *walk)
{
	char buffer[RECEIVE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t length = recv(fd, buffer, sizeof(buffer), 0);
	unsigned left = length > 0 ? (unsigned)length : 0;
	int error = 0;

	if (length < 0)
		return -errno;
	for (const struct nlmsghdr *message = (void *)buffer; !error && NLMSG_OK(message, left);
	     message = NLMSG_NEXT(message, left))
		error = message_read(walk, message);
	return error;
}

int attach_filters_walk(uint32_t ifindex, enum attach_hook hook, attach_filter_visit visit,
			void *context)
{
	struct filter_walk walk = {.visit = visit, .context = context};
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int error;

	if (fd < 0)
		return -errno;
	error = request_send(fd, ifindex, hook);
	while (!error && !walk.done)
		error = reply_read(fd, &walk);
	return error;
}
