/* SPDX-License-Identifier: Apache-2.0 */
#include "readings_map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../base/cleanup.h"

#define BATCH_ELEMENTS 512
#define BATCH_BYTES_MAX (1 << 20) /* of per-CPU values, which are large where CPUs are many */
#define BATCH_CURSOR_MAX 64       /* the largest key, which is the cursor of an array */

struct batch {
	struct bpf_map_info info;
	size_t value_size; /* as copied to us */
	uint32_t elements;
	char *keys;
	char *values;
	uint64_t cursor[BATCH_CURSOR_MAX / 8];
	bool started;
};

static void batch_done(struct batch *batch)
{
	free(batch->keys);
	free(batch->values);
}

static int map_info(int fd, struct bpf_map_info *ret_info)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	*ret_info = info;
	return 0;
}

int readings_map_capacity(int fd, uint32_t *ret_capacity)
{
	struct bpf_map_info info = {0};
	int error = map_info(fd, &info);

	if (error)
		return error;
	*ret_capacity = info.max_entries;
	return 0;
}

int readings_map_open(const char *directory, const char *name)
{
	char path[PATH_MAX];
	LIBBPF_OPTS(bpf_obj_get_opts, options, .file_flags = BPF_F_RDONLY);
	int length = snprintf(path, sizeof(path), "%s/%s", directory, name);
	int fd;

	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	fd = bpf_obj_get_opts(path, &options);
	return fd < 0 ? -errno : fd;
}

int readings_map_lookup(int fd, const void *key, void *ret_value)
{
	return bpf_map_lookup_elem(fd, key, ret_value) ? -errno : 0;
}

static int batch_init(struct batch *batch, int fd)
{
	int error = map_info(fd, &batch->info);
	int cpus = 1;

	if (error)
		return error;
	if (batch->info.key_size > BATCH_CURSOR_MAX)
		return -E2BIG;
	batch->value_size = batch->info.value_size;
	batch->elements = BATCH_ELEMENTS;
	if (batch->info.type == BPF_MAP_TYPE_PERCPU_ARRAY) {
		cpus = libbpf_num_possible_cpus();
		if (cpus < 0)
			return cpus;
		batch->value_size = (batch->value_size + 7) / 8 * 8 * (size_t)cpus;
		while (batch->elements > 1 && batch->elements * batch->value_size > BATCH_BYTES_MAX)
			batch->elements /= 2;
	}
	batch->keys = calloc(batch->elements, batch->info.key_size);
	batch->values = calloc(batch->elements, batch->value_size);
	return batch->keys && batch->values ? 0 : -ENOMEM;
}

/* Reads the next elements. At the end of the map: -ENOENT, perhaps with a last few elements. */
static int batch_next(struct batch *batch, int fd, uint32_t *count)
{
	int error = bpf_map_lookup_batch(fd, batch->started ? batch->cursor : NULL, batch->cursor,
					 batch->keys, batch->values, count, NULL);

	batch->started = true;
	if (error && errno != ENOENT) {
		*count = 0;
		return -errno;
	}
	return error ? -ENOENT : 0;
}

static int batch_visit(const struct batch *batch, uint32_t count,
		       const struct readings_map_walk *walk)
{
	int result = 0;

	for (uint32_t i = 0; i < count && !result; i++)
		result = walk->visit(batch->keys + (size_t)i * batch->info.key_size,
				     batch->values + i * batch->value_size, walk->context);
	return result;
}

int readings_map_walk(int fd, const struct readings_map_walk *walk)
{
	_cleanup_(batch_done) struct batch batch = {0};
	uint32_t left = walk->limit ? walk->limit : UINT32_MAX;
	int error = batch_init(&batch, fd);

	while (!error && left) {
		uint32_t count = left < batch.elements ? left : batch.elements;
		int result;

		error = batch_next(&batch, fd, &count);
		result = batch_visit(&batch, count, walk);
		if (result)
			return result;
		left -= count;
	}
	return error == -ENOENT ? 0 : error;
}
