/* SPDX-License-Identifier: Apache-2.0 */
#include "xdp_features.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/cleanup.h"

/* Of <linux/netdev.h> since Linux 6.3; the headers of older systems lack it. */
#define FAMILY_NAME "netdev"
#define COMMAND_GET 1
#define ATTRIBUTE_IFINDEX 1
#define ATTRIBUTE_XDP_FEATURES 3

#define VALUE_MAX 16
#define RECEIVE_MAX 8192

struct request {
	struct nlmsghdr header;
	struct genlmsghdr generic;
	struct nlattr attribute;
	char value[VALUE_MAX];
};

struct reply {
	char data[RECEIVE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* One attribute there, one message back. */
static int ask(int fd, struct request *request, size_t value_size, struct reply *ret_reply)
{
	const struct nlmsghdr *header = (void *)ret_reply->data;
	size_t length = NLMSG_LENGTH(GENL_HDRLEN) + NLA_HDRLEN + NLMSG_ALIGN(value_size);
	ssize_t got;

	request->header.nlmsg_len = (uint32_t)length;
	request->header.nlmsg_flags = NLM_F_REQUEST;
	request->generic.version = 1;
	request->attribute.nla_len = (uint16_t)(NLA_HDRLEN + value_size);
	if (send(fd, request, length, 0) < 0)
		return -errno;
	got = recv(fd, ret_reply->data, sizeof(ret_reply->data), 0);
	if (got < 0)
		return -errno;
	if (!NLMSG_OK(header, (unsigned)got))
		return -EBADMSG;
	if (header->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
	return header->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) ? -EBADMSG : 0;
}

/* Copies an attribute's value; -ENOENT: there is none of that type and size. */
static int attribute_read(const struct reply *reply, unsigned type, void *ret_value, size_t size)
{
	const struct nlmsghdr *header = (const void *)reply->data;
	const char *next = (const char *)NLMSG_DATA(header) + GENL_HDRLEN;
	const char *end = reply->data + header->nlmsg_len;

	while (end - next >= NLA_HDRLEN) {
		const struct nlattr *attribute = (const void *)next;

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > end - next)
			return -ENOENT;
		if ((attribute->nla_type & NLA_TYPE_MASK) == type &&
		    attribute->nla_len == NLA_HDRLEN + size) {
			memcpy(ret_value, next + NLA_HDRLEN, size);
			return 0;
		}
		next += NLA_ALIGN(attribute->nla_len);
	}
	return -ENOENT;
}

static int family_find(int fd, struct reply *reply, uint16_t *ret_family)
{
	struct request request = {
		.header = {.nlmsg_type = GENL_ID_CTRL},
		.generic = {.cmd = CTRL_CMD_GETFAMILY},
		.attribute = {.nla_type = CTRL_ATTR_FAMILY_NAME},
		.value = FAMILY_NAME,
	};
	int error = ask(fd, &request, sizeof(FAMILY_NAME), reply);

	return error ?: attribute_read(reply, CTRL_ATTR_FAMILY_ID, ret_family, sizeof(*ret_family));
}

int xdp_features_read(uint32_t ifindex, uint64_t *ret_features)
{
	struct request request = {
		.generic = {.cmd = COMMAND_GET},
		.attribute = {.nla_type = ATTRIBUTE_IFINDEX},
	};
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	struct reply reply = {.data = {0}};
	int error;

	if (fd < 0)
		return -errno;
	error = family_find(fd, &reply, &request.header.nlmsg_type);
	if (error)
		return error;
	memcpy(request.value, &ifindex, sizeof(ifindex));
	error = ask(fd, &request, sizeof(ifindex), &reply);
	return error
		       ?: attribute_read(&reply, ATTRIBUTE_XDP_FEATURES, ret_features,
					 sizeof(*ret_features));
}
