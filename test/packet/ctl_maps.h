/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pinned maps in a directory of their own, filled with:
 *   10.96.0.1:80 and [fd00::96]:80
 *     shop.example.com  /api  rule api: 90 % shop/api:http (10.0.1.2, fd00:1::2), 10 % shop/canary
 *                       /api  POST: rule post (a missing and an empty backend)
 *                       /old  exactly: redirect to /new
 *                       default backend: rule default (no endpoint)
 *     *.example.com     /     rule default
 *     any               /any  rule api, ambiguous paths as they stand
 *   devices lo, attached, and gone0, which does not exist
 *   three flows, of fd00:9::1 (waiting), 192.0.2.1 (spliced) and 192.0.2.2 (gathering)
 *   one of ten requests is logged
 */
#ifndef PATHROUTE_TEST_CTL_MAPS_H
#define PATHROUTE_TEST_CTL_MAPS_H

#include "../../agent/datapath/attach.h"
#include "../../bpf/datapath_abi.h"

#define CTL_MAPS_FLOWS 1024

struct pathroute_tc;

struct ctl_maps {
	char bpffs[64];
	struct pathroute_tc *skeleton;
	int program_fd; /* lets every packet pass; on the loopback device of a new namespace */
	uint32_t program_id;
	enum attach_mode attached;
};

/* Those of the running group of tests. */
extern struct ctl_maps ctl_maps;

/* Group fixture. */
int ctl_maps_begin(void **state);
int ctl_maps_end(void **state);

/* Puts the program on the loopback device in another mode than recorded, perhaps. */
int ctl_maps_attach(enum attach_wish wish);

#endif
