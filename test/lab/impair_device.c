/* SPDX-License-Identifier: Apache-2.0 */
#include "impair_device.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define BUFFER_SIZE (64 << 20)

static int open_socket(int protocol, unsigned int index)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)index,
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -errno;
}

static int set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0 ? 0 : -errno;
}

int impair_device_open(const char *name, struct impair_device *ret_device)
{
	unsigned int index = if_nametoindex(name);
	struct impair_device device;
	int error;

	if (index == 0)
		return -errno;
	device.send_fd = open_socket(0, index);
	device.fd = open_socket(ETH_P_ALL, index);
	if (device.fd < 0 || device.send_fd < 0)
		return device.fd < 0 ? device.fd : device.send_fd;
	error = set_option(device.fd, SOL_PACKET, PACKET_VNET_HDR, 1);
	if (error == 0)
		error = set_option(device.fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
	if (error == 0)
		error = set_option(device.fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_SIZE);
	if (error == 0)
		error = set_option(device.send_fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_SIZE);
	if (error == 0)
		*ret_device = device;
	return error;
}

ssize_t impair_device_receive(struct impair_device *device, unsigned char *frame,
			      struct impair_offload *ret_offload)
{
	struct virtio_net_hdr header;
	struct iovec parts[2] = {{&header, sizeof(header)}, {frame, IMPAIR_FRAME_MAX}};
	ssize_t length = readv(device->fd, parts, 2);
	struct impair_offload offload = {0};

	if (length < (ssize_t)(sizeof(header) + ETH_HLEN))
		return 0;
	if (header.gso_type != VIRTIO_NET_HDR_GSO_NONE)
		offload.segment_size = header.gso_size;
	if (header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		offload.checksum_start = header.csum_start;
		offload.checksum_offset = header.csum_offset;
	}
	*ret_offload = offload;
	return length - (ssize_t)sizeof(header);
}

int impair_device_send(struct impair_device *device, const unsigned char *frame, size_t length)
{
	return send(device->send_fd, frame, length, 0) == (ssize_t)length ? 0 : -errno;
}
