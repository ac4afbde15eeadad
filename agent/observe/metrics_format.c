/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics_format.h"

#include <inttypes.h>
#include <math.h>

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

static void write_series(FILE *out, const struct metrics_family *family,
			 const struct metrics_label *labels)
{
	const char *separator = "{";

	fprintf(out, PREFIX "%s", family->name);
	if (!labels || !labels->name)
		return;
	for (; labels->name; labels++) {
		fprintf(out, "%s%s=\"", separator, labels->name);
		write_escaped(out, labels->value, 1);
		putc('"', out);
		separator = ",";
	}
	putc('}', out);
}

void metrics_format_sample(FILE *out, const struct metrics_family *family,
			   const struct metrics_label *labels, double value)
{
	write_series(out, family, labels);
	if (isinf(value))
		fputs(value > 0 ? " +Inf\n" : " -Inf\n", out);
	else
		fprintf(out, " %.15g\n", value);
}

void metrics_format_count(FILE *out, const struct metrics_family *family,
			  const struct metrics_label *labels, uint64_t value)
{
	write_series(out, family, labels);
	fprintf(out, " %" PRIu64 "\n", value);
}
