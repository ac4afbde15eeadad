/* SPDX-License-Identifier: Apache-2.0 */
#include "audit_objects.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../agent/base/cleanup.h"
#include "../agent/source/manifest_file.h"
#include "allocate.h"
#include "context.h"

#define INPUT_MAX (256UL * 1024 * 1024) /* bytes of the standard input */
#define PATH_TEXT_MAX 4096

/* True: the object is in the store, or was there from an earlier file. */
static bool entry_take(const char *path, struct manifest_entry *entry, struct route_store *store)
{
	const struct rejection *rejection = &entry->rejection;
	struct object_key key = {entry->kind, entry->namespace, entry->name};

	if (!entry->object) {
		context_complain(EXIT_USAGE, "%s:%u: %s: %s", path, entry->line, rejection->reason,
				 rejection->message);
		return false;
	}
	if (route_store_find(store, &key))
		context_complain(EXIT_OK, "%s:%u: %s %s/%s is there already, left out", path,
				 entry->line, object_kind_name(key.kind), key.namespace, key.name);
	else if (route_store_put(store, STEAL(entry->object)))
		allocate_failed();
	return true;
}

static int entries_take(const char *path, struct manifest_file *file, struct route_store *store)
{
	bool good = true;

	for (size_t i = 0; i < file->count; i++)
		good &= entry_take(path, &file->entries[i], store);
	return good ? EXIT_OK : EXIT_USAGE;
}

static int file_read(const char *path, struct route_store *store)
{
	_cleanup_(manifest_file_done) struct manifest_file file = {0};
	int error = manifest_file_read(path, &file);

	if (error)
		return context_complain(EXIT_USAGE, "%s: %s", path,
					error == -EINVAL ? "this is not a regular file"
							 : strerror(-error));
	return entries_take(path, &file, store);
}

static char *input_text(size_t *ret_length)
{
	size_t length = 0, size = 1 << 16, got;
	char *text = allocate_zeroed(1, size);

	do {
		got = fread(text + length, 1, size - length - 1, stdin);
		length += got;
		if (length + 1 == size)
			text = reallocarray(text, size *= 2, 1);
		if (!text)
			allocate_failed();
	} while (got && length < INPUT_MAX);
	text[length] = '\0';
	*ret_length = length;
	return text;
}

static int input_read(struct route_store *store)
{
	_cleanup_(manifest_file_done) struct manifest_file file = {0};
	_cleanup_free_ char *text = NULL;
	size_t length = 0;
	int error;

	text = input_text(&length);
	if (length >= INPUT_MAX || ferror(stdin))
		return context_complain(EXIT_USAGE, "cannot read the standard input: %s",
					ferror(stdin) ? strerror(errno) : "it is too long");
	error = manifest_file_parse(text, length, &file);
	if (error)
		return context_complain(EXIT_USAGE, "the standard input: %s", strerror(-error));
	return entries_take("stdin", &file, store);
}

static int is_manifest(const struct dirent *entry)
{
	return manifest_file_is_one(entry->d_name);
}

/* In the order of the names, as the agent reads them. */
static int directory_read(const char *directory, struct route_store *store)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_manifest, alphasort);
	int status = EXIT_OK;

	if (count < 0)
		return context_complain(EXIT_USAGE, "%s: %s", directory, strerror(errno));
	for (int i = 0; i < count; i++) {
		char path[PATH_TEXT_MAX];

		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		if (file_read(path, store))
			status = EXIT_USAGE;
		free(entries[i]);
	}
	free(entries);
	return status;
}

static int source_read(const char *path, struct route_store *store)
{
	return strcmp(path, "-") ? file_read(path, store) : input_read(store);
}

int audit_objects_read(const struct arguments *arguments, struct route_store *store)
{
	int status = EXIT_OK;

	if (!arguments->manifests && !arguments->files.count && !arguments->operand_count)
		return context_complain(EXIT_USAGE,
					"audit needs --manifests DIR, -f FILE, or - for "
					"the standard input");
	if (arguments->manifests)
		status |= directory_read(arguments->manifests, store);
	for (size_t i = 0; i < arguments->files.count; i++)
		status |= source_read(arguments->files.items[i], store);
	for (size_t i = 0; i < arguments->operand_count; i++)
		status |= source_read(arguments->operands[i], store);
	return status ? context_complain(status, "nothing was compared") : EXIT_OK;
}
