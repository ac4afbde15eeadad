/* SPDX-License-Identifier: Apache-2.0 */
/* Frames as a wire carries them: segmentation and checksums that senders left to the hardware. */
#ifndef PATHROUTE_IMPAIR_FRAME_H
#define PATHROUTE_IMPAIR_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "impair_device.h"

typedef void impair_frame_sink(void *context, unsigned char *frame, size_t length);

/* TCP over IPv4 or IPv6 without extension headers, and not a later fragment. */
bool impair_frame_is_tcp(const unsigned char *frame, size_t length);

/* Gives `sink` each wire frame of what was received, in order. The frame may be overwritten. */
void impair_frame_split(unsigned char *frame, size_t length, const struct impair_offload *offload,
			impair_frame_sink *sink, void *context);

/* Flips one bit, chosen by `where`, of a TCP segment (header or payload, not the ports). */
void impair_frame_corrupt(unsigned char *frame, size_t length, unsigned long long where);

#endif
