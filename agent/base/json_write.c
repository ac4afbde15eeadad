/* SPDX-License-Identifier: Apache-2.0 */
#include "json_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void write_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			fprintf(out, "\\%c", byte);
		else if (byte < ' ')
			fprintf(out, "\\u%04x", byte);
		else
			fputc(byte, out);
	}
	fputc('"', out);
}

static void write_key(struct json_writer *writer, const char *key)
{
	if (writer->follows)
		fputc(',', writer->out);
	writer->follows = true;
	if (!key)
		return;
	write_string(writer->out, key);
	fputc(':', writer->out);
}

static void begin(struct json_writer *writer, const char *key, char bracket)
{
	write_key(writer, key);
	fputc(bracket, writer->out);
	writer->follows = false;
}

static void end(struct json_writer *writer, char bracket)
{
	fputc(bracket, writer->out);
	writer->follows = true;
}

void json_write_object(struct json_writer *writer, const char *key)
{
	begin(writer, key, '{');
}

void json_write_object_end(struct json_writer *writer)
{
	end(writer, '}');
}

void json_write_array(struct json_writer *writer, const char *key)
{
	begin(writer, key, '[');
}

void json_write_array_end(struct json_writer *writer)
{
	end(writer, ']');
}

void json_write_text(struct json_writer *writer, const char *key, const char *text)
{
	write_key(writer, key);
	write_string(writer->out, text);
}

void json_write_integer(struct json_writer *writer, const char *key, int64_t number)
{
	write_key(writer, key);
	fprintf(writer->out, "%" PRId64, number);
}

void json_write_bool(struct json_writer *writer, const char *key, bool flag)
{
	write_key(writer, key);
	fputs(flag ? "true" : "false", writer->out);
}

bool json_memory_begin(struct json_memory *memory)
{
	*memory = (struct json_memory){0};
	memory->writer.out = open_memstream(&memory->text, &memory->length);
	return memory->writer.out;
}

char *json_memory_end(struct json_memory *memory)
{
	bool failed = ferror(memory->writer.out);

	failed |= fclose(memory->writer.out) != 0;
	if (!failed)
		return memory->text;
	free(memory->text);
	return NULL;
}
