/* SPDX-License-Identifier: Apache-2.0 */
#include "reply_trial.h"

#include <string.h>

#define ROOM (HOLD_LARGE_SIZE - HTTP_REPLY_LINE_MAX)

size_t reply_trial_read(struct http_framing *reply, struct hold_large *hold,
			const struct reply_pieces *pieces)
{
	size_t at = 0;
	size_t waiting = 0;
	size_t piece = pieces->cut.first;

	memset(hold, pieces->stale, sizeof(*hold));
	http_reply_begin(reply);
	while (at < pieces->length && !(reply->head & (HTTP_REPLY_END | HTTP_REPLY_BAD))) {
		size_t consumed;

		piece = piece < ROOM && piece ? piece : ROOM;
		piece = piece < pieces->length - at ? piece : pieces->length - at;
		memcpy(hold->data + waiting, pieces->bytes + at, piece);
		at += piece;
		waiting += piece;
		consumed = (size_t)http_reply_read(reply, hold, (uint32_t)waiting);
		waiting -= consumed;
		memmove(hold->data, hold->data + consumed, waiting);
		memset(hold->data + waiting, pieces->stale, consumed);
		piece = pieces->cut.step;
	}
	return reply->head & HTTP_REPLY_END ? at - waiting : at;
}

struct pair {
	const char *name;
	bool reader;
	bool reference;
};

static const char *flag_difference(const struct http_framing *reply,
				   const struct reference_reply *reference)
{
	const struct pair pairs[] = {
		{"HTTP/1.0", reply->head & HTTP_REPLY_HTTP_1_0, reference->http_1_0},
		{"bad length", reply->head & HTTP_REPLY_LENGTH_BAD, reference->length_bad},
		{"encoding", reply->head & HTTP_REPLY_ENCODING, reference->encoding},
		{"chunked", reply->head & HTTP_REPLY_CHUNKED, reference->chunked},
		{"close", reply->head & HTTP_REPLY_CLOSE, reference->close},
		{"keep-alive", reply->head & HTTP_REPLY_KEEP_ALIVE, reference->keep_alive},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i].reader != pairs[i].reference)
			return pairs[i].name;
	}
	return NULL;
}

static const char *body_difference(const struct http_framing *reply,
				   const struct reference_reply *reference)
{
	for (unsigned outstanding = 0; outstanding < 4; outstanding++) {
		bool head_method = outstanding & OUTSTANDING_HEAD;
		enum http_body body = http_reply_body(reply, outstanding);

		if (body != reference_reply_body(reference, head_method))
			return "body";
		if (http_reply_is_final(reply, body) !=
		    reference_reply_is_final(reference, head_method))
			return "final";
		if (body == HTTP_BODY_LENGTH && reply->remaining != reference->length)
			return "length of the body";
	}
	return NULL;
}

const char *reply_trial_difference(const struct http_framing *reply, size_t length,
				   const struct reference_reply *reference)
{
	const char *difference;

	if (!(reply->head & HTTP_REPLY_BAD) != !reference->bad)
		return !reference->end && length > HTTP_REPLY_HEAD_MAX ? NULL : "bad";
	if (reference->bad)
		return NULL;
	if (!(reply->head & HTTP_REPLY_END) != !reference->end)
		return "end";
	if (!reference->end)
		return NULL;
	if (length != reference->end || reply->spent != reference->end)
		return "bytes of the head";
	if (reply->status != reference->status)
		return "status";
	difference = flag_difference(reply, reference);
	return difference ? difference : body_difference(reply, reference);
}
