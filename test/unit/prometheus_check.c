/* SPDX-License-Identifier: Apache-2.0 */
#include "prometheus_check.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_MAX 4096

struct reader {
	const char *family; /* of the HELP line */
	bool typed;
	bool counter;
	const char *seen[SEEN_MAX]; /* "# HELP family" and series */
	size_t seen_count;
};

static const char *skip_name(const char *text)
{
	if (!isalpha((unsigned char)*text) && *text != '_')
		return NULL;
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	return text;
}

/* Behind the closing quote, or NULL. */
static const char *skip_quoted(const char *text)
{
	if (*text++ != '"')
		return NULL;
	for (; *text != '"'; text++) {
		if (*text == '\\' && !strchr("\\\"n", *++text))
			return NULL;
		if ((unsigned char)*text < 0x20)
			return NULL;
	}
	return text + 1;
}

static const char *skip_labels(const char *text)
{
	do {
		text = skip_name(text + 1);
		if (!text || *text != '=')
			return NULL;
		text = skip_quoted(text + 1);
		if (!text)
			return NULL;
	} while (*text == ',');
	return *text == '}' ? text + 1 : NULL;
}

static bool is_new(struct reader *reader, const char *text)
{
	for (size_t i = 0; i < reader->seen_count; i++)
		if (!strcmp(reader->seen[i], text))
			return false;
	if (reader->seen_count == SEEN_MAX)
		return false;
	reader->seen[reader->seen_count++] = text;
	return true;
}

static const char *check_help(struct reader *reader, char *line)
{
	char *name = line + strlen("# HELP ");
	char *space = strchr(name, ' ');

	if (!space || skip_name(name) != space || !space[1])
		return "malformed HELP";
	*space = '\0';
	if (!is_new(reader, line))
		return "family comes twice";
	reader->family = name;
	reader->typed = false;
	return NULL;
}

static const char *check_type(struct reader *reader, char *line)
{
	char *name = line + strlen("# TYPE ");
	char *space = strchr(name, ' ');
	size_t length;

	if (!space || reader->typed || !reader->family)
		return "TYPE without its HELP";
	*space = '\0';
	if (strcmp(name, reader->family))
		return "TYPE of another family";
	reader->counter = !strcmp(space + 1, "counter");
	if (!reader->counter && strcmp(space + 1, "gauge"))
		return "unknown type";
	length = strlen(name);
	if (reader->counter != (length > 6 && !strcmp(name + length - 6, "_total")))
		return "_total is for counters";
	reader->typed = true;
	return NULL;
}

static const char *check_value(const struct reader *reader, const char *text)
{
	char *end;

	if (!strcmp(text, "+Inf"))
		return reader->counter ? "infinite counter" : NULL;
	if (!isdigit((unsigned char)*text) && *text != '-')
		return "malformed value";
	if (strtod(text, &end) < 0 && reader->counter)
		return "negative counter";
	return *end ? "text behind the value" : NULL;
}

static const char *check_sample(struct reader *reader, char *line)
{
	const char *end = skip_name(line);
	size_t length;

	if (!end || !reader->typed)
		return "sample without TYPE";
	length = (size_t)(end - line);
	if (strncmp(line, reader->family, length) || reader->family[length])
		return "sample of another family";
	if (*end == '{')
		end = skip_labels(end);
	if (!end || *end != ' ')
		return "malformed labels";
	line[end - line] = '\0';
	if (!is_new(reader, line))
		return "series comes twice";
	return check_value(reader, end + 1);
}

static const char *check_line(struct reader *reader, char *line)
{
	if (!strncmp(line, "# HELP ", 7))
		return check_help(reader, line);
	if (!strncmp(line, "# TYPE ", 7))
		return check_type(reader, line);
	return check_sample(reader, line);
}

const char *prometheus_check(char *text)
{
	static char complaint[120];
	static struct reader reader;
	unsigned number = 0;

	memset(&reader, 0, sizeof(reader));
	while (*text) {
		char *end = strchr(text, '\n');
		const char *wrong = "last line has no end";

		number++;
		if (end) {
			*end = '\0';
			wrong = check_line(&reader, text);
			text = end + 1;
		}
		if (wrong) {
			snprintf(complaint, sizeof(complaint), "line %u: %s", number, wrong);
			return complaint;
		}
	}
	return NULL;
}
