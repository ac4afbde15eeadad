/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "../base/cleanup.h"
#include "../base/file_text.h"
#include "../base/json_read.h"
#include "../base/yaml_json.h"
#include "../route/object_decode.h"
#include "../route/path_route_fields.h"
#include "manifests.h"

static void delete_treep(cJSON **tree)
{
	cJSON_Delete(*tree);
}

static void entry_done(struct manifest_entry *entry)
{
	object_free(entry->object);
	free(entry->namespace);
	free(entry->name);
}

void manifest_file_done(struct manifest_file *file)
{
	size_t i;

	for (i = 0; i < file->count; i++)
		entry_done(&file->entries[i]);
	free(file->entries);
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t length = strlen(name), suffix_length = strlen(suffix);

	return length > suffix_length && !strcmp(name + length - suffix_length, suffix);
}

bool manifest_file_is_one(const char *name)
{
	return name[0] != '.' &&
	       (ends_with(name, ".yaml") || ends_with(name, ".yml") || ends_with(name, ".json"));
}

static int new_entry(struct manifest_file *file, struct manifest_entry **ret_entry)
{
	size_t capacity = file->capacity ? 2 * file->capacity : 16;
	struct manifest_entry *grown;

	if (file->count == MANIFEST_OBJECTS_MAX)
		return -EFBIG;
	if (file->count == file->capacity) {
		grown = reallocarray(file->entries, capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		file->entries = grown;
		file->capacity = capacity;
	}
	*ret_entry = &file->entries[file->count++];
	**ret_entry = (struct manifest_entry){0};
	return 0;
}

static int add_broken(struct manifest_file *file, const struct rejection *rejection)
{
	struct manifest_entry *entry;
	int error = new_entry(file, &entry);

	if (error)
		return error;
	entry->rejection = *rejection;
	entry->line = rejection->line;
	return 0;
}

static int name_entry(struct manifest_entry *entry, const struct object_key *key)
{
	entry->kind = key->kind;
	entry->namespace = strdup(key->namespace);
	entry->name = strdup(key->name);
	return entry->namespace && entry->name ? 0 : -ENOMEM;
}

static int add_refused(struct manifest_file *file, const cJSON *tree,
		       const struct rejection *rejection)
{
	struct object_key key;
	int error;

	if (object_decode_key(tree, &key, NULL))
		return add_broken(file, rejection);
	error = add_broken(file, rejection);
	return error ? error : name_entry(&file->entries[file->count - 1], &key);
}

static int object_read(const cJSON *tree, struct object **ret_object, struct rejection *rejection)
{
	_cleanup_(object_freep) struct object *object = NULL;
	struct json_value root = json_root(tree, rejection);
	int error = object_decode(tree, &object, rejection);

	if (!error && object->kind == OBJECT_PATH_ROUTE)
		error = path_route_fields_check(&root);
	if (!error)
		*ret_object = STEAL(object);
	return error;
}

static int add_object(struct manifest_file *file, const cJSON *tree, unsigned line)
{
	_cleanup_(object_freep) struct object *object = NULL;
	struct rejection rejection = {0};
	struct manifest_entry *entry;
	struct object_key key;
	int error;

	error = object_read(tree, &object, &rejection);
	if (error == -ENOTSUP) {
		file->foreign++;
		return 0;
	}
	if (rejection.line == 0)
		rejection.line = line;
	if (error == -EINVAL)
		return add_refused(file, tree, &rejection);
	if (!error)
		error = new_entry(file, &entry);
	if (error)
		return error;
	if (object->origin_line == 0)
		object->origin_line = line;
	key = object_key_of(object);
	entry->line = object->origin_line;
	entry->object = STEAL(object);
	return name_entry(entry, &key);
}

static bool is_list(const cJSON *tree)
{
	const cJSON *version = cJSON_GetObjectItemCaseSensitive(tree, "apiVersion");
	const cJSON *kind = cJSON_GetObjectItemCaseSensitive(tree, "kind");

	return cJSON_IsString(version) && !strcmp(version->valuestring, "v1") &&
	       cJSON_IsString(kind) && !strcmp(kind->valuestring, "List");
}

/* An object, or a List of objects. */
static int add_tree(struct manifest_file *file, const cJSON *tree, unsigned line)
{
	const cJSON *items, *item;
	int error = 0;

	if (json_line(tree))
		line = json_line(tree);
	if (!is_list(tree))
		return add_object(file, tree, line);
	items = cJSON_GetObjectItemCaseSensitive(tree, "items");
	cJSON_ArrayForEach (item, items) {
		error = add_object(file, item, line);
		if (error)
			break;
	}
	return error;
}

typedef int (*document_parser)(const struct yaml_document *document, cJSON **ret_tree,
			       struct rejection *ret_rejection);

static int add_document(struct manifest_file *file, const struct yaml_document *document,
			document_parser parse)
{
	_cleanup_(delete_treep) cJSON *tree = NULL;
	struct rejection rejection = {0};
	int error;

	error = parse(document, &tree, &rejection);
	if (error == -ENODATA)
		return 0;
	if (error == -EINVAL)
		return add_broken(file, &rejection);
	return error ? error : add_tree(file, tree, document->line);
}

static int add_text(struct manifest_file *file, bool is_json, const char *text, size_t length)
{
	struct yaml_document whole = {.text = text, .length = length, .line = 1}, document;
	struct yaml_stream stream = {.text = text, .length = length, .line = 1};
	int error = 0;

	if (is_json)
		return add_document(file, &whole, yaml_json_parse_json);
	while (!error && yaml_stream_next(&stream, &document))
		error = add_document(file, &document, yaml_json_parse);
	return error;
}

int manifest_file_read(const char *path, struct manifest_file *ret_file)
{
	_cleanup_(manifest_file_done) struct manifest_file file = {0};
	_cleanup_free_ char *text = NULL;
	size_t length;
	int error;

	error = file_text_read(path, MANIFEST_FILE_MAX, &text, &length);
	if (!error)
		error = add_text(&file, ends_with(path, ".json"), text, length);
	if (error)
		return error;
	*ret_file = file;
	file = (struct manifest_file){0};
	return 0;
}

int manifest_file_parse(const char *text, size_t length, struct manifest_file *ret_file)
{
	_cleanup_(manifest_file_done) struct manifest_file file = {0};
	int error = add_text(&file, text[strspn(text, " \t\r\n")] == '{', text, length);

	if (error)
		return error;
	*ret_file = file;
	file = (struct manifest_file){0};
	return 0;
}
