/* SPDX-License-Identifier: Apache-2.0 */
#include "refused_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static struct refused_file *file_find(const struct refused_files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++) {
		if (!strcmp(files->items[i].path, path))
			return &files->items[i];
	}
	return NULL;
}

static struct refused_file *file_append(struct refused_files *files, const char *path)
{
	struct refused_file *items = reallocarray(files->items, files->count + 1, sizeof(*items));
	char *copy = strdup(path);

	if (items)
		files->items = items;
	if (!items || !copy) {
		free(copy);
		return NULL;
	}
	items[files->count] = (struct refused_file){.path = copy};
	return &items[files->count++];
}

void refused_files_begin(struct refused_files *files)
{
	files->pass++;
}

void refused_files_add(struct refused_files *files, const char *path)
{
	struct refused_file *file = file_find(files, path);

	if (!file)
		file = file_append(files, path);
	if (!file)
		return;
	if (file->pass != files->pass)
		file->documents = 0;
	file->pass = files->pass;
	file->documents++;
}

static void file_remove(struct refused_files *files, struct refused_file *file)
{
	free(file->path);
	*file = files->items[--files->count];
}

void refused_files_clear(struct refused_files *files, const char *path)
{
	struct refused_file *file = file_find(files, path);

	if (file && file->pass != files->pass)
		file_remove(files, file);
}

uint64_t refused_files_total(struct refused_files *files)
{
	uint64_t total = 0;

	for (size_t i = files->count; i-- > 0;) {
		if (access(files->items[i].path, F_OK))
			file_remove(files, &files->items[i]);
		else
			total += files->items[i].documents;
	}
	return total;
}

void refused_files_done(struct refused_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].path);
	free(files->items);
	*files = (struct refused_files){0};
}
