/* SPDX-License-Identifier: Apache-2.0 */
#include "prometheus_check.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_MAX 4096

/* One histogram under way: its buckets, _sum and _count come in this order. */
struct histogram {
	const char *labels; /* without "le" and braces; NULL: none is under way */
	size_t length;
	double bound; /* of the last bucket */
	double value;
	bool summed;
};

struct reader {
	const char *family; /* of the HELP line */
	bool typed;
	bool counter;
	bool is_histogram;
	struct histogram histogram;
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
	return reader->histogram.labels ? "histogram without its end" : NULL;
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
	reader->is_histogram = !strcmp(space + 1, "histogram");
	if (!reader->counter && !reader->is_histogram && strcmp(space + 1, "gauge"))
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

static const char *check_bucket(struct histogram *histogram, const char *labels, const char *text)
{
	const char *comma = strstr(labels, ",le=\"");
	const char *le = comma ? comma + 1 : strstr(labels, "le=\"");
	double bound = le ? strtod(le + 4, NULL) : 0, value = strtod(text, NULL);
	size_t length = le && le > labels ? (size_t)(le - labels) - 1 : 0;

	if (!le)
		return "bucket without a bound";
	if (!histogram->labels)
		*histogram = (struct histogram){.labels = labels, .length = length, .bound = -1};
	if (length != histogram->length || strncmp(labels, histogram->labels, length))
		return "bucket of another histogram";
	if (bound <= histogram->bound || value < histogram->value)
		return "bucket is not cumulative";
	histogram->bound = bound;
	histogram->value = value;
	return histogram->summed ? "bucket behind the sum" : NULL;
}

static const char *check_end(struct histogram *histogram, const char *labels, const char *text,
			     bool is_count)
{
	if (!histogram->labels || !isinf(histogram->bound) || is_count != histogram->summed)
		return "histogram in another order";
	if (strncmp(labels, histogram->labels, histogram->length) ||
	    (labels[histogram->length] && labels[histogram->length] != '}'))
		return "sum or count of another histogram";
	histogram->summed = true;
	if (!is_count)
		return NULL;
	histogram->labels = NULL;
	return strtod(text, NULL) == histogram->value ? NULL : "+Inf is not the count";
}

/* `line` is the series alone; `suffix` its name behind the family's. */
static const char *check_part(struct reader *reader, const char *line, const char *suffix,
			      const char *text)
{
	const char *brace = strchr(line, '{');
	const char *labels = brace ? brace + 1 : "";
	size_t length = brace ? (size_t)(brace - suffix) : strlen(suffix);

	if (length == 7 && !strncmp(suffix, "_bucket", 7))
		return check_bucket(&reader->histogram, labels, text);
	if (length == 4 && !strncmp(suffix, "_sum", 4))
		return check_end(&reader->histogram, labels, text, false);
	if (length == 6 && !strncmp(suffix, "_count", 6))
		return check_end(&reader->histogram, labels, text, true);
	return "no part of a histogram";
}

static const char *check_sample(struct reader *reader, char *line)
{
	const char *end = skip_name(line);
	const char *wrong = NULL;
	size_t length;

	if (!end || !reader->typed)
		return "sample without TYPE";
	length = reader->is_histogram ? strlen(reader->family) : (size_t)(end - line);
	if (strncmp(line, reader->family, length) || reader->family[length])
		return "sample of another family";
	if (*end == '{')
		end = skip_labels(end);
	if (!end || *end != ' ')
		return "malformed labels";
	line[end - line] = '\0';
	if (!is_new(reader, line))
		return "series comes twice";
	if (reader->is_histogram)
		wrong = check_part(reader, line, line + length, end + 1);
	return wrong ? wrong : check_value(reader, end + 1);
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
	return reader.histogram.labels ? "the last histogram has no end" : NULL;
}
