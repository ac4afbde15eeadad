/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/datapath/maglev.h"

#define ENDPOINTS_MAX 200

static uint32_t *table_of(const uint64_t *seeds, size_t count, uint32_t size)
{
	uint32_t *places = calloc(size + 1, sizeof(*places));

	assert_non_null(places);
	assert_int_equal(maglev_fill(seeds, count, size, places), 0);
	return places;
}

static void seeds_fill(uint64_t *seeds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		seeds[i] = 1000 + i * i;
}

static int is_prime(uint32_t number)
{
	for (uint32_t i = 2; i * i <= number; i++) {
		if (number % i == 0)
			return 0;
	}
	return number > 1;
}

static void sizes_are_primes_that_grow_with_the_group(void **state)
{
	(void)state;
	assert_int_equal(maglev_size(0), 0);
	assert_int_equal(maglev_size(1), 1);
	for (size_t count = 2; count <= 1000; count++) {
		assert_true(is_prime(maglev_size(count)));
		assert_true(maglev_size(count) >= 64 * count);
	}
	assert_int_equal(maglev_size(1000000), 65521);
}

static void one_endpoint_holds_all(void **state)
{
	uint64_t seed = 5;
	uint32_t place = 9;

	(void)state;
	assert_int_equal(maglev_fill(&seed, 1, 1, &place), 0);
	assert_int_equal(place, 0);
}

static void every_endpoint_holds_nearly_the_same_share(void **state)
{
	static const size_t counts[] = {2, 3, 7, 50, 200};
	uint64_t seeds[ENDPOINTS_MAX];

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		uint32_t size = maglev_size(counts[c]), share[ENDPOINTS_MAX] = {0};
		uint32_t *places;

		seeds_fill(seeds, counts[c]);
		places = table_of(seeds, counts[c], size);
		for (uint32_t i = 0; i < size; i++)
			share[places[i]]++;
		for (size_t i = 0; i < counts[c]; i++)
			assert_in_range(share[i], size / counts[c], size / counts[c] + 1);
		free(places);
	}
}

/* Places that changed hands although neither owner is the endpoint that went. */
static uint32_t moved_without_need(const uint32_t *before, const uint32_t *after, uint32_t size,
				   uint32_t gone)
{
	uint32_t moved = 0;

	for (uint32_t i = 0; i < size; i++)
		moved += before[i] != gone && before[i] != after[i];
	return moved;
}

static void few_others_move_when_one_endpoint_goes(void **state)
{
	enum { COUNT = 10 };
	uint64_t seeds[COUNT];
	uint32_t size = maglev_size(COUNT), *before, *after;

	(void)state;
	seeds_fill(seeds, COUNT);
	before = table_of(seeds, COUNT, size);
	after = table_of(seeds, COUNT - 1, size);
	assert_true(moved_without_need(before, after, size, COUNT - 1) <= size / 10);
	free(before);
	free(after);
}

static void the_order_of_the_endpoints_does_not_matter(void **state)
{
	const uint64_t forward[] = {11, 22, 33}, backward[] = {33, 22, 11};
	uint32_t size = maglev_size(3);
	uint32_t *a = table_of(forward, 3, size), *b = table_of(backward, 3, size);

	(void)state;
	for (uint32_t i = 0; i < size; i++)
		assert_int_equal(forward[a[i]], backward[b[i]]);
	free(a);
	free(b);
}

static void equal_seeds_share_the_table(void **state)
{
	const uint64_t seeds[] = {7, 7};
	uint32_t size = maglev_size(2), second = 0, *places = table_of(seeds, 2, size);

	(void)state;
	for (uint32_t i = 0; i < size; i++)
		second += places[i];
	assert_in_range(second, size / 2, size / 2 + 1);
	free(places);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_primes_that_grow_with_the_group),
		cmocka_unit_test(one_endpoint_holds_all),
		cmocka_unit_test(every_endpoint_holds_nearly_the_same_share),
		cmocka_unit_test(few_others_move_when_one_endpoint_goes),
		cmocka_unit_test(the_order_of_the_endpoints_does_not_matter),
		cmocka_unit_test(equal_seeds_share_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
