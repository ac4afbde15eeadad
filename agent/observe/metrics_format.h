/* SPDX-License-Identifier: Apache-2.0 */
/* Writes families and samples of the Prometheus text format 0.0.4. */
#ifndef PATHROUTE_METRICS_FORMAT_H
#define PATHROUTE_METRICS_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct metrics_family {
	const char *name; /* without the "pathroute_" in front */
	const char *type; /* "counter", "gauge", "histogram" */
	const char *help;
};

struct metrics_label {
	const char *name;
	const char *value; /* any bytes; escaped when written */
};

/* Values that were counted apart by size; written cumulative, as the format wants it. */
struct metrics_histogram {
	const double *bounds; /* upper, rising; the last count has none */
	const uint64_t *counts;
	size_t count; /* of the counts */
	double sum;   /* of the values */
};

/* HELP and TYPE: once before the samples of the family. */
void metrics_format_family(FILE *out, const struct metrics_family *family);

/* Labels end with a NULL name; `labels` may be NULL. */
void metrics_format_sample(FILE *out, const struct metrics_family *family,
			   const struct metrics_label *labels, double value);

/* The same for a number that a double may not hold exactly. */
void metrics_format_count(FILE *out, const struct metrics_family *family,
			  const struct metrics_label *labels, uint64_t value);

/* Series _bucket for each bound and +Inf, _sum and _count. */
void metrics_format_histogram(FILE *out, const struct metrics_family *family,
			      const struct metrics_label *labels,
			      const struct metrics_histogram *histogram);

#endif
