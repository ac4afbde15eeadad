/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nf_tables table "inet pathroute", for requests of the node itself, as a transaction:
 *
 *	set devices_routed { interface indexes }
 *	set services4, services6, bare4, bare6 { address . port }
 *	chain keep_address	nat, output, before the node's other nat rules:
 *		oif @devices_routed ip daddr . tcp dport @services4 dnat to ip daddr
 *	chain untracked_requests	raw, output:
 *		oif @devices_routed ip daddr . tcp dport @bare4 notrack
 *	chain untracked_replies	raw, prerouting:
 *		iif @devices_routed ip saddr . tcp sport @bare4 notrack
 *
 * Only sets, chains and rules that listeners need are there; without any there is no table.
 */
#ifndef PATHROUTE_OWN_REQUESTS_TABLE_H
#define PATHROUTE_OWN_REQUESTS_TABLE_H

#include "../route/route_table.h"
#include "nft_batch.h"

#define OWN_REQUESTS_TABLE "pathroute"

struct own_requests_content {
	const struct table_listener *listeners; /* those of the node itself are left out */
	size_t listener_count;
	const uint32_t *devices; /* interface indexes */
	size_t device_count;
	/* Those of all Services are like bare ones: kube-proxy in mode nftables refuses each new
	 * connection to a cluster address that it has not translated itself. */
	bool untracked;
};

/* True if there has to be a table at all. */
bool own_requests_table_is_needed(const struct own_requests_content *content);

/* Puts the content in place of what is there now. Returns 0 or -ENOMEM; the caller calls
 * nft_batch_done(). */
int own_requests_table_build(const struct own_requests_content *content,
			     struct nft_batch *ret_batch);

/* The same, only to be tried: nothing is changed. */
int own_requests_table_build_trial(const struct own_requests_content *content,
				   struct nft_batch *ret_batch);

#endif
