/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that wait for their time: a heap by due time, first in first out among equals. */
#ifndef PATHROUTE_IMPAIR_QUEUE_H
#define PATHROUTE_IMPAIR_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#define IMPAIR_QUEUE_MAX 65536 /* frames; more are dropped, as a wire's buffer would */

struct impair_entry {
	unsigned long long due_us, serial;
	unsigned char *frame;
	size_t length;
	int to;
};

/* Zeroed, it is an empty queue. */
struct impair_queue {
	struct impair_entry entries[IMPAIR_QUEUE_MAX];
	size_t count;
	unsigned long long serial;
};

/* Copies the frame. -ENOMEM, or -ENOBUFS when the queue is full. */
int impair_queue_push(struct impair_queue *queue, unsigned long long due_us, int to,
		      const unsigned char *frame, size_t length);

/* The next frame that is due, the caller's to free; false if none is. */
bool impair_queue_pop(struct impair_queue *queue, unsigned long long now_us,
		      struct impair_entry *ret_entry);

/* For epoll_wait(): until the next frame is due, -1 if the queue is empty. */
int impair_queue_wait_ms(const struct impair_queue *queue, unsigned long long now_us);

#endif
