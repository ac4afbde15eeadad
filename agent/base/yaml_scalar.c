/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml_scalar.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (!strcmp(text, *words))
			return true;
	}
	return false;
}

static const char *skip_digits(const char *text)
{
	while (isdigit((unsigned char)*text))
		text++;
	return text;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_decimal(const char *text)
{
	const char *digits, *fraction;
	bool has_digits;

	text += *text == '-' || *text == '+';
	digits = skip_digits(text);
	has_digits = digits != text;
	text = digits;
	if (*text == '.') {
		fraction = skip_digits(text + 1);
		has_digits = has_digits || fraction != text + 1;
		text = fraction;
	}
	if (has_digits && (*text == 'e' || *text == 'E')) {
		text++;
		text += *text == '-' || *text == '+';
		has_digits = isdigit((unsigned char)*text);
		text = skip_digits(text);
	}
	return has_digits && *text == '\0';
}

static bool read_based(const char *text, const char *digits, int base, double *ret_number)
{
	text += 2;
	if (*text == '\0' || text[strspn(text, digits)] != '\0')
		return false;
	*ret_number = (double)strtoull(text, NULL, base);
	return true;
}

static bool read_special(const char *text, double *ret_number)
{
	static const char *const infinite[] = {".inf", ".Inf", ".INF", NULL};
	static const char *const nan_words[] = {".nan", ".NaN", ".NAN", NULL};
	bool negative = *text == '-';

	if (is_one_of(text, nan_words)) {
		*ret_number = NAN;
		return true;
	}
	text += negative || *text == '+';
	if (!is_one_of(text, infinite))
		return false;
	*ret_number = negative ? -INFINITY : INFINITY;
	return true;
}

static bool read_number(const char *text, double *ret_number)
{
	if (!strncmp(text, "0o", 2))
		return read_based(text, "01234567", 8, ret_number);
	if (!strncmp(text, "0x", 2))
		return read_based(text, "0123456789abcdefABCDEF", 16, ret_number);
	if (!is_decimal(text))
		return read_special(text, ret_number);
	*ret_number = strtod(text, NULL);
	return true;
}

enum yaml_scalar yaml_scalar_resolve(const char *text, double *ret_number)
{
	static const char *const null_words[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const true_words[] = {"true", "True", "TRUE", NULL};
	static const char *const false_words[] = {"false", "False", "FALSE", NULL};

	if (is_one_of(text, null_words))
		return YAML_SCALAR_NULL;
	if (is_one_of(text, true_words))
		return YAML_SCALAR_TRUE;
	if (is_one_of(text, false_words))
		return YAML_SCALAR_FALSE;
	return read_number(text, ret_number) ? YAML_SCALAR_NUMBER : YAML_SCALAR_STRING;
}
