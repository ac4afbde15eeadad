/* SPDX-License-Identifier: Apache-2.0 */
#include "attach_clsact.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdbool.h>
#include <string.h>

#include "attach_filters.h"
#include "libbpf_words.h"

#define FILTER_HANDLE 0x70726f75 /* "prou" */
#define PRIORITIES 32            /* of which one must have room for us */

/* Where our filter is, or may be put. */
struct filter_place {
	bool found;
	uint32_t priority;
	bool taken[PRIORITIES + 1]; /* by a filter of another kind, or with our handle */
};

/* A handle can be taken by anybody; the program's name tells whose it is. */
bool attach_clsact_is_ours(const struct attach_filter *filter)
{
	static const char prefix[] = "pathroute_";

	return filter->handle == FILTER_HANDLE && filter->is_bpf &&
	       !strncmp(filter->name, prefix, sizeof(prefix) - 1);
}

static enum bpf_tc_attach_point hook_point(enum attach_hook hook)
{
	return hook == ATTACH_EGRESS ? BPF_TC_EGRESS : BPF_TC_INGRESS;
}

static int place_note(void *context, const struct attach_filter *filter)
{
	struct filter_place *place = context;

	if (attach_clsact_is_ours(filter)) {
		place->found = true;
		place->priority = filter->priority;
	} else if (filter->priority <= PRIORITIES) {
		place->taken[filter->priority] |= !filter->is_bpf ||
						  filter->protocol != ETH_P_ALL ||
						  filter->handle == FILTER_HANDLE;
	}
	return 0;
}

static int place_find(uint32_t ifindex, enum attach_hook hook, struct filter_place *ret_place)
{
	*ret_place = (struct filter_place){.found = false};
	return attach_filters_walk(ifindex, hook, place_note, ret_place);
}

/* The first one where a BPF filter fits. 0: none. */
static uint32_t place_free(const struct filter_place *place)
{
	for (uint32_t priority = 1; priority <= PRIORITIES; priority++) {
		if (!place->taken[priority])
			return priority;
	}
	return 0;
}

int attach_clsact(const struct attach_point *point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)point->ifindex,
		    .attach_point = hook_point(point->hook));
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FILTER_HANDLE, .prog_fd = point->program_fd);
	struct filter_place place;
	int error;

	libbpf_words_listen(); /* EEXIST is no news */
	error = bpf_tc_hook_create(&hook);
	if (error && error != -EEXIST)
		return error;
	error = place_find(point->ifindex, point->hook, &place);
	if (error)
		return error;
	filter.priority = place.found ? place.priority : place_free(&place);
	filter.flags = place.found ? BPF_TC_F_REPLACE : 0;
	return filter.priority ? bpf_tc_attach(&hook, &filter) : -EBUSY;
}

int attach_clsact_remove(uint32_t ifindex, enum attach_hook where)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = hook_point(where));
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FILTER_HANDLE);
	struct filter_place place;
	int error = place_find(ifindex, where, &place);

	if (error || !place.found)
		return error;
	filter.priority = place.priority;
	libbpf_words_listen();
	error = bpf_tc_detach(&hook, &filter);
	/* Filter, qdisc or device went meanwhile. */
	return error == -ENOENT || error == -EINVAL || error == -ENODEV ? 0 : error;
}
