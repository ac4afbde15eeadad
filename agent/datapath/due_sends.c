/* SPDX-License-Identifier: Apache-2.0 */
#include "due_sends.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"

#define FRAME_SIZE 128 /* any: the program builds its packet anew */

struct due_sends {
	struct ring_buffer *ring;
	int program_fd;
	unsigned limit;
	unsigned taken;
	int error;
};

int due_sends_one(int program_fd, const struct due_send *send)
{
	unsigned protocol = send->ipv6 ? ETH_P_IPV6 : ETH_P_IP;
	unsigned char frame[FRAME_SIZE] = {
		[12] = (unsigned char)(protocol >> 8), [13] = (unsigned char)protocol};
	struct __sk_buff context = {.cb = {send->slot, send->generation}};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &context, .ctx_size_in = sizeof(context));

	return bpf_prog_test_run_opts(program_fd, &run) ? -errno : 0;
}

/* An error is the only way to make libbpf stop. */
static int sample_take(void *context, void *data, size_t size)
{
	struct due_sends *sends = context;
	struct due_send send;

	sends->taken++;
	if (size >= sizeof(send)) {
		memcpy(&send, data, sizeof(send));
		sends->error = due_sends_one(sends->program_fd, &send) ?: sends->error;
	}
	return sends->taken < sends->limit ? 0 : -ECANCELED;
}

int due_sends_open(int ring_fd, struct due_sends **ret_sends)
{
	_cleanup_free_ struct due_sends *sends = calloc(1, sizeof(*sends));

	if (!sends)
		return -ENOMEM;
	sends->ring = ring_buffer__new(ring_fd, sample_take, sends, NULL);
	if (!sends->ring)
		return -errno;
	*ret_sends = STEAL(sends);
	return 0;
}

void due_sends_close(struct due_sends *sends)
{
	if (!sends)
		return;
	ring_buffer__free(sends->ring);
	free(sends);
}

int due_sends_fd(const struct due_sends *sends)
{
	return ring_buffer__epoll_fd(sends->ring);
}

int due_sends_run(struct due_sends *sends, int program_fd, unsigned limit)
{
	int result;

	sends->program_fd = program_fd;
	sends->limit = limit;
	sends->taken = 0;
	sends->error = 0;
	result = ring_buffer__consume(sends->ring);
	if (result < 0 && result != -ECANCELED)
		return result;
	return sends->error ?: (int)sends->taken;
}
