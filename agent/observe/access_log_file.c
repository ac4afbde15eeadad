/* SPDX-License-Identifier: Apache-2.0 */
#include "access_log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include "../base/cleanup.h"

#define FILE_MODE 0640

struct access_log_file {
	const char *path;
	int fd;
	bool is_stdout;
	bool torn; /* the last write ended inside of a line */
	uint64_t dropped;
	size_t begin; /* of what is not written yet */
	size_t end;
	char buffer[ACCESS_LOG_BUFFER];
};

/* A descriptor or a negative errno. */
static int path_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		      FILE_MODE);

	return fd < 0 ? -errno : fd;
}

int access_log_file_open(const char *path, struct access_log_file **ret_file)
{
	_cleanup_free_ struct access_log_file *file = malloc(sizeof(*file));
	bool is_stdout = !strcmp(path, "-");
	int fd = is_stdout ? STDOUT_FILENO : path_open(path);

	if (fd < 0)
		return fd;
	if (!file) {
		if (!is_stdout)
			close(fd);
		return -ENOMEM;
	}
	file->path = path;
	file->fd = fd;
	file->is_stdout = is_stdout;
	file->torn = false;
	file->dropped = file->begin = file->end = 0;
	*ret_file = STEAL(file);
	return 0;
}

void access_log_file_close(struct access_log_file *file)
{
	if (!file)
		return;
	access_log_file_flush(file);
	if (!file->is_stdout)
		close(file->fd);
	free(file);
}

/* Others may write to our standard output, too, and would suffer from O_NONBLOCK. A pipe that is
 * ready takes PIPE_BUF bytes without waiting (pipe(7)). */
static ssize_t output_write(const struct access_log_file *file, const char *bytes, size_t length)
{
	struct pollfd ready = {.fd = file->fd, .events = POLLOUT};

	if (!file->is_stdout)
		return write(file->fd, bytes, length);
	if (poll(&ready, 1, 0) <= 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(file->fd, bytes, length < PIPE_BUF ? length : PIPE_BUF);
}

int access_log_file_flush(struct access_log_file *file)
{
	while (file->begin < file->end) {
		const char *bytes = file->buffer + file->begin;
		ssize_t written = output_write(file, bytes, file->end - file->begin);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written <= 0)
			continue;
		file->begin += (size_t)written;
		file->torn = bytes[written - 1] != '\n';
	}
	file->begin = file->end = 0;
	return 0;
}

static size_t room_make(struct access_log_file *file, size_t length)
{
	if (sizeof(file->buffer) - file->end < length)
		access_log_file_flush(file);
	if (sizeof(file->buffer) - file->end < length && file->begin) {
		memmove(file->buffer, file->buffer + file->begin, file->end - file->begin);
		file->end -= file->begin;
		file->begin = 0;
	}
	return sizeof(file->buffer) - file->end;
}

void access_log_file_add(struct access_log_file *file, const char *line, size_t length)
{
	if (room_make(file, length) < length) {
		file->dropped++;
		return;
	}
	memcpy(file->buffer + file->end, line, length);
	file->end += length;
}

/* The rest of a line whose beginning is in the old file. */
static void torn_line_drop(struct access_log_file *file)
{
	const char *newline;

	if (!file->torn || file->begin == file->end)
		return;
	newline = memchr(file->buffer + file->begin, '\n', file->end - file->begin);
	if (!newline)
		return;
	file->begin = (size_t)(newline + 1 - file->buffer);
	file->dropped++;
}

int access_log_file_reopen(struct access_log_file *file)
{
	int fd;

	if (file->is_stdout)
		return 0;
	access_log_file_flush(file);
	fd = path_open(file->path);
	if (fd < 0)
		return fd;
	torn_line_drop(file);
	file->torn = false;
	close(file->fd);
	file->fd = fd;
	return 0;
}

uint64_t access_log_file_take_dropped(struct access_log_file *file)
{
	uint64_t dropped = file->dropped;

	file->dropped = 0;
	return dropped;
}
