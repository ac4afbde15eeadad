/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../agent/base/cleanup.h"
#include "harness_verifier.h"
#include "harness_xdp.h"
#include "pathroute_tc.skel.h"
#include "pathroute_xdp.skel.h"

#define LOG_SIZE 65536
#define LOG_STATISTICS 4 /* BPF_LOG_STATS: no trace of the walk, only the summary */

static unsigned long read_steps(const char *log)
{
	const char *found = strstr(log, "processed ");

	return found ? strtoul(found + strlen("processed "), NULL, 10) : 0;
}

static unsigned set_logs(struct bpf_object *object, char *logs, unsigned max)
{
	struct bpf_program *program;
	unsigned count = 0;

	bpf_object__for_each_program(program, object)
	{
		if (count == max)
			break;
		bpf_program__set_log_level(program, LOG_STATISTICS);
		bpf_program__set_log_buf(program, logs + (size_t)count * LOG_SIZE, LOG_SIZE);
		count++;
	}
	return count;
}

static void read_logs(struct bpf_object *object, const char *logs, unsigned count,
		      struct verifier_reading *ret_readings)
{
	struct bpf_program *program;
	unsigned i = 0;

	bpf_object__for_each_program(program, object)
	{
		if (i == count)
			break;
		snprintf(ret_readings[i].program, sizeof(ret_readings[i].program), "%s",
			 bpf_program__name(program));
		ret_readings[i].steps = read_steps(logs + (size_t)i * LOG_SIZE);
		i++;
	}
}

static int read_early(struct testbed *testbed, char *logs, struct verifier_reading *ret_readings,
		      unsigned max)
{
	struct pathroute_xdp *early = xdp_open(testbed);
	unsigned count;
	int error;

	if (!early)
		return -ENOMEM;
	count = set_logs(early->obj, logs, max);
	error = pathroute_xdp__load(early);
	if (!error)
		read_logs(early->obj, logs, count, ret_readings);
	pathroute_xdp__destroy(early);
	return error ? error : (int)count;
}

int verifier_read(const struct datapath_settings *settings, struct verifier_reading *ret_readings,
		  unsigned max)
{
	_cleanup_free_ char *logs = calloc(max, LOG_SIZE);
	struct testbed testbed = {.skeleton = testbed_open(settings), .settings = *settings};
	unsigned count;
	int error;

	if (!logs || !testbed.skeleton) {
		pathroute_tc__destroy(testbed.skeleton);
		return -ENOMEM;
	}
	count = set_logs(testbed.skeleton->obj, logs, max);
	error = pathroute_tc__load(testbed.skeleton);
	if (!error)
		read_logs(testbed.skeleton->obj, logs, count, ret_readings);
	if (!error)
		error = read_early(&testbed, logs, ret_readings + count, max - count);
	pathroute_tc__destroy(testbed.skeleton);
	return error < 0 ? error : (int)count + error;
}
