/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier's work for each program stays within test/lint/verifier-budget: "program steps". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../agent/base/cleanup.h"
#include "harness.h"
#include "harness_verifier.h"

#define BUDGET_FILE "test/lint/verifier-budget"

/* 0: the file does not name the program. */
static unsigned long budget_of(const char *program)
{
	_cleanup_fclose_ FILE *file = fopen(BUDGET_FILE, "re");
	size_t length = strlen(program);
	unsigned long budget = 0;
	char line[128];

	if (!file)
		expect_fail(HERE, "%s is missing", BUDGET_FILE);
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, program, length) && line[length] == ' ')
			budget = strtoul(line + length, NULL, 10);
	return budget;
}

/* A program that the way of delivery has no use for is not loaded: no steps. */
static void expect_within_budgets(enum delivery delivery)
{
	struct verifier_reading readings[VERIFIER_PROGRAMS_MAX];
	struct datapath_settings settings = testbed_default_settings();
	int count;

	settings.delivery = delivery;
	count = verifier_read(&settings, readings, VERIFIER_PROGRAMS_MAX);
	expect_failed = _fail;
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		unsigned long budget = budget_of(readings[i].program);
		int loaded = delivery == DELIVERY_CHAIN ||
			     strcmp(readings[i].program, "pathroute_chain");

		if (loaded != !!readings[i].steps || readings[i].steps > budget)
			expect_fail(HERE, "%s: %lu verifier steps, budget %lu", readings[i].program,
				    readings[i].steps, budget);
	}
}

static void every_program_is_within_its_verifier_budget(void **state)
{
	(void)state;
	expect_within_budgets(DELIVERY_FAST);
}

static void so_it_is_with_delivery_chain(void **state)
{
	(void)state;
	expect_within_budgets(DELIVERY_CHAIN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_program_is_within_its_verifier_budget),
		cmocka_unit_test(so_it_is_with_delivery_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
