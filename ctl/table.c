/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "allocate.h"

struct table {
	const char *titles[TABLE_COLUMNS_MAX];
	bool right[TABLE_COLUMNS_MAX];
	size_t width[TABLE_COLUMNS_MAX];
	size_t columns;
	char **cells;
	size_t count;
	size_t capacity;
	size_t next; /* column of the next cell */
};

struct table *table_new(const char *const *columns)
{
	struct table *table = allocate_zeroed(1, sizeof(*table));

	for (; *columns && table->columns < TABLE_COLUMNS_MAX; columns++) {
		size_t i = table->columns++;

		table->right[i] = **columns == '>';
		table->titles[i] = *columns + table->right[i];
		table->width[i] = strlen(table->titles[i]);
	}
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}

void table_freep(struct table **table)
{
	table_free(*table);
}

static void clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

void table_add(struct table *table, const char *format, ...)
{
	size_t column = table->next;
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		allocate_failed();
	va_end(arguments);
	if (!*text) {
		free(text);
		text = allocate_copy("-");
	}
	clean(text);
	if (strlen(text) > table->width[column])
		table->width[column] = strlen(text);
	table->cells =
		allocate_room(table->cells, sizeof(*table->cells), table->count, &table->capacity);
	table->cells[table->count++] = text;
	table->next = column + 1 < table->columns ? column + 1 : 0;
}

static void print_cell(const struct table *table, size_t column, const char *text, FILE *out)
{
	bool last = column + 1 == table->columns;
	int width = (int)table->width[column];

	if (table->right[column])
		fprintf(out, "%*s", width, text);
	else
		fprintf(out, "%-*s", last ? 0 : width, text);
	fputs(last ? "\n" : "  ", out);
}

void table_print(const struct table *table, FILE *out)
{
	for (size_t i = 0; i < table->columns; i++)
		print_cell(table, i, table->titles[i], out);
	for (size_t i = 0, column = 0; i < table->count; i++) {
		print_cell(table, column, table->cells[i], out);
		column = column + 1 < table->columns ? column + 1 : 0;
	}
}
