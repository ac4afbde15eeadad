/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "options_spec.h"

struct options_file {
	const char *path;
	const bool *given;
	struct options *options; /* of the caller */
	struct options *ignored; /* takes what the command line said otherwise */
	char *error;
	yaml_document_t document;
};

__attribute__((format(printf, 3, 4))) static int file_reject(struct options_file *file, size_t line,
							     const char *format, ...)
{
	int length = snprintf(file->error, OPTIONS_ERROR_MAX, "%s:%zu: ", file->path, line);
	va_list arguments;

	if (length < 0 || length >= OPTIONS_ERROR_MAX)
		return -EINVAL;
	va_start(arguments, format);
	vsnprintf(file->error + length, OPTIONS_ERROR_MAX - (size_t)length, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static const char *scalar_text(const yaml_node_t *node)
{
	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
						      : NULL;
}

static int value_set(struct options_file *file, int position, const yaml_node_t *value)
{
	const struct options_spec *spec = &options_specs[position];
	struct options *target = file->given[position] ? file->ignored : file->options;
	char reason[OPTIONS_ERROR_MAX];
	const char *text = scalar_text(value);
	int error;

	if (!text)
		return file_reject(file, value->start_mark.line + 1, "%s: must be a single value",
				   spec->name);
	error = options_spec_set(target, spec, text, reason);
	if (error == -EINVAL)
		return file_reject(file, value->start_mark.line + 1, "%s: %.300s", spec->name,
				   reason);
	return error;
}

static int values_set(struct options_file *file, int position, yaml_node_t *value)
{
	const struct options_spec *spec = &options_specs[position];
	bool is_list = spec->kind == OPTIONS_TEXTS || spec->kind == OPTIONS_ADDRESSES;
	int error = 0;

	if (value->type != YAML_SEQUENCE_NODE || !is_list)
		return value_set(file, position, value);
	for (yaml_node_item_t *item = value->data.sequence.items.start;
	     !error && item < value->data.sequence.items.top; item++)
		error = value_set(file, position, yaml_document_get_node(&file->document, *item));
	return error;
}

static int pair_read(struct options_file *file, const yaml_node_pair_t *pair)
{
	const yaml_node_t *key = yaml_document_get_node(&file->document, pair->key);
	yaml_node_t *value = yaml_document_get_node(&file->document, pair->value);
	const char *name = scalar_text(key);
	int position = name ? options_spec_find(name) : -1;

	if (position < 0 || !strcmp(name, "config"))
		return file_reject(file, key->start_mark.line + 1, "unknown key \"%.100s\"",
				   name ? name : "");
	return values_set(file, position, value);
}

static int document_read(struct options_file *file)
{
	const yaml_node_t *root = yaml_document_get_root_node(&file->document);
	int error = 0;

	if (!root)
		return 0; /* an empty file */
	if (root->type != YAML_MAPPING_NODE)
		return file_reject(file, root->start_mark.line + 1,
				   "must be a mapping of options to values");
	for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
	     !error && pair < root->data.mapping.pairs.top; pair++)
		error = pair_read(file, pair);
	return error;
}

static int stream_read(struct options_file *file, FILE *stream)
{
	yaml_parser_t parser;
	int error;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_file(&parser, stream);
	if (yaml_parser_load(&parser, &file->document)) {
		error = document_read(file);
		yaml_document_delete(&file->document);
	} else {
		error = file_reject(file, parser.problem_mark.line + 1, "%s",
				    parser.problem ? parser.problem : "not YAML");
	}
	yaml_parser_delete(&parser);
	return error;
}

int options_file_read(const char *path, const bool *given, struct options *options,
		      char ret_error[OPTIONS_ERROR_MAX])
{
	_cleanup_(options_done) struct options ignored = {0};
	_cleanup_fclose_ FILE *stream = fopen(path, "re");
	struct options_file file = {
		.path = path,
		.given = given,
		.options = options,
		.ignored = &ignored,
		.error = ret_error,
	};

	if (!stream) {
		snprintf(ret_error, OPTIONS_ERROR_MAX, "--config %s: %s", path, strerror(errno));
		return -EINVAL;
	}
	return stream_read(&file, stream);
}
