/* SPDX-License-Identifier: Apache-2.0 */
#include "attach_chain.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "../base/cleanup.h"
#include "attach_clsact.h"
#include "attach_tcx.h"
#include "attach_xdp.h"
#include "link_xdp.h"

/* Ours is here: what was counted so far is before it. */
static void chain_found(struct attach_chain *chain, enum attach_mode mode, uint32_t program_id)
{
	chain->mode = mode;
	chain->program_id = program_id;
	chain->before += chain->behind;
	chain->behind = 0;
}

static void xdp_read(const char *directory, uint32_t ifindex, struct attach_chain *chain)
{
	uint32_t own = 0;

	if (attach_xdp_query(directory, ifindex, &own))
		own = 0;
	chain->xdp_id = link_xdp_program(ifindex);
	if (chain->xdp_id && chain->xdp_id != own)
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
		xdp_read(directory, ifindex, &chain);
	tcx_read(directory, ifindex, hook, &chain);
	error = attach_filters_walk(ifindex, hook, filter_count, &chain);
	if (!error)
		*ret_chain = chain;
	return error;
}
