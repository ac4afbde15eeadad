/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the messages of one direction of a connection: engine and references must find the
 * same heads and bodies, however the bytes are cut, and wherever sequence numbers wrap. The first
 * bytes of the input say which direction, which replies answer HEAD, where to cut, where to wrap.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/framing_trial.h"

#define CHOICES 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hold_large hold;

static void check(const struct framing_stream *stream, const struct framing_result *reference)
{
	struct framing_result engine;
	const char *difference;

	framing_trial_run(stream, &hold, &engine);
	difference = framing_trial_difference(&engine, reference);
	if (!difference)
		return;
	fprintf(stderr, "%s differs, cut %zu/%zu: %zu messages, stop %d at %zu; ", difference,
		stream->cut.first, stream->cut.step, engine.count, engine.stop, engine.at);
	fprintf(stderr, "reference: %zu messages, stop %d at %zu\n", reference->count,
		reference->stop, reference->at);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct framing_stream stream = {.bytes = data + CHOICES};
	struct framing_result reference;

	if (size < CHOICES)
		return 0;
	stream.length = size - CHOICES;
	stream.replies = data[0] & 1;
	stream.heads = data[1];
	stream.first = -(uint32_t)data[2];
	framing_trial_reference(&stream, &reference);
	check(&stream, &reference);
	stream.cut = (struct head_cut){data[3], data[4]};
	stream.stale = '\n';
	check(&stream, &reference);
	stream.cut = (struct head_cut){1, 1};
	stream.stale = '0';
	if (size < 512)
		check(&stream, &reference);
	return 0;
}
