/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_watch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/cleanup.h"

#define DIRECTORY_EVENTS                                                                         \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_DELETE_SELF | \
	 IN_MOVE_SELF | IN_ONLYDIR)
#define PARENT_EVENTS (IN_CREATE | IN_MOVED_TO | IN_ONLYDIR)
#define EVENTS_MAX 4096 /* bytes read at once */

struct manifest_watch {
	char *directory; /* without a slash at the end */
	char *parent;
	const char *base; /* last element of directory */
	int fd;
	int directory_watch;
	int parent_watch;
	size_t length; /* of what was read */
	size_t used;
	char events[EVENTS_MAX] __attribute__((aligned(__alignof__(struct inotify_event))));
};

static void watch_freep(struct manifest_watch **watch)
{
	manifest_watch_free(*watch);
}

static int last_error(void)
{
	return errno ? -errno : -EIO;
}

static int split_path(struct manifest_watch *watch, const char *directory)
{
	size_t length = strlen(directory);
	const char *slash;

	while (length > 1 && directory[length - 1] == '/')
		length--;
	watch->directory = strndup(directory, length);
	if (!watch->directory)
		return -ENOMEM;
	slash = strrchr(watch->directory, '/');
	watch->base = slash ? slash + 1 : watch->directory;
	if (!slash)
		watch->parent = strdup(".");
	else
		watch->parent =
			strndup(watch->directory,
				slash == watch->directory ? 1 : (size_t)(slash - watch->directory));
	return watch->parent ? 0 : -ENOMEM;
}

/* The old directory, if it still exists elsewhere, is of no interest any more. */
static int watch_directory(struct manifest_watch *watch)
{
	int descriptor = inotify_add_watch(watch->fd, watch->directory, DIRECTORY_EVENTS);
	int error = descriptor < 0 ? last_error() : 0;

	if (watch->directory_watch >= 0 && watch->directory_watch != descriptor)
		inotify_rm_watch(watch->fd, watch->directory_watch);
	watch->directory_watch = descriptor;
	return error;
}

int manifest_watch_new(const char *directory, struct manifest_watch **ret_watch)
{
	_cleanup_(watch_freep) struct manifest_watch *watch = calloc(1, sizeof(*watch));
	int error;

	if (!watch)
		return -ENOMEM;
	watch->directory_watch = -1;
	watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->fd < 0)
		return last_error();
	error = split_path(watch, directory);
	if (!error)
		error = watch_directory(watch);
	if (error)
		return error;
	/* Only a directory that is replaced needs it, and the parent may not be readable. */
	watch->parent_watch = inotify_add_watch(watch->fd, watch->parent, PARENT_EVENTS);
	*ret_watch = STEAL(watch);
	return 0;
}

void manifest_watch_free(struct manifest_watch *watch)
{
	if (!watch)
		return;
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch->directory);
	free(watch->parent);
	free(watch);
}

int manifest_watch_fd(const struct manifest_watch *watch)
{
	return watch->fd;
}

int manifest_watch_renew(struct manifest_watch *watch)
{
	return watch_directory(watch);
}

static int fill(struct manifest_watch *watch)
{
	ssize_t got;

	if (watch->used < watch->length)
		return 0;
	do
		got = read(watch->fd, watch->events, sizeof(watch->events));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return last_error();
	watch->length = (size_t)got;
	watch->used = 0;
	return 0;
}

/* A file that is just being created is of interest only when it is closed; a link is complete. */
static bool is_link(const struct manifest_watch *watch, const char *name)
{
	struct stat status;
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/%s", watch->directory, name);

	if (length < 0 || (size_t)length >= sizeof(path) || lstat(path, &status) < 0)
		return false;
	return S_ISLNK(status.st_mode) || status.st_nlink > 1;
}

static bool is_swap(const struct inotify_event *event)
{
	return event->mask & (IN_MOVED_TO | IN_CREATE) && !strcmp(event->name, "..data");
}

static bool read_directory_event(struct manifest_watch *watch, const struct inotify_event *event,
				 enum manifest_change *ret_change, char *ret_name)
{
	if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
		*ret_change = watch_directory(watch) ? MANIFEST_CHANGE_LOST : MANIFEST_CHANGE_ALL;
		return true;
	}
	if (event->len == 0)
		return false;
	if (is_swap(event)) {
		*ret_change = MANIFEST_CHANGE_ALL;
		return true;
	}
	if (event->mask & IN_CREATE && !is_link(watch, event->name))
		return false;
	*ret_change = MANIFEST_CHANGE_FILE;
	snprintf(ret_name, NAME_MAX + 1, "%s", event->name);
	return true;
}

/* False: the event is of no interest. */
static bool read_event(struct manifest_watch *watch, const struct inotify_event *event,
		       enum manifest_change *ret_change, char *ret_name)
{
	if (event->mask & IN_Q_OVERFLOW) {
		*ret_change = watch_directory(watch) ? MANIFEST_CHANGE_LOST : MANIFEST_CHANGE_ALL;
		return true;
	}
	if (event->wd == watch->directory_watch)
		return read_directory_event(watch, event, ret_change, ret_name);
	if (event->wd != watch->parent_watch || event->len == 0 ||
	    strcmp(event->name, watch->base) != 0)
		return false;
	*ret_change = watch_directory(watch) ? MANIFEST_CHANGE_LOST : MANIFEST_CHANGE_ALL;
	return true;
}

int manifest_watch_next(struct manifest_watch *watch, enum manifest_change *ret_change,
			char ret_name[NAME_MAX + 1])
{
	const struct inotify_event *event;
	int error;

	ret_name[0] = '\0';
	for (;;) {
		error = fill(watch);
		if (error)
			return error;
		event = (const struct inotify_event *)(watch->events + watch->used);
		watch->used += sizeof(*event) + event->len;
		if (read_event(watch, event, ret_change, ret_name))
			return 0;
	}
}
