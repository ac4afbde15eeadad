/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "../../ctl/arguments.h"

#define WORDS(...) ((char *[]){__VA_ARGS__, NULL})
#define ALL_OPTIONS ~0U

static struct arguments parse(char **words)
{
	struct arguments arguments;
	char error[100] = "";

	if (arguments_parse(words, ALL_OPTIONS, &arguments, error))
		fail_msg("%s", error);
	return arguments;
}

static void assert_refused(char **words, unsigned accepted, const char *expected)
{
	struct arguments arguments;
	char error[100] = "";

	assert_int_equal(arguments_parse(words, accepted, &arguments, error), -EINVAL);
	assert_string_equal(error, expected);
}

static void values_follow_as_word_or_behind_an_equals_sign(void **state)
{
	struct arguments arguments = parse(WORDS("--client", "10.0.0.1", "--limit=5"));

	(void)state;
	assert_string_equal(arguments.client, "10.0.0.1");
	assert_string_equal(arguments.limit, "5");
	assert_null(arguments.state);
}

static void an_empty_value_is_a_value(void **state)
{
	(void)state;
	assert_string_equal(parse(WORDS("--state=")).state, "");
}

static void letters_stand_for_options(void **state)
{
	struct arguments arguments = parse(WORDS("-o", "json", "-h"));

	(void)state;
	assert_string_equal(arguments.output, "json");
	assert_true(arguments.help);
}

static void operands_and_options_mix(void **state)
{
	struct arguments arguments = parse(WORDS("host", "--all", "/path"));

	(void)state;
	assert_int_equal(arguments.operand_count, 2);
	assert_string_equal(arguments.operands[0], "host");
	assert_string_equal(arguments.operands[1], "/path");
	assert_true(arguments.all);
}

static void behind_two_dashes_all_are_operands(void **state)
{
	struct arguments arguments = parse(WORDS("--", "--all", "-"));

	(void)state;
	assert_int_equal(arguments.operand_count, 2);
	assert_false(arguments.all);
}

static void unknown_options_are_refused(void **state)
{
	(void)state;
	assert_refused(WORDS("--nothing"), ALL_OPTIONS, "unknown option --nothing");
	assert_refused(WORDS("--clients", "a"), ALL_OPTIONS, "unknown option --clients");
	assert_refused(WORDS("--client", "a"), ARGUMENTS_ALL, "unknown option --client");
}

static void missing_and_needless_values_are_refused(void **state)
{
	(void)state;
	assert_refused(WORDS("--client"), ALL_OPTIONS, "--client needs a value");
	assert_refused(WORDS("--all=1"), ALL_OPTIONS, "--all takes no value");
}

static void a_repeatable_option_keeps_all_values(void **state)
{
	struct arguments arguments = parse(WORDS("-f", "a.yaml", "--file=b.yaml", "-"));

	(void)state;
	assert_int_equal(arguments.files.count, 2);
	assert_string_equal(arguments.files.items[0], "a.yaml");
	assert_string_equal(arguments.files.items[1], "b.yaml");
	assert_string_equal(arguments.operands[0], "-");
}

static void numbers_are_positive_and_whole(void **state)
{
	size_t number = 0;

	(void)state;
	assert_int_equal(arguments_parse_number("12", &number), 0);
	assert_int_equal(number, 12);
	assert_int_equal(arguments_parse_number("0", &number), -EINVAL);
	assert_int_equal(arguments_parse_number("-1", &number), -EINVAL);
	assert_int_equal(arguments_parse_number("1s", &number), -EINVAL);
	assert_int_equal(arguments_parse_number("", &number), -EINVAL);
}

static void too_many_operands_are_refused(void **state)
{
	(void)state;
	assert_refused(WORDS("a", "b", "c"), ALL_OPTIONS, "unexpected \"c\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_follow_as_word_or_behind_an_equals_sign),
		cmocka_unit_test(an_empty_value_is_a_value),
		cmocka_unit_test(letters_stand_for_options),
		cmocka_unit_test(operands_and_options_mix),
		cmocka_unit_test(behind_two_dashes_all_are_operands),
		cmocka_unit_test(unknown_options_are_refused),
		cmocka_unit_test(missing_and_needless_values_are_refused),
		cmocka_unit_test(a_repeatable_option_keeps_all_values),
		cmocka_unit_test(numbers_are_positive_and_whole),
		cmocka_unit_test(too_many_operands_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
