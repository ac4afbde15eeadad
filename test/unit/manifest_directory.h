/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of manifests and what its source says. Anything unexpected fails the test. */
#ifndef PATHROUTE_TEST_MANIFEST_DIRECTORY_H
#define PATHROUTE_TEST_MANIFEST_DIRECTORY_H

#include "agent/route/route_store.h"
#include "agent/source/source.h"

#define SERVICE(name) "---\napiVersion: v1\nkind: Service\nmetadata: {name: " name "}\nspec: {}\n"
#define REFUSED(name) \
	"---\napiVersion: v1\nkind: Service\nmetadata: {name: " name "}\nspec: {type: Odd}\n"
#define BROKEN "---\nkind: Service\nmetadata: {name: [}\n"

/* What the source said since the last question: "+a" came, "-a" went, and the problems. */
struct manifest_directory {
	char directory[64];
	char other[64]; /* a second directory, aside */
	struct object_source *source;
	struct route_store *store;
	unsigned problems; /* altogether */
	char said[8192];
};

/* Setup and teardown; the state is the struct. */
int manifest_directory_open(void **state);
int manifest_directory_close(void **state);

/* "directory/name"; good until the fourth call after this one. */
char *manifest_directory_path(const char *directory, const char *name);

/* Writes in place. */
void manifest_directory_write_at(const char *path, const char *text);
void manifest_directory_write(struct manifest_directory *watched, const char *name,
			      const char *text);
void manifest_directory_delete(struct manifest_directory *watched, const char *name);

struct source_sink manifest_directory_sink(struct manifest_directory *watched);

/* Starts the source, whatever it says. */
void manifest_directory_load(struct manifest_directory *watched);

/* Both expect what the source says. The events of a change are there when its call returns. */
void manifest_directory_start(struct manifest_directory *watched, const char *said);
void manifest_directory_dispatch(struct manifest_directory *watched, const char *said);

#endif
