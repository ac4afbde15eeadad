/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory of manifests as a source: *.yaml, *.yml (any number of documents) and *.json, each
 * also with `kind: List`. Names that begin with a dot are skipped, sub-directories not entered.
 * Files are read in the order of their names and again when they are written, moved or deleted;
 * a symbolic link counts as the file it leads to, and the swap of "..data", as in a mounted
 * ConfigMap, reads all again.
 *
 * Of a document that is refused, the last good version of its object stays in force. While a file
 * cannot be read, or has a document that is not YAML, none of its objects disappears, because it
 * cannot be told which ones are meant. An object that two files have belongs to the one whose
 * name comes first; the other is refused, and takes over when the first one goes.
 */
#ifndef PATHROUTE_MANIFESTS_H
#define PATHROUTE_MANIFESTS_H

#include "source.h"

#define MANIFEST_FILE_MAX (16 * 1024 * 1024) /* bytes */
#define MANIFEST_FILES_MAX 4096              /* in the directory */
#define MANIFEST_OBJECTS_MAX 32768           /* in a file, broken ones too */
#define MANIFEST_PROBLEMS_MAX 100            /* told of one reading of a file, then a sum */

/* 0 or a negative errno (-ENOENT, -ENOTDIR, -EACCES, ...). The sink is copied. */
int manifests_new(const char *directory, const struct source_sink *sink,
		  struct object_source **ret_source);

#endif
