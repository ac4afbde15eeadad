/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/datapath/image_diff.h"

struct element {
	char key[2];
	char value[2];
	char more[4]; /* belongs to no value */
};

static const struct image_shape shape = {sizeof(struct element), 2, 2};

/* The pairs as text: "-a" gone, "+b" new, "~c" changed. */
static char *diff_text(const struct element *before, size_t before_count,
		       const struct element *after, size_t after_count)
{
	const struct image_array old = {before, before_count}, new = {after, after_count};
	struct image_pair *pairs;
	size_t count;
	char *text, *end;

	assert_int_equal(image_diff(&shape, &old, &new, &pairs, &count), 0);
	text = end = calloc(2 * count + 1, 1);
	assert_non_null(text);
	for (size_t i = 0; i < count; i++) {
		const struct element *left = pairs[i].before, *right = pairs[i].after;

		*end++ = left && right ? '~' : left ? '-' : '+';
		*end++ = left ? left->key[0] : right->key[0];
	}
	free(pairs);
	return text;
}

static void expect(const struct element *before, size_t before_count, const struct element *after,
		   size_t after_count, const char *expected)
{
	char *text = diff_text(before, before_count, after, after_count);

	assert_string_equal(text, expected);
	free(text);
}

static void nothing_differs_from_itself(void **state)
{
	const struct element list[] = {{"a", "1", ""}, {"b", "2", ""}};

	(void)state;
	expect(list, 2, list, 2, "");
	expect(list, 0, list, 0, "");
}

static void all_is_new_or_gone_against_nothing(void **state)
{
	const struct element list[] = {{"a", "1", ""}, {"b", "2", ""}};

	(void)state;
	expect(list, 0, list, 2, "+a+b");
	expect(list, 2, list, 0, "-a-b");
}

static void keys_are_matched_and_only_values_compared(void **state)
{
	const struct element before[] = {{"a", "1", ""}, {"c", "3", "x"}, {"d", "4", ""}};
	const struct element after[] = {{"b", "2", ""}, {"c", "3", "y"}, {"d", "5", ""}};

	(void)state;
	expect(before, 3, after, 3, "-a+b~d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_differs_from_itself),
		cmocka_unit_test(all_is_new_or_gone_against_nothing),
		cmocka_unit_test(keys_are_matched_and_only_values_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
