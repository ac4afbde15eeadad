/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "../../agent/datapath/own_requests_table.h"
#include "small_table.h"

#define NFT(type) (NFNL_SUBSYS_NFTABLES << 8 | (type))
#define MANY 1000

static const uint32_t devices[] = {2, 7};

static struct table_listener listener(const char *address, uint16_t port, enum listener_owner owner)
{
	return (struct table_listener){
		.address = small_address(address), .port = port, .owner = owner};
}

static struct nft_batch build_content(const struct table_listener *listeners, size_t count,
				      bool untracked)
{
	const struct own_requests_content content = {
		.listeners = listeners,
		.listener_count = count,
		.devices = devices,
		.device_count = 2,
		.untracked = untracked,
	};
	struct nft_batch batch;

	assert_int_equal(own_requests_table_build(&content, &batch), 0);
	return batch;
}

static struct nft_batch build(const struct table_listener *listeners, size_t count)
{
	return build_content(listeners, count, false);
}

static size_t count_type(const struct nft_batch *batch, uint16_t type)
{
	const struct nlmsghdr *message = (const void *)batch->data;
	int left = (int)batch->length;
	size_t count = 0;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
		count += message->nlmsg_type == type;
	assert_int_equal(left, 0);
	return count;
}

static bool has(const struct nft_batch *batch, const void *bytes, size_t length)
{
	return memmem(batch->data, batch->length, bytes, length);
}

#define HAS_TEXT(batch, text) has(batch, text, sizeof(text))

static void a_listener_is_its_address_and_port_in_network_order(void **state)
{
	static const unsigned char v4[] = {10, 96, 0, 10, 0, 80, 0, 0};
	static const unsigned char v6[] = {0xfd, 0, 0, 0x96, 0, 0, 0, 0,    0, 0,
					   0,    0, 0, 0,    0, 1, 1, 0xbb, 0, 0};
	struct table_listener listeners[] = {listener("10.96.0.10", 80, LISTENER_SERVICE),
					     listener("fd00:96::1", 443, LISTENER_SERVICE)};
	struct nft_batch batch = build(listeners, 2);

	(void)state;
	assert_true(has(&batch, v4, sizeof(v4)));
	assert_true(has(&batch, v6, sizeof(v6)));
	assert_true(has(&batch, &devices[1], sizeof(devices[1])));
	nft_batch_done(&batch);
}

static void the_table_is_replaced_in_one_transaction(void **state)
{
	struct table_listener web = listener("10.96.0.10", 80, LISTENER_SERVICE);
	struct nft_batch batch = build(&web, 1);

	(void)state;
	assert_int_equal(count_type(&batch, NFNL_MSG_BATCH_BEGIN), 1);
	assert_int_equal(count_type(&batch, NFT(NFT_MSG_DELTABLE)), 1);
	assert_int_equal(count_type(&batch, NFT(NFT_MSG_NEWTABLE)), 2);
	assert_int_equal(count_type(&batch, NFT(NFT_MSG_NEWRULE)), 1);
	assert_int_equal(count_type(&batch, NFNL_MSG_BATCH_END), 1);
	nft_batch_done(&batch);
}

static void a_service_with_pods_keeps_its_address(void **state)
{
	struct table_listener web = listener("10.96.0.10", 80, LISTENER_SERVICE);
	struct nft_batch batch = build(&web, 1);

	(void)state;
	assert_true(HAS_TEXT(&batch, "services4"));
	assert_true(HAS_TEXT(&batch, "nat"));
	assert_false(HAS_TEXT(&batch, "services6"));
	assert_false(HAS_TEXT(&batch, "notrack"));
	nft_batch_done(&batch);
}

static void a_service_without_pods_is_not_tracked_both_ways(void **state)
{
	struct table_listener web = listener("fd00:96::1", 80, LISTENER_BARE_SERVICE);
	struct nft_batch batch = build(&web, 1);

	(void)state;
	assert_true(HAS_TEXT(&batch, "bare6"));
	assert_true(HAS_TEXT(&batch, "notrack"));
	assert_false(HAS_TEXT(&batch, "nat"));
	assert_int_equal(count_type(&batch, NFT(NFT_MSG_NEWRULE)), 2);
	nft_batch_done(&batch);
}

static void where_kube_proxy_refuses_what_it_has_not_translated_nothing_is_tracked(void **state)
{
	struct table_listener web = listener("10.96.0.10", 80, LISTENER_SERVICE);
	struct nft_batch batch = build_content(&web, 1, true);

	(void)state;
	assert_true(HAS_TEXT(&batch, "bare4"));
	assert_true(HAS_TEXT(&batch, "notrack"));
	assert_false(HAS_TEXT(&batch, "services4"));
	assert_false(HAS_TEXT(&batch, "nat"));
	nft_batch_done(&batch);
}

static void without_a_service_or_a_device_the_table_is_only_deleted(void **state)
{
	struct table_listener node = listener("192.0.2.1", 8080, LISTENER_NODE);
	struct table_listener web = listener("10.96.0.10", 80, LISTENER_SERVICE);
	struct own_requests_content content = {.listeners = &web, .listener_count = 1};
	struct nft_batch batch = build(&node, 1);

	(void)state;
	assert_int_equal(count_type(&batch, NFT(NFT_MSG_DELTABLE)), 1);
	assert_int_equal(count_type(&batch, NFT(NFT_MSG_NEWTABLE)), 1);
	nft_batch_done(&batch);
	assert_false(own_requests_table_is_needed(&content));
}

static void many_listeners_are_all_there(void **state)
{
	struct table_listener *listeners = calloc(MANY, sizeof(*listeners));
	struct nft_batch batch;

	(void)state;
	for (uint16_t i = 0; i < MANY; i++)
		listeners[i] = listener("fd00:96::1", i, LISTENER_SERVICE);
	batch = build(listeners, MANY);
	for (uint16_t i = 0; i < MANY; i++) {
		unsigned char port[] = {0, 1, i >> 8, i & 255, 0, 0};

		assert_true(has(&batch, port, sizeof(port)));
	}
	assert_int_equal(count_type(&batch, NFT(NFT_MSG_NEWSETELEM)), 1 + (MANY + 63) / 64);
	nft_batch_done(&batch);
	free(listeners);
}

static void a_trial_is_not_committed(void **state)
{
	struct table_listener web = listener("10.96.0.10", 80, LISTENER_SERVICE);
	const struct own_requests_content content = {
		.listeners = &web, .listener_count = 1, .devices = devices, .device_count = 2};
	struct nft_batch batch;

	(void)state;
	assert_int_equal(own_requests_table_build_trial(&content, &batch), 0);
	assert_int_equal(count_type(&batch, NFT(NFT_MSG_NEWRULE)), 1);
	assert_int_equal(count_type(&batch, NFNL_MSG_BATCH_END), 0);
	nft_batch_done(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listener_is_its_address_and_port_in_network_order),
		cmocka_unit_test(the_table_is_replaced_in_one_transaction),
		cmocka_unit_test(a_service_with_pods_keeps_its_address),
		cmocka_unit_test(a_service_without_pods_is_not_tracked_both_ways),
		cmocka_unit_test(
			where_kube_proxy_refuses_what_it_has_not_translated_nothing_is_tracked),
		cmocka_unit_test(without_a_service_or_a_device_the_table_is_only_deleted),
		cmocka_unit_test(many_listeners_are_all_there),
		cmocka_unit_test(a_trial_is_not_committed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
