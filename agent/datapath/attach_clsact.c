/* SPDX-License-Identifier: Apache-2.0 */
#include "attach_clsact.h"

#include <bpf/libbpf.h>
#include <errno.h>

#include "libbpf_words.h"

#define FILTER_HANDLE 0x70726f75 /* "prou" */
#define FILTER_PRIORITY 1

static enum bpf_tc_attach_point point_of(enum attach_hook hook)
{
	return hook == ATTACH_EGRESS ? BPF_TC_EGRESS : BPF_TC_INGRESS;
}

int attach_clsact(uint32_t ifindex, enum attach_hook where, int program_fd)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point_of(where));
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY,
		    .prog_fd = program_fd, .flags = BPF_TC_F_REPLACE);
	int error;

	libbpf_words_listen(); /* EEXIST is no news */
	error = bpf_tc_hook_create(&hook);
	if (error && error != -EEXIST)
		return error;
	return bpf_tc_attach(&hook, &filter);
}

int attach_clsact_remove(uint32_t ifindex, enum attach_hook where)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point_of(where));
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY);
	int error;

	libbpf_words_listen();
	error = bpf_tc_detach(&hook, &filter);
	/* No filter, no qdisc, no device. */
	return error == -ENOENT || error == -EINVAL || error == -ENODEV ? 0 : error;
}

int attach_clsact_query(uint32_t ifindex, enum attach_hook where, uint32_t *ret_program_id)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point_of(where));
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY);

	libbpf_words_listen();
	if (bpf_tc_query(&hook, &filter))
		return -ENOENT;
	*ret_program_id = filter.prog_id;
	return 0;
}
