/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdbool.h>

#include <cmocka.h>

#include "../../agent/datapath/key_index.h"

static bool finds(const struct key_index *index, uint64_t hash, uint32_t position)
{
	uint32_t cursor;

	for (uint32_t at = key_index_find(index, hash, &cursor); at != KEY_INDEX_NONE;
	     at = key_index_next(index, hash, &cursor)) {
		if (at == position)
			return true;
	}
	return false;
}

static void an_empty_index_finds_nothing(void **state)
{
	struct key_index index = {0};

	(void)state;
	assert_false(finds(&index, 7, 0));
	assert_int_equal(key_index_init(&index, 0), 0);
	assert_false(finds(&index, 7, 0));
	key_index_done(&index);
}

static void every_position_is_found_by_its_hash(void **state)
{
	struct key_index index;

	(void)state;
	assert_int_equal(key_index_init(&index, 1000), 0);
	for (uint32_t i = 0; i < 1000; i++)
		key_index_add(&index, i * 0x9e3779b97f4a7c15ULL, i);
	for (uint32_t i = 0; i < 1000; i++)
		assert_true(finds(&index, i * 0x9e3779b97f4a7c15ULL, i));
	assert_false(finds(&index, 1000 * 0x9e3779b97f4a7c15ULL, 1000));
	key_index_done(&index);
}

static void positions_of_one_hash_are_all_found(void **state)
{
	struct key_index index;

	(void)state;
	assert_int_equal(key_index_init(&index, 4), 0);
	for (uint32_t i = 0; i < 4; i++)
		key_index_add(&index, 5, i);
	for (uint32_t i = 0; i < 4; i++)
		assert_true(finds(&index, 5, i));
	key_index_done(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_index_finds_nothing),
		cmocka_unit_test(every_position_is_found_by_its_hash),
		cmocka_unit_test(positions_of_one_hash_are_all_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
