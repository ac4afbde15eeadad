/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LINE_MAX_BYTES 4096

static int max_level = LOG_INFO;

static const char *const level_names[] = {
	[LOG_EMERG] = "emergency", [LOG_ALERT] = "alert",     [LOG_CRIT] = "critical",
	[LOG_ERR] = "error",       [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",       [LOG_DEBUG] = "debug",
};

void log_set_level(int level)
{
	max_level = level;
}

static void log_format_time(char *text, size_t size)
{
	struct timespec now;
	struct tm utc;
	size_t length;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	length = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + length, size - length, ".%03ldZ", now.tv_nsec / 1000000);
}

/* A line of the log is one line, whatever an object's text contains. */
static void log_flatten(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
	}
}

void log_print(int level, const char *format, ...)
{
	char text[LINE_MAX_BYTES], time_text[40];
	va_list arguments;

	if (level < LOG_EMERG || level > LOG_DEBUG || level > max_level)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_flatten(text);
	if (getenv("JOURNAL_STREAM")) {
		fprintf(stderr, "<%d>%s\n", level, text);
		return;
	}
	log_format_time(time_text, sizeof(time_text));
	fprintf(stderr, "%s %s %s\n", time_text, level_names[level], text);
}
