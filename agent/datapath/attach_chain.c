/* SPDX-License-Identifier: Apache-2.0 */
#include "attach_chain.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "../base/cleanup.h"
#include "attach_clsact.h"
#include "attach_tcx.h"
#include "link_xdp.h"

#define OWN_PREFIX "pathroute_" /* of our programs' names */

/* Ours is here: what was counted so far is before it. */
static void chain_found(struct attach_chain *chain, enum attach_mode mode, uint32_t program_id)
{
	chain->mode = mode;
	chain->program_id = program_id;
	chain->before += chain->behind;
	chain->behind = 0;
}

static bool program_is_ours(uint32_t id)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &length) &&
	       !strncmp(info.name, OWN_PREFIX, sizeof(OWN_PREFIX) - 1);
}

static void xdp_read(uint32_t ifindex, struct attach_chain *chain)
{
	uint32_t id = link_xdp_program(ifindex);

	if (id && !program_is_ours(id))
		chain->behind++;
}

static void tcx_read(const char *directory, uint32_t ifindex, enum attach_hook hook,
		     struct attach_chain *chain)
{
	uint32_t programs[ATTACH_TCX_PROGRAMS], count = 0, own = 0;

	if (attach_tcx_query(directory, ifindex, hook, &own))
		own = 0;
	if (attach_tcx_list(ifindex, hook, programs, &count))
		count = 0; /* no tcx, no device, or one of another namespace */
	for (uint32_t i = 0; i < count; i++) {
		if (programs[i] == own)
			chain_found(chain, ATTACH_TCX, own);
		else
			chain->behind++;
	}
	if (own && chain->mode == ATTACH_NONE)
		chain_found(chain, ATTACH_TCX, own);
}

static int filter_count(void *context, const struct attach_filter *filter)
{
	struct attach_chain *chain = context;

	if (attach_clsact_is_ours(filter) && chain->mode == ATTACH_NONE)
		chain_found(chain, ATTACH_CLSACT, filter->program_id);
	else if (filter->handle)
		chain->behind++;
	return 0;
}

int attach_chain_read(const char *directory, uint32_t ifindex, enum attach_hook hook,
		      struct attach_chain *ret_chain)
{
	struct attach_chain chain = {.mode = ATTACH_NONE};
	int error;

	if (hook == ATTACH_INGRESS)
		xdp_read(ifindex, &chain);
	tcx_read(directory, ifindex, hook, &chain);
	error = attach_filters_walk(ifindex, hook, filter_count, &chain);
	if (!error)
		*ret_chain = chain;
	return error;
}
