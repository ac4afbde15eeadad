/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/source/manifests.h"

__attribute__((format(printf, 2, 3))) static void note(struct manifest_directory *watched,
						       const char *format, ...)
{
	size_t length = strlen(watched->said);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(watched->said + length, sizeof(watched->said) - length, format, arguments);
	va_end(arguments);
}

static void upsert(void *context, struct object *object)
{
	struct manifest_directory *watched = context;

	note(watched, "+%s ", object->name);
	assert_non_null(object->origin_file);
	assert_int_equal(route_store_put(watched->store, object), 0);
}

static void remove_object(void *context, const struct object_key *key)
{
	struct manifest_directory *watched = context;

	note(watched, "-%s ", key->name);
	route_store_remove(watched->store, key);
}

static void problem(void *context, const struct source_problem *problem)
{
	const char *slash = strrchr(problem->file, '/');
	struct manifest_directory *watched = context;

	watched->problems++;
	note(watched, "%s%s:%u:%s ", problem->severity == SOURCE_INFO ? "?" : "!",
	     slash ? slash + 1 : problem->file, problem->line, problem->reason);
}

static void synced(void *context)
{
	note(context, "synced ");
}

int manifest_directory_open(void **state)
{
	struct manifest_directory *watched = calloc(1, sizeof(*watched));

	if (!watched)
		return -1;
	snprintf(watched->directory, sizeof(watched->directory), "/tmp/manifests.XXXXXX");
	snprintf(watched->other, sizeof(watched->other), "/tmp/manifests.XXXXXX");
	*state = watched;
	return mkdtemp(watched->directory) && mkdtemp(watched->other) &&
			       !route_store_new(&watched->store)
		       ? 0
		       : -1;
}

int manifest_directory_close(void **state)
{
	struct manifest_directory *watched = *state;
	char *command[] = {"rm", "-rf", watched->directory, watched->other, NULL};
	pid_t child;

	source_free(watched->source);
	route_store_free(watched->store);
	child = fork();
	if (child == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	waitpid(child, NULL, 0);
	free(watched);
	return 0;
}

char *manifest_directory_path(const char *directory, const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

void manifest_directory_write_at(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void manifest_directory_write(struct manifest_directory *watched, const char *name,
			      const char *text)
{
	manifest_directory_write_at(manifest_directory_path(watched->directory, name), text);
}

void manifest_directory_delete(struct manifest_directory *watched, const char *name)
{
	assert_int_equal(unlink(manifest_directory_path(watched->directory, name)), 0);
}

static void expect(struct manifest_directory *watched, const char *said)
{
	assert_string_equal(watched->said, said);
	watched->said[0] = '\0';
}

struct source_sink manifest_directory_sink(struct manifest_directory *watched)
{
	return (struct source_sink){watched, upsert, remove_object, problem, synced};
}

void manifest_directory_load(struct manifest_directory *watched)
{
	struct source_sink sink = manifest_directory_sink(watched);

	assert_int_equal(manifests_new(watched->directory, &sink, &watched->source), 0);
	assert_int_equal(source_start(watched->source), 0);
}

void manifest_directory_start(struct manifest_directory *watched, const char *said)
{
	manifest_directory_load(watched);
	expect(watched, said);
}

void manifest_directory_dispatch(struct manifest_directory *watched, const char *said)
{
	struct pollfd ready = {.fd = source_fd(watched->source), .events = POLLIN};

	assert_int_equal(poll(&ready, 1, 1000), 1);
	assert_int_equal(source_dispatch(watched->source), 0);
	expect(watched, said);
}
