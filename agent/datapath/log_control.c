/* SPDX-License-Identifier: Apache-2.0 */
#include "log_control.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "../../bpf/datapath_abi.h"
#include "../base/cleanup.h"
#include "pins.h"
#include "readings.h"

#define NS_PER_MS 1000000ULL

/* Reads the one entry. Returns the map's descriptor or a negative errno. */
static int control_open(const char *directory, struct log_control *ret_control)
{
	_cleanup_close_ int fd = pins_open(directory, "log_control");
	uint32_t zero = 0;

	if (fd < 0)
		return fd;
	if (bpf_map_lookup_elem(fd, &zero, ret_control))
		return -errno;
	return STEAL_FD(fd);
}

static int control_write(int fd, const struct log_control *control)
{
	uint32_t zero = 0;

	return bpf_map_update_elem(fd, &zero, control, BPF_ANY) ? -errno : 0;
}

int log_control_set_every(const char *directory, uint32_t every)
{
	struct log_control control;
	_cleanup_close_ int fd = control_open(directory, &control);

	if (fd < 0)
		return fd;
	control.every = every;
	return control_write(fd, &control);
}

int log_control_set_tail(const char *directory, uint32_t milliseconds)
{
	struct log_control control;
	_cleanup_close_ int fd = control_open(directory, &control);

	if (fd < 0)
		return fd;
	control.tail_until = 0;
	if (milliseconds)
		control.tail_until = (readings_ticks_now() +
				      (uint32_t)(milliseconds * NS_PER_MS >> DATAPATH_TICK_SHIFT))
					     ?: 1; /* 0 means none */
	return control_write(fd, &control);
}

/* The programs never touch this counter, so the value of one CPU may be written. */
int log_control_count_unwritten(const char *directory, uint64_t entries)
{
	_cleanup_close_ int fd = pins_open(directory, "log_counts");
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ uint64_t *counts = calloc(cpus > 0 ? (size_t)cpus : 1, sizeof(*counts));
	uint32_t index = LOG_COUNT_UNWRITTEN;

	if (fd < 0 || cpus < 0)
		return fd < 0 ? fd : cpus;
	if (!counts)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &index, counts))
		return -errno;
	counts[0] += entries;
	return bpf_map_update_elem(fd, &index, counts, BPF_ANY) ? -errno : 0;
}
