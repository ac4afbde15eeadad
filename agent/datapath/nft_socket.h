/* SPDX-License-Identifier: Apache-2.0 */
/* Asks nf_tables of the network namespace. Each call opens a socket of its own. */
#ifndef PATHROUTE_NFT_SOCKET_H
#define PATHROUTE_NFT_SOCKET_H

#include "nft_batch.h"

/* Returns 0, or the kernel's first refusal; then nothing has changed. A transaction without
 * nft_batch_commit() is only tried. -EPROTONOSUPPORT, -EOPNOTSUPP: there is no nf_tables. */
int nft_socket_send(const struct nft_batch *batch);

/* Whether there is a table of this name in a family, NFPROTO_*: 1 or 0, or an error. */
int nft_socket_find_table(uint8_t family, const char *name);

#endif
