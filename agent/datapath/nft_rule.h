/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for the node's own requests, as expressions of nf_tables. */
#ifndef PATHROUTE_NFT_RULE_H
#define PATHROUTE_NFT_RULE_H

#include <stdbool.h>

#include "nft_batch.h"

enum nft_verdict {
	NFT_KEEP_ADDRESS, /* a null binding: no other nat rule is asked for this connection */
	NFT_NOTRACK,
};

/* "<device> @devices, TCP, <address> . <port> @listeners: verdict". */
struct nft_rule {
	const char *table;
	const char *chain;
	const char *devices;   /* set of interface indexes */
	const char *listeners; /* set of addresses and ports */
	bool ipv6;
	bool replies; /* device, address and port where it comes from; else where it goes */
	enum nft_verdict verdict;
};

/* Adds it at the end of its chain. */
void nft_rule_add(struct nft_batch *batch, const struct nft_rule *rule);

#endif
