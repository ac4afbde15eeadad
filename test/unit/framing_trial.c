/* SPDX-License-Identifier: Apache-2.0 */
#include "framing_trial.h"

#include <string.h>

#include "reference_framing.h"
#include "reference_reply.h"

/* How far one direction is read. */
struct follower {
	const struct framing_stream *stream;
	struct hold_large *hold;
	struct framing_result *result;
	struct http_framing framing;
	size_t arrived;
	size_t head; /* offset of the head that hold->head knows of */
	bool in_body;
	bool stopped;
};

static size_t next_of(const struct follower *follower)
{
	return follower->framing.next - follower->stream->first;
}

static bool stop(struct follower *follower, enum framing_stop reason)
{
	follower->result->stop = reason;
	follower->result->at = next_of(follower);
	follower->stopped = true;
	return false;
}

/* Puts the bytes from `next` on in front of the hold, at most `limit`; how many they are. */
static uint32_t take(struct follower *follower, size_t limit)
{
	struct hold_large *hold = follower->hold;
	size_t offset = next_of(follower);
	size_t count = follower->arrived - offset;

	count = count < limit ? count : limit;
	memset(hold->data + count, follower->stream->stale, sizeof(hold->data) - count);
	memcpy(hold->data, follower->stream->bytes + offset, count);
	return (uint32_t)count;
}

static bool begin_body(struct follower *follower, enum http_body body, uint64_t length)
{
	struct framing_message *message = &follower->result->messages[follower->result->count];

	message->head_end = next_of(follower);
	message->body = body;
	framing_body(&follower->framing, follower->framing.next, body, length);
	follower->in_body = true;
	return true;
}

static enum http_body request_body(unsigned flags)
{
	if (flags & HTTP_HEAD_CHUNKED)
		return HTTP_BODY_CHUNKED;
	return flags & HTTP_HEAD_LENGTH ? HTTP_BODY_LENGTH : HTTP_BODY_NONE;
}

/* `next` stays in front of the head until it is complete. */
static bool read_request(struct follower *follower)
{
	struct http_head *head = &follower->hold->head;
	uint32_t count = take(follower, HTTP_HEAD_MAX);

	if (follower->head != next_of(follower))
		memset(head, 0, sizeof(*head));
	follower->head = next_of(follower);
	if (http_head_parse(follower->hold, count))
		return stop(follower, FRAMING_STOP_REFUSED);
	if (!head->end)
		return false;
	follower->framing.next += head->end;
	return begin_body(follower, request_body(head->flags), head->content_length);
}

static bool answers_head(const struct framing_stream *stream, size_t index)
{
	return stream->heads >> (index % 8) & 1;
}

static bool read_reply(struct follower *follower)
{
	struct http_framing *reply = &follower->framing;
	bool head = answers_head(follower->stream, follower->result->count);
	int consumed;

	consumed = http_reply_read(reply, follower->hold, take(follower, HOLD_LARGE_SIZE));
	reply->next += (uint32_t)consumed;
	if (reply->head & HTTP_REPLY_BAD)
		return stop(follower, FRAMING_STOP_REFUSED);
	if (!(reply->head & HTTP_REPLY_END))
		return consumed;
	return begin_body(follower, http_reply_body(reply, head ? OUTSTANDING_HEAD : 0),
			  reply->remaining);
}

static bool read_lines(struct follower *follower)
{
	uint32_t count = take(follower, 2 * FRAMING_WINDOW);

	if (framing_read(&follower->framing, follower->hold, 0, count) < 0)
		return stop(follower, FRAMING_STOP_MALFORMED);
	return true;
}

static bool end_message(struct follower *follower)
{
	struct framing_result *result = follower->result;

	result->messages[result->count].end = next_of(follower);
	follower->in_body = false;
	http_reply_begin(&follower->framing);
	return ++result->count < FRAMING_TRIAL_MESSAGES || stop(follower, FRAMING_STOP_FULL);
}

/* Goes on by one part; false: no further. */
static bool advance(struct follower *follower)
{
	struct http_framing *framing = &follower->framing;

	if (framing->phase == FRAMING_OPAQUE)
		return stop(follower, FRAMING_STOP_OPAQUE);
	if (next_of(follower) > follower->arrived)
		return false;
	if (follower->in_body && framing->phase == FRAMING_HEAD)
		return end_message(follower);
	if (next_of(follower) == follower->arrived)
		return false;
	if (framing->phase != FRAMING_HEAD)
		return read_lines(follower);
	return follower->stream->replies ? read_reply(follower) : read_request(follower);
}

void framing_trial_run(const struct framing_stream *stream, struct hold_large *hold,
		       struct framing_result *ret_result)
{
	struct follower follower = {
		.stream = stream,
		.hold = hold,
		.result = ret_result,
		.head = SIZE_MAX,
	};
	size_t piece = stream->cut.first;

	memset(ret_result, 0, sizeof(*ret_result));
	framing_start(&follower.framing, stream->first);
	while (follower.arrived < stream->length && !follower.stopped) {
		size_t left = stream->length - follower.arrived;

		follower.arrived += piece && piece < left ? piece : left;
		while (advance(&follower))
			;
		piece = stream->cut.step;
	}
}

struct reference_head_end {
	enum framing_stop stop; /* if `end` is 0 */
	size_t end;             /* bytes of the head */
	enum http_body body;
	uint64_t length;
};

static struct reference_head_end reference_request(const uint8_t *bytes, size_t length)
{
	struct reference_head head;

	reference_head_parse(bytes, length, &head);
	return (struct reference_head_end){
		.stop = head.verdict ? FRAMING_STOP_REFUSED : FRAMING_STOP_MISSING,
		.end = head.end,
		.body = request_body(head.flags),
		.length = head.content_length,
	};
}

static struct reference_head_end reference_reply(const uint8_t *bytes, size_t length, bool head)
{
	struct reference_reply reply;

	reference_reply_read(bytes, length, &reply);
	return (struct reference_head_end){
		.stop = reply.bad ? FRAMING_STOP_REFUSED : FRAMING_STOP_MISSING,
		.end = reply.bad ? 0 : reply.end,
		.body = reference_reply_body(&reply, head),
		.length = reply.length,
	};
}

static enum framing_stop stop_of(enum reference_end end)
{
	if (end == REFERENCE_MALFORMED)
		return FRAMING_STOP_MALFORMED;
	return end == REFERENCE_OPAQUE ? FRAMING_STOP_OPAQUE : FRAMING_STOP_MISSING;
}

/* Reads the message at result->at, and moves it behind. */
static bool reference_message(const struct framing_stream *stream, struct framing_result *result)
{
	struct framing_message *message = &result->messages[result->count];
	struct reference_text text = {.bytes = stream->bytes, .length = stream->length};
	const uint8_t *bytes = stream->bytes + result->at;
	size_t length = stream->length - result->at;
	struct reference_head_end head;
	enum reference_end end;

	head = stream->replies ? reference_reply(bytes, length, answers_head(stream, result->count))
			       : reference_request(bytes, length);
	result->stop = head.stop;
	if (!head.end)
		return false;
	message->head_end = result->at + head.end;
	message->body = head.body;
	text.at = message->head_end;
	end = reference_body_read(&text, head.body, head.length);
	result->at = text.at;
	result->stop = stop_of(end);
	if (end)
		return false;
	message->end = result->at;
	result->count++;
	return true;
}

void framing_trial_reference(const struct framing_stream *stream, struct framing_result *ret_result)
{
	memset(ret_result, 0, sizeof(*ret_result));
	while (ret_result->count < FRAMING_TRIAL_MESSAGES && ret_result->at < stream->length) {
		if (!reference_message(stream, ret_result))
			return;
	}
	if (ret_result->count == FRAMING_TRIAL_MESSAGES)
		ret_result->stop = FRAMING_STOP_FULL;
	else
		ret_result->stop = FRAMING_STOP_MISSING;
}

const char *framing_trial_difference(const struct framing_result *engine,
				     const struct framing_result *reference)
{
	if (engine->count != reference->count)
		return "number of messages";
	if (engine->stop != reference->stop)
		return "why it stopped";
	if (engine->stop == FRAMING_STOP_MALFORMED && engine->at != reference->at)
		return "the malformed byte";
	for (size_t i = 0; i <= engine->count; i++) {
		const struct framing_message *one = &engine->messages[i];
		const struct framing_message *other = &reference->messages[i];

		if (one->head_end != other->head_end)
			return "the end of a head";
		if (one->body != other->body)
			return "a body";
		if (one->end != other->end)
			return "the end of a message";
	}
	return NULL;
}
