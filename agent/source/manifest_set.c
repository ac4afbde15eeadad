/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_set.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "manifest_file.h"
#include "manifest_load.h"
#include "manifests.h"

static void closedirp(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

int manifest_set_init(struct manifest_set *set, const char *directory,
		      const struct source_sink *sink)
{
	set->directory = strdup(directory);
	set->sink = *sink;
	return set->directory ? 0 : -ENOMEM;
}

void manifest_set_done(struct manifest_set *set)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		free(set->files[i].name);
	free(set->files);
	free(set->directory);
	manifest_claims_done(&set->claims);
}

static void report(const struct manifest_set *set, const char *reason, const char *message)
{
	struct source_problem problem = {
		.severity = SOURCE_ERROR,
		.file = set->directory,
		.reason = reason,
		.message = message,
	};

	set->sink.problem(set->sink.context, &problem);
}

void manifest_set_report_lost(struct manifest_set *set)
{
	report(set, "Unreadable",
	       "the directory cannot be read; its last good objects stay in force");
}

/* First position whose name is not below. */
static size_t position_of(const struct manifest_set *set, const char *name)
{
	size_t low = 0, high = set->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(set->files[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int reserve(struct manifest_set *set)
{
	size_t capacity = set->capacity ? 2 * set->capacity : 16;
	struct manifest_state *grown;

	if (set->count < set->capacity)
		return 0;
	grown = reallocarray(set->files, capacity, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	set->files = grown;
	set->capacity = capacity;
	return 0;
}

static int insert(struct manifest_set *set, size_t position, const char *name)
{
	char *copy;

	if (set->count == MANIFEST_FILES_MAX) {
		report(set, "TooMany",
		       "the directory has more than 4096 manifests; "
		       "the others are not read");
		return 0;
	}
	if (reserve(set))
		return -ENOMEM;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	memmove(&set->files[position + 1], &set->files[position],
		(set->count - position) * sizeof(*set->files));
	set->files[position] = (struct manifest_state){.name = copy, .marked = true};
	set->count++;
	return 0;
}

int manifest_set_mark(struct manifest_set *set, const char *name)
{
	size_t position = position_of(set, name);

	if (!manifest_file_is_one(name))
		return 0;
	if (position == set->count || strcmp(set->files[position].name, name) != 0)
		return insert(set, position, name);
	set->files[position].marked = true;
	return 0;
}

int manifest_set_mark_all(struct manifest_set *set)
{
	_cleanup_(closedirp) DIR *directory = opendir(set->directory);
	const struct dirent *entry;
	size_t i;
	int error = 0;

	if (!directory) {
		manifest_set_report_lost(set);
		return 0;
	}
	for (i = 0; i < set->count; i++)
		set->files[i].marked = true;
	while (!error && (entry = readdir(directory)))
		error = manifest_set_mark(set, entry->d_name);
	return error;
}

size_t manifest_set_refused(const struct manifest_set *set)
{
	size_t i, refused = manifest_claims_count_disowned(&set->claims);

	for (i = 0; i < set->count; i++)
		refused += set->files[i].refused;
	return refused;
}

static void drop(struct manifest_set *set, size_t position)
{
	free(set->files[position].name);
	set->count--;
	memmove(&set->files[position], &set->files[position + 1],
		(set->count - position) * sizeof(*set->files));
}

/* One pass is enough: only files of a later name can take over. */
int manifest_set_load_marked(struct manifest_set *set)
{
	size_t i = 0;
	bool gone;
	int error;

	while (i < set->count) {
		gone = false;
		if (set->files[i].marked) {
			error = manifest_load(set, &set->files[i], &gone);
			if (error)
				return error;
			set->files[i].marked = false;
		}
		if (gone)
			drop(set, i);
		else
			i++;
	}
	return 0;
}
