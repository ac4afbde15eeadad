/* SPDX-License-Identifier: Apache-2.0 */
/* A table of text with aligned columns. Runs out of memory: the process ends (see allocate.h). */
#ifndef PATHROUTE_CTL_TABLE_H
#define PATHROUTE_CTL_TABLE_H

#include <stdio.h>

#define TABLE_COLUMNS_MAX 12

struct table;

/* `columns` are the titles and end with NULL; one that begins with '>' is aligned to the right. */
struct table *table_new(const char *const *columns);

/* Accepts NULL. */
void table_free(struct table *table);

/* For _cleanup_(). */
void table_freep(struct table **table);

/* Adds the next cell, row by row. Control characters are shown as '?', no text as '-'. */
void table_add(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Titles and whole rows; nothing follows the last column's text. */
void table_print(const struct table *table, FILE *out);

#endif
