/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes, cut anywhere: the same objects come out as without a cut, each with its brackets. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "agent/kube/kube_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	uint64_t sum; /* of all that came out */
	size_t objects;
	int error;
	int end;
	uint64_t skipped;
};

static int take(void *context, enum kube_stream_part part, const char *text, size_t length)
{
	struct outcome *outcome = context;

	assert(length >= 2 && length <= 64 && text[0] == '{' && text[length] == '\0');
	assert(text[length - 1] == '}' || text[length - 1] == ']');
	outcome->objects++;
	outcome->sum = outcome->sum * 31 + part;
	for (size_t i = 0; i < length; i++)
		outcome->sum = outcome->sum * 31 + (unsigned char)text[i];
	return 0;
}

static struct outcome split(const char *bytes, size_t length, size_t piece,
			    enum kube_stream_form form)
{
	struct outcome outcome = {0};
	struct kube_stream stream = {
		.form = form, .context = &outcome, .take = take, .object_max = 64};

	for (size_t at = 0; at < length && !outcome.error; at += piece)
		outcome.error = kube_stream_feed(&stream, bytes + at,
						 length - at > piece ? piece : length - at);
	outcome.end = kube_stream_end(&stream);
	outcome.skipped = stream.skipped;
	kube_stream_done(&stream);
	return outcome;
}

/* The first byte tells form and size of the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, cut;
	enum kube_stream_form form;

	if (size < 2)
		return 0;
	form = data[0] & 1 ? KUBE_STREAM_LIST : KUBE_STREAM_EVENTS;
	whole = split((const char *)data + 1, size - 1, size, form);
	cut = split((const char *)data + 1, size - 1, 1 + (data[0] >> 1), form);
	assert(whole.sum == cut.sum && whole.objects == cut.objects);
	assert(whole.error == cut.error && whole.skipped == cut.skipped);
	assert(whole.error || whole.end == cut.end);
	return 0;
}
