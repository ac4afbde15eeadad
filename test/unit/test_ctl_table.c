/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/base/cleanup.h"
#include "../../ctl/table.h"

static char *print(const struct table *table)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	table_print(table, out);
	fclose(out);
	return text;
}

static void assert_printed(const struct table *table, const char *expected)
{
	_cleanup_free_ char *text = print(table);

	assert_string_equal(text, expected);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	static const char *const columns[] = {"NAME", "STATE", NULL};
	struct table *table = table_new(columns);

	(void)state;
	table_add(table, "a longer name");
	table_add(table, "ok");
	table_add(table, "b");
	table_add(table, "failed");
	assert_printed(table, "NAME           STATE\n"
			      "a longer name  ok\n"
			      "b              failed\n");
	table_free(table);
}

static void numbers_stand_on_the_right(void **state)
{
	static const char *const columns[] = {">COUNT", "NAME", ">LAST", NULL};
	struct table *table = table_new(columns);

	(void)state;
	table_add(table, "%d", 7);
	table_add(table, "x");
	table_add(table, "%d", 12345);
	assert_printed(table, "COUNT  NAME   LAST\n"
			      "    7  x     12345\n");
	table_free(table);
}

static void an_empty_table_has_its_titles(void **state)
{
	static const char *const columns[] = {"ONE", "TWO", NULL};
	struct table *table = table_new(columns);

	(void)state;
	assert_printed(table, "ONE  TWO\n");
	table_free(table);
}

static void an_empty_cell_is_a_dash(void **state)
{
	static const char *const columns[] = {"ONE", NULL};
	struct table *table = table_new(columns);

	(void)state;
	table_add(table, "%s", "");
	assert_printed(table, "ONE\n-\n");
	table_free(table);
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
	static const char *const columns[] = {"ONE", NULL};
	struct table *table = table_new(columns);

	(void)state;
	table_add(table, "a\033[31m\nb\177");
	assert_printed(table, "ONE\na?[31m?b?\n");
	table_free(table);
}

static void many_rows_fit(void **state)
{
	static const char *const columns[] = {"N", "M", NULL};
	struct table *table = table_new(columns);
	_cleanup_free_ char *text = NULL;

	(void)state;
	for (int i = 0; i < 2000; i++)
		table_add(table, "%d", i);
	text = print(table);
	assert_non_null(strstr(text, "\n0     1\n2     3\n"));
	assert_non_null(strstr(text, "\n1998  1999\n"));
	table_free(table);
}

static void nothing_can_be_freed(void **state)
{
	struct table *none = NULL;

	(void)state;
	table_free(NULL);
	table_freep(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(numbers_stand_on_the_right),
		cmocka_unit_test(an_empty_table_has_its_titles),
		cmocka_unit_test(an_empty_cell_is_a_dash),
		cmocka_unit_test(control_characters_do_not_reach_the_terminal),
		cmocka_unit_test(many_rows_fit),
		cmocka_unit_test(nothing_can_be_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
