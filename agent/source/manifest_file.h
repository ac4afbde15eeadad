/* SPDX-License-Identifier: Apache-2.0 */
/* One file of manifests, read and decoded: what it has, and what is wrong with it. */
#ifndef PATHROUTE_MANIFEST_FILE_H
#define PATHROUTE_MANIFEST_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "../base/rejection.h"
#include "../route/object.h"

/* An object of the file. Refused: object is NULL, rejection says why, and namespace is NULL too if
 * it cannot even be told which object it is. */
struct manifest_entry {
	struct object *object;
	enum object_kind kind;
	char *namespace;
	char *name;
	unsigned line;
	struct rejection rejection;
};

struct manifest_file {
	struct manifest_entry *entries;
	size_t count;
	size_t capacity;
	size_t foreign; /* objects of kinds that are not ours */
};

/*
 * The caller releases *ret_file with manifest_file_done(). 0; -ENOENT: there is no such file;
 * -EFBIG: it is larger than MANIFEST_FILE_MAX or has more than MANIFEST_OBJECTS_MAX;
 * -EINVAL: it is not a regular file; -EAGAIN: it is just growing; -ENOMEM; another negative errno
 * of open() or read().
 */
int manifest_file_read(const char *path, struct manifest_file *ret_file);

/* The same for a text that is there already and ends with a NUL; JSON if it begins with "{". */
int manifest_file_parse(const char *text, size_t length, struct manifest_file *ret_file);

/* Accepts a zeroed one. */
void manifest_file_done(struct manifest_file *file);

/* By its name: .yaml, .yml, .json, and no dot in front. */
bool manifest_file_is_one(const char *name);

#endif
