/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transaction for nf_tables as bytes: netlink messages in a row. Tables, sets, chains and rules
 * are of family inet. After an error the calls do nothing; nft_batch_end() tells.
 *
 * Source: <linux/netfilter/nf_tables.h>, <linux/netfilter/nfnetlink.h>.
 */
#ifndef PATHROUTE_NFT_BATCH_H
#define PATHROUTE_NFT_BATCH_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

struct nft_batch {
	char *data;
	size_t length;
	size_t capacity;
	uint32_t sequence;
	struct nlmsghdr *message; /* not ended yet; NULL: none */
	int error;
};

/* Attributes may be added to a message until the next one begins: so many bytes. */
#define NFT_MESSAGE_MAX 4096

void nft_batch_begin(struct nft_batch *batch);

/* Begins a message, NFT_MSG_NEWTABLE and so on. NULL: no memory. */
struct nlmsghdr *nft_batch_add(struct nft_batch *batch, uint16_t type, uint16_t flags);

/* Ends the last message. Returns 0 or -ENOMEM. */
int nft_batch_end(struct nft_batch *batch);

/* Without this the kernel checks the transaction and forgets it. */
void nft_batch_commit(struct nft_batch *batch);

/* Accepts a zeroed one. */
void nft_batch_done(struct nft_batch *batch);

#endif
