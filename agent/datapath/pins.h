/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directories of the pins, which keep maps and links alive without the agent:
 *
 *	<bpffs>/pathroute/v<DATAPATH_ABI_VERSION>/<map>
 *	<bpffs>/pathroute/v<DATAPATH_ABI_VERSION>/links/<ifindex>
 */
#ifndef PATHROUTE_PINS_H
#define PATHROUTE_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PINS_BPFFS_MAX 200 /* bytes of the bpffs directory's path, NUL included */
#define PINS_PATH_MAX 300  /* bytes of any path below it */

/* Writes "<bpffs>/pathroute/v1". Returns 0 or -ENAMETOOLONG. */
int pins_format_directory(const char *bpffs, char *ret_path, size_t size);

/* Makes all directories (and `bpffs` itself, if its parent is a bpffs). Returns 0, -ENODEV when
 * `bpffs` is no BPF file system, or another error. */
int pins_make_directories(const char *bpffs);

/* True if `path` exists and lies in a BPF file system. */
bool pins_is_bpffs(const char *path);

/* One agent (or uninstall) at a time works on a bpffs directory: locked until the descriptor is
 * closed, or the process ends. Returns 0, -EBUSY when another one holds it, or another error. */
int pins_lock(const char *bpffs, int *ret_fd);

/* Opens a pinned object by its name in the directory ("rules", "links/5") for reading and writing.
 * Returns a descriptor or a negative errno. */
int pins_open(const char *directory, const char *name);

/* Pins `fd` under the name, in place of what was pinned there. */
int pins_put(const char *directory, const char *name, int fd);

/* 0 also when nothing is pinned there. */
int pins_unlink(const char *directory, const char *name);

/* Detaches the pinned link and unpins it. 0 also when nothing is pinned there. */
int pins_detach_link(const char *directory, const char *name);

/* Calls back for each pinned link with its file name; non-zero ends the walk and is returned.
 * 0 when there is no such directory. */
typedef int (*pins_visit_link)(void *context, const char *directory, const char *name);
int pins_walk_links(const char *directory, pins_visit_link visit, void *context);

/* The same for another folder than "links". */
int pins_walk(const char *directory, const char *folder, pins_visit_link visit, void *context);

/* Calls back for each "<bpffs>/pathroute/v*", whatever the version. */
typedef int (*pins_visit_directory)(void *context, const char *directory);
int pins_walk_versions(const char *bpffs, pins_visit_directory visit, void *context);

/* Unpins everything under "<bpffs>/pathroute" and removes it. 0 also when there was nothing. */
int pins_remove(const char *bpffs);

#endif
