/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../agent/base/cleanup.h"
#include "../test/packet/harness_routes.h"
#include "head.skel.h"
#include "head_bench.h"
#include "head_case.h"

#define HEAD_FORMAT                                                                              \
	"GET /api/v1/items?id=42&sort=name HTTP/1.1\r\n"                                         \
	"Host: %s\r\n"                                                                           \
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" \
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"            \
	"Accept-Language: en-US,en;q=0.5\r\n"                                                    \
	"Accept-Encoding: gzip, deflate, br\r\n"                                                 \
	"Connection: keep-alive\r\n"                                                             \
	"Upgrade-Insecure-Requests: 1\r\n"                                                       \
	"Cookie: session=%.*s\r\n\r\n"

static const char filler[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
			     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void free_skeleton(struct head **skeleton)
{
	head__destroy(*skeleton);
}

/* The head has its length from the cookie. */
int head_case_text(bool ipv6, char *ret_text)
{
	const char *host = ipv6 ? "[2001:db8:1:2::80]" : "www.example.com";
	int fixed = snprintf(NULL, 0, HEAD_FORMAT, host, 0, filler);

	if (fixed > HEAD_CASE_LENGTH || HEAD_CASE_LENGTH - fixed >= (int)sizeof(filler))
		return -EINVAL;
	return snprintf(ret_text, HEAD_CASE_LENGTH + 1, HEAD_FORMAT, host, HEAD_CASE_LENGTH - fixed,
			filler);
}

static int write_head(struct head *skeleton, bool ipv6)
{
	int map = bpf_map__fd(skeleton->maps.head_bench_map);
	_cleanup_free_ struct head_bench *bench = calloc(1, sizeof(*bench));
	uint32_t zero = 0;
	int length;

	if (!bench)
		return -ENOMEM;
	length = head_case_text(ipv6, (char *)bench->hold.data);
	if (length < 0)
		return length;
	bench->table = ROUTES_TABLE;
	bench->hold.length = (uint32_t)length;
	return bpf_map_update_elem(map, &zero, bench, BPF_ANY);
}

/* What the testbed has is shared; the rest exists once more and small. */
static void share_maps(struct head *skeleton, const struct testbed *testbed)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, skeleton->obj)
	{
		int fd = bpf_map__is_internal(map) ? -1 : testbed_map(testbed, bpf_map__name(map));

		bpf_map__set_pin_path(map, NULL);
		if (fd >= 0)
			bpf_map__reuse_fd(map, fd);
	}
}

static int run_once(int program, const struct packet *packet)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet->bytes,
		    .data_size_in = (uint32_t)packet->length);
	int error = bpf_prog_test_run_opts(program, &options);

	return error ? error : (int)options.retval;
}

int head_case_measure(struct measure *measure, const struct testbed *testbed, bool ipv6,
		      struct measure_result *ret_result)
{
	_cleanup_(free_skeleton) struct head *skeleton = head__open();
	struct packet packet = {.length = 64};
	int program, error;

	if (!skeleton)
		return -errno;
	share_maps(skeleton, testbed);
	error = head__load(skeleton);
	if (!error)
		error = write_head(skeleton, ipv6);
	if (error)
		return error;
	program = bpf_program__fd(skeleton->progs.head_tc);
	if (run_once(program, &packet) != RULE_API)
		return -EINVAL;
	return measure_run_bare(measure, program, &packet, ret_result);
}
