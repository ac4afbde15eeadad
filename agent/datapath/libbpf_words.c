/* SPDX-License-Identifier: Apache-2.0 */
#include "libbpf_words.h"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "../base/cleanup.h"

#define WORDS_MAX 2000

/* The last bytes said, as text. libbpf's callback has no context, so there is one for all. */
static char words[WORDS_MAX + 1];
static size_t words_length;

static void words_append(const char *text, size_t length)
{
	if (length > WORDS_MAX) {
		text += length - WORDS_MAX;
		length = WORDS_MAX;
	}
	if (words_length + length > WORDS_MAX) {
		size_t surplus = words_length + length - WORDS_MAX;

		memmove(words, words + surplus, words_length - surplus);
		words_length -= surplus;
	}
	memcpy(words + words_length, text, length);
	words_length += length;
	words[words_length] = '\0';
}

__attribute__((format(printf, 2, 0))) static int words_take(enum libbpf_print_level level,
							    const char *format, va_list arguments)
{
	_cleanup_free_ char *text = NULL;
	int length;

	if (level != LIBBPF_WARN)
		return 0;
	length = vasprintf(&text, format, arguments);
	if (length < 0)
		text = NULL;
	else
		words_append(text, (size_t)length);
	return 0;
}

void libbpf_words_listen(void)
{
	words_length = 0;
	words[0] = '\0';
	libbpf_set_print(words_take);
}

void libbpf_words_report(const struct report_sink *sink)
{
	char *rest = words;
	const char *line;

	while ((line = strsep(&rest, "\n"))) {
		if (*line)
			report_print(sink, LOG_ERR, "%s", line);
	}
	words_length = 0;
	words[0] = '\0';
}
