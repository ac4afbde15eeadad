/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "harness_xdp.h"
#include "pathroute_tc.skel.h"
#include "pathroute_xdp.skel.h"

#define FRAME_MIN 60

/* Maps of tc's that XDP has as well are shared, as the agent does it. */
static int share_maps(const struct testbed *testbed, const struct pathroute_xdp *early)
{
	struct bpf_map *map;
	int error = 0;

	bpf_object__for_each_map(map, early->obj)
	{
		int fd = testbed_map(testbed, bpf_map__name(map));

		bpf_map__set_pin_path(map, NULL);
		if (!error && fd >= 0 && !bpf_map__is_internal(map))
			error = bpf_map__reuse_fd(map, fd);
	}
	return error;
}

struct pathroute_xdp *xdp_open(const struct testbed *testbed)
{
	struct pathroute_xdp *early = pathroute_xdp__open();

	if (!early)
		return NULL;
	memcpy((void *)&early->rodata->settings, &testbed->settings, sizeof(testbed->settings));
	if (!share_maps(testbed, early))
		return early;
	pathroute_xdp__destroy(early);
	return NULL;
}

int xdp_load(struct testbed *testbed)
{
	struct pathroute_xdp *early = xdp_open(testbed);
	int error;

	if (!early)
		return -ENOMEM;
	error = pathroute_xdp__load(early);
	if (error) {
		pathroute_xdp__destroy(early);
		return error;
	}
	xdp_unload(testbed);
	testbed->early = early;
	testbed->early_fd = bpf_program__fd(early->progs.pathroute_early);
	return 0;
}

void xdp_unload(struct testbed *testbed)
{
	pathroute_xdp__destroy(testbed->early);
	testbed->early = NULL;
}

/* The shortest frame of Ethernet may be longer than the IP packet in it. */
static size_t length_without_padding(const struct packet *packet)
{
	const uint8_t *ip = packet->bytes + ETHERNET_SIZE;
	size_t length =
		ip[0] >> 4 == 4 ? (size_t)(ip[2] << 8 | ip[3]) : 40 + (size_t)(ip[4] << 8 | ip[5]);

	return packet->length == FRAME_MIN && ETHERNET_SIZE + length < FRAME_MIN
		       ? ETHERNET_SIZE + length
		       : packet->length;
}

static int is_changed(const struct packet *before, const struct packet *after)
{
	return before->length != after->length ||
	       memcmp(before->bytes, after->bytes, before->length);
}

int xdp_run(struct testbed *testbed, const struct packet *packet)
{
	struct packet *after = &testbed->after;
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet->bytes,
		    .data_size_in = (uint32_t)packet->length, .data_out = after->bytes,
		    .data_size_out = sizeof(after->bytes));
	int error = bpf_prog_test_run_opts(testbed->early_fd, &options);

	after->length = options.data_size_out;
	testbed->at_xdp = !error && options.retval != XDP_PASS;
	if (error || (!testbed->at_xdp && is_changed(packet, after)))
		return error ? error : -EBADMSG;
	if (options.retval == XDP_TX)
		after->length = length_without_padding(after);
	testbed->action = options.retval == XDP_TX ? TESTBED_REDIRECT : TESTBED_DROP;
	return 0;
}
