/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a directory, and how reading one again becomes calls of the sink. */
#ifndef PATHROUTE_MANIFEST_SET_H
#define PATHROUTE_MANIFEST_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manifest_claims.h"
#include "source.h"

struct manifest_state {
	char *name; /* in the directory */
	bool marked;
	size_t claim_count;
	size_t refused; /* documents, but not those that another file has as well */
};

struct manifest_set {
	char *directory;
	struct source_sink sink;
	struct manifest_state *files; /* by name */
	size_t count;
	size_t capacity;
	struct manifest_claims claims;
	uint64_t loads;
};

int manifest_set_init(struct manifest_set *set, const char *directory,
		      const struct source_sink *sink);
/* Accepts a zeroed set. */
void manifest_set_done(struct manifest_set *set);

/* The file is to be read again; another name than that of a manifest is fine. 0 or -ENOMEM. */
int manifest_set_mark(struct manifest_set *set, const char *name);

/* All files that are there or were there are. 0 or -ENOMEM. */
int manifest_set_mark_all(struct manifest_set *set);

/* Reads what is marked, in the order of the names. 0 or -ENOMEM. */
int manifest_set_load_marked(struct manifest_set *set);

/* How many documents and files are refused at present. */
size_t manifest_set_refused(const struct manifest_set *set);

/* Tells the sink that the directory cannot be read. */
void manifest_set_report_lost(struct manifest_set *set);

#endif
