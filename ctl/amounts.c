/* SPDX-License-Identifier: Apache-2.0 */
#include "amounts.h"

#include <stdio.h>

const char *amount_time(double us, char ret_text[AMOUNT_TEXT_MAX])
{
	if (us < 0)
		snprintf(ret_text, AMOUNT_TEXT_MAX, "-");
	else if (us < 999.5)
		snprintf(ret_text, AMOUNT_TEXT_MAX, "%.0fus", us);
	else if (us < 999950)
		snprintf(ret_text, AMOUNT_TEXT_MAX, "%.1fms", us / 1e3);
	else
		snprintf(ret_text, AMOUNT_TEXT_MAX, "%.1fs", us / 1e6);
	return ret_text;
}

const char *amount_bytes(double bytes, char ret_text[AMOUNT_TEXT_MAX])
{
	static const char *const units[] = {"kB", "MB", "GB", "TB"};
	size_t unit = 0;

	if (bytes < 999.5) {
		snprintf(ret_text, AMOUNT_TEXT_MAX, "%.0fB", bytes);
		return ret_text;
	}
	for (bytes /= 1e3; bytes >= 999.95 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		bytes /= 1e3;
	snprintf(ret_text, AMOUNT_TEXT_MAX, "%.1f%s", bytes, units[unit]);
	return ret_text;
}
