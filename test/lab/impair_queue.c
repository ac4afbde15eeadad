/* SPDX-License-Identifier: Apache-2.0 */
#include "impair_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_before(const struct impair_entry *a, const struct impair_entry *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->serial < b->serial;
}

static void swap(struct impair_entry *a, struct impair_entry *b)
{
	struct impair_entry kept = *a;

	*a = *b;
	*b = kept;
}

int impair_queue_push(struct impair_queue *queue, unsigned long long due_us, int to,
		      const unsigned char *frame, size_t length)
{
	struct impair_entry *entries = queue->entries;
	size_t place = queue->count;
	unsigned char *copy;

	if (queue->count == IMPAIR_QUEUE_MAX)
		return -ENOBUFS;
	copy = malloc(length);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, frame, length);
	entries[place] = (struct impair_entry){.due_us = due_us,
					       .serial = queue->serial++,
					       .frame = copy,
					       .length = length,
					       .to = to};
	queue->count++;
	for (; place > 0 && is_before(&entries[place], &entries[(place - 1) / 2]);
	     place = (place - 1) / 2)
		swap(&entries[place], &entries[(place - 1) / 2]);
	return 0;
}

static void sink_top(struct impair_queue *queue)
{
	struct impair_entry *entries = queue->entries;
	size_t place = 0, child;

	while ((child = 2 * place + 1) < queue->count) {
		if (child + 1 < queue->count && is_before(&entries[child + 1], &entries[child]))
			child++;
		if (!is_before(&entries[child], &entries[place]))
			return;
		swap(&entries[child], &entries[place]);
		place = child;
	}
}

bool impair_queue_pop(struct impair_queue *queue, unsigned long long now_us,
		      struct impair_entry *ret_entry)
{
	if (queue->count == 0 || queue->entries[0].due_us > now_us)
		return false;
	*ret_entry = queue->entries[0];
	queue->entries[0] = queue->entries[--queue->count];
	sink_top(queue);
	return true;
}

int impair_queue_wait_ms(const struct impair_queue *queue, unsigned long long now_us)
{
	unsigned long long due;

	if (queue->count == 0)
		return -1;
	due = queue->entries[0].due_us;
	return due <= now_us ? 0 : (int)((due - now_us + 999) / 1000);
}
