/* SPDX-License-Identifier: Apache-2.0 */
/* Raw access to an Ethernet device (AF_PACKET), whole frames in and out. */
#ifndef PATHROUTE_IMPAIR_DEVICE_H
#define PATHROUTE_IMPAIR_DEVICE_H

#include <stddef.h>
#include <sys/types.h>

#define IMPAIR_FRAME_MAX (65536 + 64)

struct impair_device {
	int fd;      /* receives, with virtio headers */
	int send_fd; /* sends plain frames */
};

/* What the sender left for the hardware to do. */
struct impair_offload {
	size_t segment_size;    /* TCP payload of one frame; 0: one frame */
	size_t checksum_start;  /* 0: the checksum is complete, or nobody's business */
	size_t checksum_offset; /* of the field, from checksum_start */
};

/* 0, or a negative errno. */
int impair_device_open(const char *name, struct impair_device *ret_device);

/* The next frame that came in (not one that was sent): its length, or 0 if there is none. */
ssize_t impair_device_receive(struct impair_device *device, unsigned char *frame,
			      struct impair_offload *ret_offload);

/* 0, or a negative errno when the frame could not be queued. */
int impair_device_send(struct impair_device *device, const unsigned char *frame, size_t length);

#endif
