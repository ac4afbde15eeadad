/* SPDX-License-Identifier: Apache-2.0 */
/* How many documents of which file are refused at present, told from what a source reports. */
#ifndef PATHROUTE_REFUSED_FILES_H
#define PATHROUTE_REFUSED_FILES_H

#include <stddef.h>
#include <stdint.h>

struct refused_file {
	char *path;
	uint64_t documents;
	uint64_t pass;
};

struct refused_files {
	struct refused_file *items;
	size_t count;
	uint64_t pass;
};

/* Before each dispatch of the source: what a file is reported for from here on replaces what it
 * was reported for before. */
void refused_files_begin(struct refused_files *files);

/* A document was refused. Forgotten when there is no memory. */
void refused_files_add(struct refused_files *files, const char *path);

/* A document of the file was taken: its earlier reports are out of date. */
void refused_files_clear(struct refused_files *files, const char *path);

/* Files that exist no more do not count. */
uint64_t refused_files_total(struct refused_files *files);

/* Accepts a zeroed struct. */
void refused_files_done(struct refused_files *files);

#endif
