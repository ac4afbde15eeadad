/* SPDX-License-Identifier: Apache-2.0 */
#include "request_log.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "../base/cleanup.h"
#include "pins.h"

struct request_log {
	struct ring_buffer *ring;
	request_log_take take;
	void *context;
	unsigned limit;
	unsigned taken;
};

/* An error is the only way to make libbpf stop. */
static int sample_take(void *context, void *data, size_t size)
{
	struct request_log *log = context;
	struct log_entry entry;

	log->taken++;
	if (size >= sizeof(entry)) {
		memcpy(&entry, data, sizeof(entry));
		log->take(log->context, &entry);
	}
	return log->taken < log->limit ? 0 : -ECANCELED;
}

int request_log_open(const char *directory, const char *ring, request_log_take take, void *context,
		     struct request_log **ret_log)
{
	_cleanup_close_ int fd = pins_open(directory, ring);
	_cleanup_free_ struct request_log *log = calloc(1, sizeof(*log));

	if (fd < 0)
		return fd;
	if (!log)
		return -ENOMEM;
	log->take = take;
	log->context = context;
	log->ring = ring_buffer__new(fd, sample_take, log, NULL);
	if (!log->ring)
		return -errno;
	*ret_log = STEAL(log);
	return 0;
}

void request_log_close(struct request_log *log)
{
	if (!log)
		return;
	ring_buffer__free(log->ring);
	free(log);
}

int request_log_fd(const struct request_log *log)
{
	return ring_buffer__epoll_fd(log->ring);
}

int request_log_consume(struct request_log *log, unsigned limit)
{
	int result;

	log->limit = limit;
	log->taken = 0;
	result = ring_buffer__consume(log->ring);
	if (result < 0 && result != -ECANCELED)
		return result;
	return (int)log->taken;
}
