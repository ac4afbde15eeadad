/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changes in a directory (inotify). The directory's parent is watched too, so that a
 * directory, or a symbolic link to one, that is replaced is followed to the new one.
 */
#ifndef PATHROUTE_MANIFEST_WATCH_H
#define PATHROUTE_MANIFEST_WATCH_H

#include <limits.h>

struct manifest_watch;

enum manifest_change {
	MANIFEST_CHANGE_FILE, /* a file of the name was written, moved, linked or deleted */
	MANIFEST_CHANGE_ALL,  /* anything may have changed */
	MANIFEST_CHANGE_LOST, /* the directory is gone; it will be followed if it comes back */
};

/* 0 or a negative errno (-ENOENT, -ENOTDIR, -EACCES ...). */
int manifest_watch_new(const char *directory, struct manifest_watch **ret_watch);
/* Accepts NULL. */
void manifest_watch_free(struct manifest_watch *watch);

int manifest_watch_fd(const struct manifest_watch *watch);

/* Watches what the directory's name leads to now. 0 or a negative errno, as above. */
int manifest_watch_renew(struct manifest_watch *watch);

/*
 * Never blocks. 0 and the next change, with the file's name; -EAGAIN: there is none; another
 * negative errno of read().
 */
int manifest_watch_next(struct manifest_watch *watch, enum manifest_change *ret_change,
			char ret_name[NAME_MAX + 1]);

#endif
