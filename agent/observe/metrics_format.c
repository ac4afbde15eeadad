/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics_format.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

#define PREFIX "pathroute_"

/* HELP texts escape backslash and newline, label values the quote as well. */
static void write_escaped(FILE *out, const char *text, int quoted)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '\\' || (quoted && *text == '"'))
			fprintf(out, "\\%c", *text);
		else
			putc(*text, out);
	}
}

void metrics_format_family(FILE *out, const struct metrics_family *family)
{
	fprintf(out, "# HELP " PREFIX "%s ", family->name);
	write_escaped(out, family->help, 0);
	fprintf(out, "\n# TYPE " PREFIX "%s %s\n", family->name, family->type);
}

static void write_label(FILE *out, const char *separator, const char *name, const char *value)
{
	fprintf(out, "%s%s=\"", separator, name);
	write_escaped(out, value, 1);
	putc('"', out);
}

/* `suffix` of the name is "" but for histograms, `bound` is NULL but for their buckets. */
static void write_series(FILE *out, const char *name, const char *suffix,
			 const struct metrics_label *labels, const char *bound)
{
	const char *separator = "{";

	fprintf(out, PREFIX "%s%s", name, suffix);
	for (; labels && labels->name; labels++) {
		write_label(out, separator, labels->name, labels->value);
		separator = ",";
	}
	if (bound) {
		write_label(out, separator, "le", bound);
		separator = ",";
	}
	if (*separator == ',')
		putc('}', out);
}

void metrics_format_sample(FILE *out, const struct metrics_family *family,
			   const struct metrics_label *labels, double value)
{
	write_series(out, family->name, "", labels, NULL);
	if (isinf(value))
		fputs(value > 0 ? " +Inf\n" : " -Inf\n", out);
	else
		fprintf(out, " %.15g\n", value);
}

void metrics_format_count(FILE *out, const struct metrics_family *family,
			  const struct metrics_label *labels, uint64_t value)
{
	write_series(out, family->name, "", labels, NULL);
	fprintf(out, " %" PRIu64 "\n", value);
}

static void write_bucket(FILE *out, const struct metrics_family *family,
			 const struct metrics_label *labels, const char *bound, uint64_t value)
{
	write_series(out, family->name, "_bucket", labels, bound);
	fprintf(out, " %" PRIu64 "\n", value);
}

void metrics_format_histogram(FILE *out, const struct metrics_family *family,
			      const struct metrics_label *labels,
			      const struct metrics_histogram *histogram)
{
	uint64_t total = 0;
	char bound[32];

	for (size_t i = 0; i < histogram->count; i++) {
		bool last = i + 1 == histogram->count;

		snprintf(bound, sizeof(bound), "%.15g", last ? 0 : histogram->bounds[i]);
		total += histogram->counts[i];
		write_bucket(out, family, labels, last ? "+Inf" : bound, total);
	}
	write_series(out, family->name, "_sum", labels, NULL);
	fprintf(out, " %.15g\n", histogram->sum);
	write_series(out, family->name, "_count", labels, NULL);
	fprintf(out, " %" PRIu64 "\n", total);
}
