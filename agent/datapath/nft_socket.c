/* SPDX-License-Identifier: Apache-2.0 */
#include "nft_socket.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "../base/cleanup.h"

#define RECEIVE_MAX 16384
#define SEND_ROOM 2 /* the kernel counts its own books, too */

static int socket_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);

	return fd < 0 ? -errno : fd;
}

static int socket_write(int fd, const void *data, size_t length)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int room = (int)(SEND_ROOM * length);

	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	return sendto(fd, data, length, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0 ? -errno
											   : 0;
}

static int first_error(const void *data, ssize_t length)
{
	const struct nlmsghdr *message = data;
	int left = (int)length;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		const struct nlmsgerr *told = mnl_nlmsg_get_payload(message);

		if (message->nlmsg_type == NLMSG_ERROR && told->error)
			return told->error;
	}
	return 0;
}

/* The kernel has answered before the sending call returns. */
static int socket_read_error(int fd)
{
	char data[RECEIVE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t length;
	int error = 0;

	while ((length = recv(fd, data, sizeof(data), 0)) > 0)
		error = error ?: first_error(data, length);
	if (length < 0 && errno != EAGAIN && !error)
		return -errno;
	return error;
}

static int ask(const void *data, size_t length)
{
	_cleanup_close_ int fd = socket_open();
	int error = fd < 0 ? fd : socket_write(fd, data, length);

	return error ?: socket_read_error(fd);
}

int nft_socket_send(const struct nft_batch *batch)
{
	return ask(batch->data, batch->length);
}

int nft_socket_find_table(uint8_t family, const char *name)
{
	char data[NFT_MESSAGE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(data);
	struct nfgenmsg *general;
	int error;

	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE;
	message->nlmsg_flags = NLM_F_REQUEST;
	general = mnl_nlmsg_put_extra_header(message, sizeof(*general));
	general->nfgen_family = family;
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, name);
	error = ask(data, message->nlmsg_len);
	if (error == -ENOENT)
		return 0;
	return error ?: 1;
}
