/* SPDX-License-Identifier: Apache-2.0 */
#include "pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../../bpf/datapath_abi.h"
#include "../base/cleanup.h"

static inline void closedirp(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

#define _cleanup_closedir_ _cleanup_(closedirp)

static int path_join(char *ret_path, size_t size, const char *directory, const char *name)
{
	int length = snprintf(ret_path, size, "%s/%s", directory, name);

	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

int pins_format_directory(const char *bpffs, char *ret_path, size_t size)
{
	int length = snprintf(ret_path, size, "%s/pathroute/v%d", bpffs, DATAPATH_ABI_VERSION);

	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

bool pins_is_bpffs(const char *path)
{
	struct statfs info;

	return !statfs(path, &info) && (uint32_t)info.f_type == BPF_FS_MAGIC;
}

static int directory_make(const char *path)
{
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

/* A directory made outside of a bpffs would be taken for one that is not mounted. */
static int bpffs_make(const char *bpffs)
{
	char parent[PINS_BPFFS_MAX];
	const char *slash = strrchr(bpffs, '/');
	size_t length = slash ? (size_t)(slash - bpffs) : 0;

	if (strlen(bpffs) >= PINS_BPFFS_MAX)
		return -ENAMETOOLONG;
	if (pins_is_bpffs(bpffs))
		return 0;
	memcpy(parent, bpffs, length);
	parent[length] = '\0';
	return pins_is_bpffs(parent) ? directory_make(bpffs) : -ENODEV;
}

int pins_make_directories(const char *bpffs)
{
	static const char *const formats[] = {"%s/pathroute", "%s/pathroute/v%d",
					      "%s/pathroute/v%d/links", "%s/pathroute/v%d/xdp"};
	char path[PINS_PATH_MAX];
	int error = bpffs_make(bpffs);

	for (size_t i = 0; !error && i < sizeof(formats) / sizeof(formats[0]); i++) {
		snprintf(path, sizeof(path), formats[i], bpffs, DATAPATH_ABI_VERSION);
		error = directory_make(path);
	}
	return error;
}

int pins_lock(const char *bpffs, int *ret_fd)
{
	_cleanup_close_ int fd = open(bpffs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	*ret_fd = STEAL_FD(fd);
	return 0;
}

int pins_open(const char *directory, const char *name)
{
	char path[PINS_PATH_MAX];
	int error = path_join(path, sizeof(path), directory, name);

	if (error)
		return error;
	error = bpf_obj_get(path);
	return error < 0 ? -errno : error;
}

int pins_put(const char *directory, const char *name, int fd)
{
	char path[PINS_PATH_MAX];
	int error = path_join(path, sizeof(path), directory, name);

	if (error)
		return error;
	unlink(path);
	return bpf_obj_pin(fd, path) ? -errno : 0;
}

int pins_unlink(const char *directory, const char *name)
{
	char path[PINS_PATH_MAX];
	int error = path_join(path, sizeof(path), directory, name);

	if (error)
		return error;
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

int pins_detach_link(const char *directory, const char *name)
{
	_cleanup_close_ int fd = pins_open(directory, name);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	bpf_link_detach(fd); /* fails if the device is gone; unpinning is what counts then */
	return pins_unlink(directory, name);
}

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

int pins_walk(const char *directory, const char *folder, pins_visit_link visit, void *context)
{
	char path[PINS_PATH_MAX], name[PINS_PATH_MAX];
	_cleanup_closedir_ DIR *links = NULL;
	const struct dirent *entry;
	int error = path_join(path, sizeof(path), directory, folder);

	if (error)
		return error;
	links = opendir(path);
	if (!links)
		return errno == ENOENT ? 0 : -errno;
	while (!error && (entry = readdir(links))) {
		if (is_dot(entry->d_name) || path_join(name, sizeof(name), folder, entry->d_name))
			continue;
		error = visit(context, directory, name);
	}
	return error;
}

int pins_walk_links(const char *directory, pins_visit_link visit, void *context)
{
	return pins_walk(directory, "links", visit, context);
}

int pins_walk_versions(const char *bpffs, pins_visit_directory visit, void *context)
{
	char path[PINS_PATH_MAX], version[PINS_PATH_MAX];
	_cleanup_closedir_ DIR *versions = NULL;
	const struct dirent *entry;
	int error = path_join(path, sizeof(path), bpffs, "pathroute");

	if (error)
		return error;
	versions = opendir(path);
	if (!versions)
		return errno == ENOENT ? 0 : -errno;
	while (!error && (entry = readdir(versions))) {
		if (entry->d_name[0] != 'v' ||
		    path_join(version, sizeof(version), path, entry->d_name))
			continue;
		error = visit(context, version);
	}
	return error;
}

static int tree_remove(const char *path, int depth);

static int entries_remove(const char *path, int depth)
{
	char child[PINS_PATH_MAX];
	_cleanup_closedir_ DIR *directory = opendir(path);
	const struct dirent *entry;
	int error = 0;

	if (!directory)
		return -errno;
	while (!error && (entry = readdir(directory))) {
		if (is_dot(entry->d_name))
			continue;
		error = path_join(child, sizeof(child), path, entry->d_name);
		if (error)
			return error;
		if (unlink(child))
			error = errno == EISDIR || errno == EPERM ? tree_remove(child, depth - 1)
								  : -errno;
	}
	return error;
}

static int tree_remove(const char *path, int depth)
{
	int error = depth ? entries_remove(path, depth) : -ELOOP;

	if (!error && rmdir(path))
		error = -errno;
	return error;
}

int pins_remove(const char *bpffs)
{
	char path[PINS_PATH_MAX];
	int error = path_join(path, sizeof(path), bpffs, "pathroute");

	if (!error)
		error = tree_remove(path, 3);
	return error == -ENOENT ? 0 : error;
}
