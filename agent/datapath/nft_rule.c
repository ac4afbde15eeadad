/* SPDX-License-Identifier: Apache-2.0 */
#include "nft_rule.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>

#define REGISTER_ADDRESS NFT_REG32_00
/* Behind the address, as the set's key has it. */
#define REGISTER_PORT_V4 NFT_REG32_01
#define REGISTER_PORT_V6 NFT_REG32_04

struct field {
	uint32_t base;
	uint32_t offset;
	uint32_t length;
};

/* By [ipv6][source]. */
static const struct field addresses[2][2] = {
	{{NFT_PAYLOAD_NETWORK_HEADER, 16, 4}, {NFT_PAYLOAD_NETWORK_HEADER, 12, 4}},
	{{NFT_PAYLOAD_NETWORK_HEADER, 24, 16}, {NFT_PAYLOAD_NETWORK_HEADER, 8, 16}},
};

/* By [source]. */
static const struct field ports[2] = {
	{NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2},
	{NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2},
};

struct expression {
	struct nlmsghdr *message;
	struct nlattr *element;
	struct nlattr *data;
};

static struct expression expression_begin(struct nlmsghdr *message, const char *name)
{
	struct expression made = {.message = message};

	made.element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
	made.data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	return made;
}

static void expression_put(const struct expression *expression, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(expression->message, type, htonl(value));
}

static void expression_end(const struct expression *expression)
{
	mnl_attr_nest_end(expression->message, expression->data);
	mnl_attr_nest_end(expression->message, expression->element);
}

static void put_meta(struct nlmsghdr *message, uint32_t key)
{
	struct expression meta = expression_begin(message, "meta");

	expression_put(&meta, NFTA_META_KEY, key);
	expression_put(&meta, NFTA_META_DREG, REGISTER_ADDRESS);
	expression_end(&meta);
}

static void put_equals(struct nlmsghdr *message, uint8_t value)
{
	struct expression compare = expression_begin(message, "cmp");
	struct nlattr *data;

	expression_put(&compare, NFTA_CMP_SREG, REGISTER_ADDRESS);
	expression_put(&compare, NFTA_CMP_OP, NFT_CMP_EQ);
	data = mnl_attr_nest_start(message, NFTA_CMP_DATA);
	mnl_attr_put_u8(message, NFTA_DATA_VALUE, value);
	mnl_attr_nest_end(message, data);
	expression_end(&compare);
}

static void put_payload(struct nlmsghdr *message, const struct field *field, uint32_t target)
{
	struct expression payload = expression_begin(message, "payload");

	expression_put(&payload, NFTA_PAYLOAD_DREG, target);
	expression_put(&payload, NFTA_PAYLOAD_BASE, field->base);
	expression_put(&payload, NFTA_PAYLOAD_OFFSET, field->offset);
	expression_put(&payload, NFTA_PAYLOAD_LEN, field->length);
	expression_end(&payload);
}

static void put_lookup(struct nlmsghdr *message, const char *set)
{
	struct expression lookup = expression_begin(message, "lookup");

	mnl_attr_put_strz(message, NFTA_LOOKUP_SET, set);
	expression_put(&lookup, NFTA_LOOKUP_SREG, REGISTER_ADDRESS);
	expression_end(&lookup);
}

/* The address is translated to what it is. */
static void put_keep_address(struct nlmsghdr *message, const struct nft_rule *rule)
{
	struct expression nat;

	put_payload(message, &addresses[rule->ipv6][false], REGISTER_ADDRESS);
	nat = expression_begin(message, "nat");
	expression_put(&nat, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	expression_put(&nat, NFTA_NAT_FAMILY, rule->ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
	expression_put(&nat, NFTA_NAT_REG_ADDR_MIN, REGISTER_ADDRESS);
	expression_end(&nat);
}

static void put_notrack(struct nlmsghdr *message)
{
	struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);

	mnl_attr_put_strz(message, NFTA_EXPR_NAME, "notrack");
	mnl_attr_nest_end(message, element);
}

static void put_expressions(struct nlmsghdr *message, const struct nft_rule *rule)
{
	put_meta(message, rule->replies ? NFT_META_IIF : NFT_META_OIF);
	put_lookup(message, rule->devices);
	put_meta(message, NFT_META_NFPROTO);
	put_equals(message, rule->ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
	put_meta(message, NFT_META_L4PROTO);
	put_equals(message, IPPROTO_TCP);
	put_payload(message, &addresses[rule->ipv6][rule->replies], REGISTER_ADDRESS);
	put_payload(message, &ports[rule->replies],
		    rule->ipv6 ? REGISTER_PORT_V6 : REGISTER_PORT_V4);
	put_lookup(message, rule->listeners);
	if (rule->verdict == NFT_KEEP_ADDRESS)
		put_keep_address(message, rule);
	else
		put_notrack(message);
}

void nft_rule_add(struct nft_batch *batch, const struct nft_rule *rule)
{
	struct nlmsghdr *message =
		nft_batch_add(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	struct nlattr *expressions;

	if (!message)
		return;
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, rule->table);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, rule->chain);
	expressions = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
	put_expressions(message, rule);
	mnl_attr_nest_end(message, expressions);
}
