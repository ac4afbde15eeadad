/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

#define REPORT_MAX 1024

void report_print(const struct report_sink *sink, int level, const char *format, ...)
{
	char text[REPORT_MAX];
	va_list arguments;

	if (!sink->take)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	sink->take(sink->context, level, text);
}
