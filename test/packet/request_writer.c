/* SPDX-License-Identifier: Apache-2.0 */
#include "request_writer.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "../../agent/base/cleanup.h"
#include "request_writer.skel.h"

struct log_entry request_writer_entry(void)
{
	struct log_entry entry = {
		.started_ns = 1000000000,
		.request_bytes = 120,
		.reply_bytes = 4567,
		.first_us = 800,
		.total_us = 1500,
		.rule = 1,
		.endpoint = 1,
		.client = {.word = {0, 0, htonl(0xffff), htonl(0xc0000201)}},
		.client_port = htons(40001),
		.status = 200,
		.method_length = 3,
		.host_length = 16,
		.path_length = 6,
	};

	memcpy(entry.method, "GET", 3);
	memcpy(entry.host, "shop.example.com", 16);
	memcpy(entry.path, "/api/x", 6);
	return entry;
}

static void skeleton_destroyp(struct request_writer **skeleton)
{
	request_writer__destroy(*skeleton);
}

static int entry_put(const struct request_writer *skeleton)
{
	unsigned char packet[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));

	if (bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.put_entry), &run))
		return -errno;
	return (int)run.retval;
}

int request_writer_put(int ring_fd, const struct log_entry *entry, int count)
{
	_cleanup_(skeleton_destroyp) struct request_writer *skeleton = request_writer__open();
	uint32_t zero = 0;
	int error, taken = 0;

	if (!skeleton)
		return -errno;
	error = bpf_map__reuse_fd(skeleton->maps.ring, ring_fd);
	if (!error)
		error = request_writer__load(skeleton);
	if (error)
		return error;
	if (bpf_map_update_elem(bpf_map__fd(skeleton->maps.next_entry), &zero, entry, BPF_ANY))
		return -errno;
	for (int i = 0; i < count; i++)
		taken += !entry_put(skeleton);
	return taken;
}
