/* SPDX-License-Identifier: Apache-2.0 */
#include "nft_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

static void message_close(struct nft_batch *batch)
{
	if (!batch->message)
		return;
	batch->length += NLMSG_ALIGN(batch->message->nlmsg_len);
	batch->message = NULL;
}

static int room_make(struct nft_batch *batch)
{
	size_t capacity = batch->capacity ? 2 * batch->capacity : 4 * NFT_MESSAGE_MAX;
	char *data;

	if (batch->capacity - batch->length >= NFT_MESSAGE_MAX)
		return 0;
	data = realloc(batch->data, capacity);
	if (!data)
		return -ENOMEM;
	batch->data = data;
	batch->capacity = capacity;
	return 0;
}

static struct nlmsghdr *message_open(struct nft_batch *batch, uint16_t type, uint8_t family,
				     uint16_t resource)
{
	struct nfgenmsg *general;

	message_close(batch);
	if (!batch->error)
		batch->error = room_make(batch);
	if (batch->error)
		return NULL;
	batch->message = mnl_nlmsg_put_header(batch->data + batch->length);
	batch->message->nlmsg_type = type;
	batch->message->nlmsg_flags = NLM_F_REQUEST;
	batch->message->nlmsg_seq = batch->sequence++;
	general = mnl_nlmsg_put_extra_header(batch->message, sizeof(*general));
	general->nfgen_family = family;
	general->version = NFNETLINK_V0;
	general->res_id = htons(resource);
	return batch->message;
}

void nft_batch_begin(struct nft_batch *batch)
{
	message_open(batch, NFNL_MSG_BATCH_BEGIN, NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES);
}

struct nlmsghdr *nft_batch_add(struct nft_batch *batch, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message =
		message_open(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), NFPROTO_INET, 0);

	if (message)
		message->nlmsg_flags |= flags;
	return message;
}

void nft_batch_commit(struct nft_batch *batch)
{
	message_open(batch, NFNL_MSG_BATCH_END, NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES);
}

int nft_batch_end(struct nft_batch *batch)
{
	message_close(batch);
	return batch->error;
}

void nft_batch_done(struct nft_batch *batch)
{
	free(batch->data);
}
