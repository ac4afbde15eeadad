/* SPDX-License-Identifier: Apache-2.0 */
#include "own_requests_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "nft_rule.h"

#define ELEMENTS_A_MESSAGE 64
#define PRIORITY_RAW (-300)
/* Behind conntrack (-200), before kube-proxy and others who translate (-100). */
#define PRIORITY_NAT (-150)
/* Data types of nft, which shows the sets by them; the kernel does not look. */
#define TYPE_INTERFACE 20
#define TYPE_ADDRESS_PORT_V4 (7 << 6 | 13)
#define TYPE_ADDRESS_PORT_V6 (8 << 6 | 13)

#define DEVICES "devices_routed"

struct key {
	unsigned char bytes[20];
	uint16_t length;
};

struct set {
	const char *name;
	uint32_t id;
	uint32_t type;
	enum listener_owner owner;
	uint16_t key_length;
	bool ipv6;
};

static const struct set devices_set = {DEVICES, 1, TYPE_INTERFACE, LISTENER_NODE, 4, false};
static const struct set listener_sets[] = {
	{"services4", 2, TYPE_ADDRESS_PORT_V4, LISTENER_SERVICE, 8, false},
	{"services6", 3, TYPE_ADDRESS_PORT_V6, LISTENER_SERVICE, 20, true},
	{"bare4", 4, TYPE_ADDRESS_PORT_V4, LISTENER_BARE_SERVICE, 8, false},
	{"bare6", 5, TYPE_ADDRESS_PORT_V6, LISTENER_BARE_SERVICE, 20, true},
};
#define LISTENER_SETS (sizeof(listener_sets) / sizeof(listener_sets[0]))

struct chain {
	const char *name;
	const char *type;
	uint32_t hook;
	int32_t priority;
	enum listener_owner owner;
	bool replies;
	enum nft_verdict verdict;
};

static const struct chain chains[] = {
	{"keep_address", "nat", NF_INET_LOCAL_OUT, PRIORITY_NAT, LISTENER_SERVICE, false,
	 NFT_KEEP_ADDRESS},
	{"untracked_requests", "filter", NF_INET_LOCAL_OUT, PRIORITY_RAW, LISTENER_BARE_SERVICE,
	 false, NFT_NOTRACK},
	{"untracked_replies", "filter", NF_INET_PRE_ROUTING, PRIORITY_RAW, LISTENER_BARE_SERVICE,
	 true, NFT_NOTRACK},
};
#define CHAINS (sizeof(chains) / sizeof(chains[0]))

static bool is_ipv6(const struct ip_address *address)
{
	return address->word[0] || address->word[1] || address->word[2] != htonl(0xffff);
}

static bool set_has(const struct set *set, const struct own_requests_content *content,
		    const struct table_listener *listener)
{
	enum listener_owner owner = listener->owner;

	if (content->untracked && owner == LISTENER_SERVICE)
		owner = LISTENER_BARE_SERVICE;
	return owner == set->owner && is_ipv6(&listener->address) == set->ipv6;
}

static size_t set_count(const struct set *set, const struct own_requests_content *content)
{
	size_t count = 0;

	for (size_t i = 0; i < content->listener_count; i++)
		count += set_has(set, content, &content->listeners[i]);
	return count;
}

bool own_requests_table_is_needed(const struct own_requests_content *content)
{
	size_t count = 0;

	for (size_t i = 0; i < LISTENER_SETS; i++)
		count += set_count(&listener_sets[i], content);
	return count && content->device_count;
}

static void table_add(struct nft_batch *batch, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = nft_batch_add(batch, type, flags);

	if (message)
		mnl_attr_put_strz(message, NFTA_TABLE_NAME, OWN_REQUESTS_TABLE);
}

/* Tells nft, which keeps it as user data of the set, that keys are numbers in host order. */
static void host_order_put(struct nlmsghdr *message)
{
	const uint32_t host_order = 1;
	unsigned char data[2 + sizeof(host_order)] = {0, sizeof(host_order)};

	memcpy(data + 2, &host_order, sizeof(host_order));
	mnl_attr_put(message, NFTA_SET_USERDATA, sizeof(data), data);
}

static void set_add(struct nft_batch *batch, const struct set *set)
{
	struct nlmsghdr *message = nft_batch_add(batch, NFT_MSG_NEWSET, NLM_F_CREATE);

	if (!message)
		return;
	mnl_attr_put_strz(message, NFTA_SET_TABLE, OWN_REQUESTS_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_NAME, set->name);
	mnl_attr_put_u32(message, NFTA_SET_FLAGS, 0);
	mnl_attr_put_u32(message, NFTA_SET_KEY_TYPE, htonl(set->type));
	mnl_attr_put_u32(message, NFTA_SET_KEY_LEN, htonl(set->key_length));
	mnl_attr_put_u32(message, NFTA_SET_ID, htonl(set->id));
	if (set->type == TYPE_INTERFACE)
		host_order_put(message);
}

static void element_put(struct nlmsghdr *message, const struct key *key)
{
	struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	struct nlattr *data = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);

	mnl_attr_put(message, NFTA_DATA_VALUE, key->length, key->bytes);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, element);
}

static void elements_add(struct nft_batch *batch, const struct set *set, const struct key *keys,
			 size_t count)
{
	struct nlmsghdr *message;
	struct nlattr *list;

	message = count ? nft_batch_add(batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE) : NULL;
	if (!message)
		return;
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, OWN_REQUESTS_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set->name);
	mnl_attr_put_u32(message, NFTA_SET_ELEM_LIST_SET_ID, htonl(set->id));
	list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (size_t i = 0; i < count; i++)
		element_put(message, &keys[i]);
	mnl_attr_nest_end(message, list);
}

static struct key listener_key(const struct table_listener *listener)
{
	struct key key = {.length = is_ipv6(&listener->address) ? 20 : 8};
	const uint16_t port = htons(listener->port);
	const char *address = (const char *)&listener->address;
	size_t length = key.length - sizeof(uint32_t);

	memcpy(key.bytes, address + sizeof(listener->address) - length, length);
	memcpy(key.bytes + length, &port, sizeof(port));
	return key;
}

static void listeners_add(struct nft_batch *batch, const struct set *set,
			  const struct own_requests_content *content)
{
	struct key keys[ELEMENTS_A_MESSAGE];
	size_t count = 0;

	set_add(batch, set);
	for (size_t i = 0; i < content->listener_count; i++) {
		if (!set_has(set, content, &content->listeners[i]))
			continue;
		keys[count++] = listener_key(&content->listeners[i]);
		if (count < ELEMENTS_A_MESSAGE)
			continue;
		elements_add(batch, set, keys, count);
		count = 0;
	}
	elements_add(batch, set, keys, count);
}

static void devices_add(struct nft_batch *batch, const struct own_requests_content *content)
{
	struct key keys[ELEMENTS_A_MESSAGE];
	size_t count = 0;

	set_add(batch, &devices_set);
	for (size_t i = 0; i < content->device_count; i++) {
		keys[count] = (struct key){.length = sizeof(uint32_t)};
		memcpy(keys[count++].bytes, &content->devices[i], sizeof(uint32_t));
		if (count < ELEMENTS_A_MESSAGE)
			continue;
		elements_add(batch, &devices_set, keys, count);
		count = 0;
	}
	elements_add(batch, &devices_set, keys, count);
}

static void chain_add(struct nft_batch *batch, const struct chain *chain)
{
	struct nlmsghdr *message = nft_batch_add(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nlattr *hook;

	if (!message)
		return;
	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, OWN_REQUESTS_TABLE);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain->name);
	mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, chain->type);
	hook = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(chain->hook));
	mnl_attr_put_u32(message, NFTA_HOOK_PRIORITY, htonl((uint32_t)chain->priority));
	mnl_attr_nest_end(message, hook);
}

static void chain_fill(struct nft_batch *batch, const struct chain *chain,
		       const struct own_requests_content *content)
{
	bool is_there = false;

	for (size_t i = 0; i < LISTENER_SETS; i++) {
		const struct set *set = &listener_sets[i];

		if (set->owner != chain->owner || !set_count(set, content))
			continue;
		if (!is_there)
			chain_add(batch, chain);
		is_there = true;
		nft_rule_add(batch, &(const struct nft_rule){
					    .table = OWN_REQUESTS_TABLE,
					    .chain = chain->name,
					    .devices = DEVICES,
					    .listeners = set->name,
					    .ipv6 = set->ipv6,
					    .replies = chain->replies,
					    .verdict = chain->verdict,
				    });
	}
}

static void content_add(struct nft_batch *batch, const struct own_requests_content *content)
{
	table_add(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	devices_add(batch, content);
	for (size_t i = 0; i < LISTENER_SETS; i++) {
		if (set_count(&listener_sets[i], content))
			listeners_add(batch, &listener_sets[i], content);
	}
	for (size_t i = 0; i < CHAINS; i++)
		chain_fill(batch, &chains[i], content);
}

static int batch_build(const struct own_requests_content *content, bool commit,
		       struct nft_batch *ret_batch)
{
	struct nft_batch batch = {0};

	nft_batch_begin(&batch);
	/* Made first, so that it can be deleted whether it is there or not. */
	table_add(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	table_add(&batch, NFT_MSG_DELTABLE, 0);
	if (own_requests_table_is_needed(content))
		content_add(&batch, content);
	if (commit)
		nft_batch_commit(&batch);
	if (nft_batch_end(&batch)) {
		nft_batch_done(&batch);
		return -ENOMEM;
	}
	*ret_batch = batch;
	return 0;
}

int own_requests_table_build(const struct own_requests_content *content,
			     struct nft_batch *ret_batch)
{
	return batch_build(content, true, ret_batch);
}

int own_requests_table_build_trial(const struct own_requests_content *content,
				   struct nft_batch *ret_batch)
{
	return batch_build(content, false, ret_batch);
}
