/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HELD_FIRST 4096

void kube_stream_done(struct kube_stream *stream)
{
	free(stream->held);
	*stream = (struct kube_stream){0};
}

static size_t object_max(const struct kube_stream *stream)
{
	return stream->object_max ? stream->object_max : KUBE_STREAM_OBJECT_MAX;
}

static int held_reserve(struct kube_stream *stream, size_t wanted)
{
	size_t capacity = stream->capacity ? stream->capacity : HELD_FIRST;
	char *grown;

	if (wanted <= stream->capacity)
		return 0;
	while (capacity < wanted)
		capacity *= 2;
	grown = realloc(stream->held, capacity);
	if (!grown)
		return -ENOMEM;
	stream->held = grown;
	stream->capacity = capacity;
	return 0;
}

/* A large buffer is not kept for the small objects that follow. */
static void held_release(struct kube_stream *stream)
{
	stream->length = 0;
	stream->taking = stream->too_much = false;
	if (stream->capacity <= 16 * HELD_FIRST)
		return;
	free(stream->held);
	stream->held = NULL;
	stream->capacity = 0;
}

static int hold(struct kube_stream *stream, const char *bytes, size_t length)
{
	int error;

	if (stream->too_much)
		return 0;
	if (length > object_max(stream) - stream->length) {
		stream->too_much = true;
		return 0;
	}
	error = held_reserve(stream, stream->length + length + 1);
	if (error)
		return error;
	memcpy(stream->held + stream->length, bytes, length);
	stream->length += length;
	return 0;
}

static enum kube_stream_part part_of(const struct kube_stream *stream)
{
	if (stream->form == KUBE_STREAM_EVENTS)
		return KUBE_STREAM_EVENT;
	return stream->in_items ? KUBE_STREAM_ITEM : KUBE_STREAM_METADATA;
}

static int give_out(struct kube_stream *stream)
{
	int error = 0;

	if (stream->too_much) {
		stream->skipped++;
	} else {
		stream->held[stream->length] = '\0';
		error = stream->take(stream->context, part_of(stream), stream->held,
				     stream->length);
	}
	held_release(stream);
	return error;
}

static bool is_key(const struct kube_stream *stream, const char *key)
{
	return stream->key_length == strlen(key) && !memcmp(stream->key, key, stream->key_length);
}

/* Whether the value whose bracket opens here is one to give out. */
static bool begins_object(const struct kube_stream *stream, char bracket)
{
	if (stream->taking || bracket != '{')
		return false;
	if (stream->form == KUBE_STREAM_EVENTS)
		return stream->depth == 0;
	return stream->in_items ? stream->depth == 2
				: stream->depth == 1 && is_key(stream, "metadata");
}

static int take_open(struct kube_stream *stream, char bracket)
{
	if (stream->depth == 0 && bracket != '{')
		return -EPROTO;
	if (begins_object(stream, bracket)) {
		stream->taking = true;
		stream->taking_depth = stream->depth;
	} else if (!stream->taking && stream->depth == 1 && bracket == '[' &&
		   is_key(stream, "items")) {
		stream->in_items = true;
	}
	stream->depth++;
	stream->at_key = stream->depth == 1;
	/* Only what is held has a limit; the rest is counted and costs nothing. */
	if (stream->taking && stream->depth - stream->taking_depth > KUBE_STREAM_DEPTH_MAX)
		stream->too_much = true;
	return stream->depth == UINT32_MAX ? -EPROTO : 0;
}

static int take_close(struct kube_stream *stream)
{
	if (!stream->depth)
		return -EPROTO;
	stream->depth--;
	if (stream->depth == 1 && !stream->taking)
		stream->in_items = false;
	stream->done = stream->form == KUBE_STREAM_LIST && stream->depth == 0;
	return 0;
}

static void take_separator(struct kube_stream *stream, char sign)
{
	if (stream->depth != 1)
		return;
	stream->at_key = sign == ',';
	/* Also for "items": null. */
	stream->has_items |= sign == ':' && is_key(stream, "items");
}

/* A byte outside of strings. */
static int take_sign(struct kube_stream *stream, char sign)
{
	switch (sign) {
	case '{':
	case '[':
		return take_open(stream, sign);
	case '}':
	case ']':
		return take_close(stream);
	case '"':
		stream->in_string = true;
		if (stream->depth == 1 && stream->at_key)
			stream->key_length = 0;
		return stream->depth ? 0 : -EPROTO;
	case ',':
	case ':':
		take_separator(stream, sign);
		return stream->depth ? 0 : -EPROTO;
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		return 0;
	default:
		return stream->depth ? 0 : -EPROTO;
	}
}

static void take_in_string(struct kube_stream *stream, char byte)
{
	if (stream->escaped) {
		stream->escaped = false;
	} else if (byte == '"') {
		stream->in_string = false;
		return;
	} else if (byte == '\\') {
		stream->escaped = true;
	}
	if (stream->depth != 1 || !stream->at_key)
		return;
	/* One that is too long is none of those looked for. */
	if (stream->key_length < sizeof(stream->key))
		stream->key[stream->key_length++] = byte;
}

static int take_byte(struct kube_stream *stream, char byte)
{
	if (stream->in_string) {
		take_in_string(stream, byte);
		return 0;
	}
	if (stream->done && !strchr(" \t\r\n", byte))
		return -EPROTO;
	return take_sign(stream, byte);
}

int kube_stream_feed(struct kube_stream *stream, const char *bytes, size_t length)
{
	size_t held_from = 0; /* bytes before it are held or of no use */
	int error = 0;

	for (size_t i = 0; i < length && !error; i++) {
		bool was_taking = stream->taking;

		error = take_byte(stream, bytes[i]);
		if (!was_taking)
			held_from = i;
		if (error || !stream->taking || stream->in_string ||
		    stream->depth != stream->taking_depth)
			continue;
		error = hold(stream, bytes + held_from, i + 1 - held_from);
		if (!error)
			error = give_out(stream);
	}
	if (!error && stream->taking)
		error = hold(stream, bytes + held_from, length - held_from);
	return error;
}

int kube_stream_end(const struct kube_stream *stream)
{
	if (stream->form == KUBE_STREAM_LIST)
		return stream->done && stream->has_items ? 0 : -EPROTO;
	return stream->depth ? -EPROTO : 0;
}
