/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml_json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "cleanup.h"
#include "json_read.h"
#include "yaml_scalar.h"

struct reader {
	yaml_parser_t parser;
	const struct yaml_document *document;
	size_t nodes;
	struct rejection *rejection;
};

static int read_node(struct reader *reader, const yaml_event_t *event, unsigned depth,
		     cJSON **ret_node);

static void delete_treep(cJSON **tree)
{
	cJSON_Delete(*tree);
}

__attribute__((format(printf, 3, 4))) static int refuse(struct reader *reader, size_t line,
							const char *format, ...)
{
	va_list arguments;

	reader->rejection->reason = REASON_SYNTAX_ERROR;
	reader->rejection->line = reader->document->line + (unsigned)line;
	va_start(arguments, format);
	vsnprintf(reader->rejection->message, REJECTION_MESSAGE_MAX, format, arguments);
	va_end(arguments);
	rejection_clean(reader->rejection);
	return -EINVAL;
}

static int refuse_event(struct reader *reader, const yaml_event_t *event, const char *message)
{
	return refuse(reader, event->start_mark.line, "%s", message);
}

/* Errors of the encoding know their offset, but no line. */
static size_t problem_line(const struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	size_t i, line = 0;

	if (parser->error != YAML_READER_ERROR)
		return parser->problem_mark.line;
	for (i = 0; i < parser->problem_offset && i < reader->document->length; i++)
		line += reader->document->text[i] == '\n';
	return line;
}

static int next_event(struct reader *reader, yaml_event_t *ret_event)
{
	const yaml_parser_t *parser = &reader->parser;

	if (yaml_parser_parse(&reader->parser, ret_event))
		return 0;
	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	return refuse(reader, problem_line(reader), "%s%s%s",
		      parser->context ? parser->context : "", parser->context ? ": " : "",
		      parser->problem ? parser->problem : "not YAML");
}

static bool is_plain(const yaml_event_t *event)
{
	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !event->data.scalar.tag;
}

static cJSON *new_scalar(const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	double number;

	if (!is_plain(event))
		return cJSON_CreateString(text);
	switch (yaml_scalar_resolve(text, &number)) {
	case YAML_SCALAR_NULL:
		return cJSON_CreateNull();
	case YAML_SCALAR_TRUE:
		return cJSON_CreateTrue();
	case YAML_SCALAR_FALSE:
		return cJSON_CreateFalse();
	case YAML_SCALAR_NUMBER:
		return cJSON_CreateNumber(number);
	default:
		return cJSON_CreateString(text);
	}
}

static int check_tag(struct reader *reader, const yaml_event_t *event, const yaml_char_t *tag,
		     const char *allowed)
{
	if (!tag || !strcmp((const char *)tag, allowed))
		return 0;
	return refuse_event(reader, event, "tags other than !!str are not supported");
}

static int check_text(struct reader *reader, const yaml_event_t *event)
{
	if (memchr(event->data.scalar.value, '\0', event->data.scalar.length))
		return refuse_event(reader, event, "a string must not have a NUL byte");
	return 0;
}

static int read_scalar(struct reader *reader, const yaml_event_t *event, cJSON **ret_node)
{
	int error;

	error = check_tag(reader, event, event->data.scalar.tag, YAML_STR_TAG);
	if (!error)
		error = check_text(reader, event);
	if (error)
		return error;
	*ret_node = new_scalar(event);
	return *ret_node ? 0 : -ENOMEM;
}

static int read_sequence(struct reader *reader, unsigned depth, cJSON *sequence)
{
	_cleanup_(yaml_event_delete) yaml_event_t event = {0};
	cJSON *item;
	int error;

	for (;;) {
		error = next_event(reader, &event);
		if (error || event.type == YAML_SEQUENCE_END_EVENT)
			return error;
		error = read_node(reader, &event, depth, &item);
		if (error)
			return error;
		cJSON_AddItemToArray(sequence, item);
		yaml_event_delete(&event);
	}
}

static int check_key(struct reader *reader, const yaml_event_t *event, const cJSON *mapping)
{
	if (event->type != YAML_SCALAR_EVENT)
		return refuse_event(reader, event, "a key must be a scalar");
	if (cJSON_GetObjectItemCaseSensitive(mapping, (char *)event->data.scalar.value))
		return refuse(reader, event->start_mark.line, "key \"%.100s\" is there twice",
			      (char *)event->data.scalar.value);
	return check_text(reader, event);
}

static int read_member(struct reader *reader, const yaml_event_t *key, unsigned depth,
		       cJSON *mapping)
{
	_cleanup_(yaml_event_delete) yaml_event_t event = {0};
	_cleanup_(delete_treep) cJSON *item = NULL;
	int error;

	error = check_key(reader, key, mapping);
	if (!error)
		error = next_event(reader, &event);
	if (!error)
		error = read_node(reader, &event, depth, &item);
	if (error)
		return error;
	if (!cJSON_AddItemToObject(mapping, (char *)key->data.scalar.value, item))
		return -ENOMEM;
	item = NULL;
	return 0;
}

static int read_mapping(struct reader *reader, unsigned depth, cJSON *mapping)
{
	_cleanup_(yaml_event_delete) yaml_event_t event = {0};
	size_t keys;
	int error;

	for (keys = 0;; keys++) {
		error = next_event(reader, &event);
		if (error || event.type == YAML_MAPPING_END_EVENT)
			return error;
		if (keys == YAML_KEYS_MAX)
			return refuse_event(reader, &event, "a mapping has more than 1024 keys");
		error = read_member(reader, &event, depth, mapping);
		if (error)
			return error;
		yaml_event_delete(&event);
	}
}

static int read_collection(struct reader *reader, const yaml_event_t *event, unsigned depth,
			   cJSON **ret_node)
{
	bool is_mapping = event->type == YAML_MAPPING_START_EVENT;
	_cleanup_(delete_treep) cJSON *node = NULL;
	int error;

	if (depth == YAML_DEPTH_MAX)
		return refuse_event(reader, event, "more than 64 levels are nested");
	error = is_mapping ? check_tag(reader, event, event->data.mapping_start.tag, YAML_MAP_TAG)
			   : check_tag(reader, event, event->data.sequence_start.tag, YAML_SEQ_TAG);
	if (error)
		return error;
	node = is_mapping ? cJSON_CreateObject() : cJSON_CreateArray();
	if (!node)
		return -ENOMEM;
	json_note_line(node, reader->document->line + (unsigned)event->start_mark.line);
	error = is_mapping ? read_mapping(reader, depth + 1, node)
			   : read_sequence(reader, depth + 1, node);
	if (!error)
		*ret_node = STEAL(node);
	return error;
}

static int read_node(struct reader *reader, const yaml_event_t *event, unsigned depth,
		     cJSON **ret_node)
{
	if (++reader->nodes > YAML_NODES_MAX)
		return refuse_event(reader, event, "the document has too many values");
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(reader, event, ret_node);
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		return read_collection(reader, event, depth, ret_node);
	default:
		return refuse_event(reader, event, "aliases are not supported");
	}
}

/* Reads one event and deletes it; -ENODATA if it is not of the type. */
static int skip_event(struct reader *reader, yaml_event_type_t type)
{
	_cleanup_(yaml_event_delete) yaml_event_t event = {0};
	int error = next_event(reader, &event);

	return error ? error : event.type == type ? 0 : -ENODATA;
}

static int read_document(struct reader *reader, cJSON **ret_tree)
{
	_cleanup_(yaml_event_delete) yaml_event_t event = {0};
	_cleanup_(delete_treep) cJSON *tree = NULL;
	int error;

	error = skip_event(reader, YAML_STREAM_START_EVENT);
	if (!error)
		error = skip_event(reader, YAML_DOCUMENT_START_EVENT);
	if (!error)
		error = next_event(reader, &event);
	if (!error)
		error = read_node(reader, &event, 0, &tree);
	if (!error)
		error = skip_event(reader, YAML_DOCUMENT_END_EVENT);
	if (error)
		return error;
	/* Possible only with line ends that yaml_stream_next() does not know. */
	error = skip_event(reader, YAML_STREAM_END_EVENT);
	if (error == -ENODATA)
		return refuse(reader, 0, "lines must end with LF or CR LF");
	if (error)
		return error;
	if (cJSON_IsNull(tree))
		return -ENODATA;
	*ret_tree = STEAL(tree);
	return 0;
}

int yaml_json_parse(const struct yaml_document *document, struct cJSON **ret_tree,
		    struct rejection *ret_rejection)
{
	struct reader reader = {.document = document, .rejection = ret_rejection};
	int error;

	if (!yaml_parser_initialize(&reader.parser))
		return -ENOMEM;
	/* Were it to guess from the first bytes, a cut piece of text could change its meaning. */
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)document->text,
				     document->length);
	error = read_document(&reader, ret_tree);
	yaml_parser_delete(&reader.parser);
	return error;
}
