/* SPDX-License-Identifier: Apache-2.0 */
#include "file_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

/* Not blocked by a FIFO that happens to have the name of a manifest. */
static int open_regular(const char *path, int *ret_fd, size_t *ret_size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return errno ? -errno : -EIO;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	*ret_size = (size_t)status.st_size;
	*ret_fd = STEAL_FD(fd);
	return 0;
}

/* Until the end of the file or of the room. */
static ssize_t read_all(int fd, char *text, size_t room)
{
	size_t length = 0;
	ssize_t got;

	while (length < room) {
		got = read(fd, text + length, room - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return (ssize_t)length;
}

int file_text_read(const char *path, size_t max, char **ret_text, size_t *ret_length)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	size_t size = 0;
	ssize_t length;
	int error;

	error = open_regular(path, &fd, &size);
	if (error)
		return error;
	if (size > max)
		return -EFBIG;
	/* One more, to see whether it has grown since. */
	text = malloc(size + 1);
	if (!text)
		return -ENOMEM;
	length = read_all(fd, text, size + 1);
	if (length < 0)
		return (int)length;
	if ((size_t)length > size)
		return -EAGAIN;
	text[length] = '\0';
	*ret_text = STEAL(text);
	*ret_length = (size_t)length;
	return 0;
}
