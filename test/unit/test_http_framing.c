/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "framing_text.h"
#include "framing_trial.h"
#include "framing_vectors.h"
#include "random_below.h"

#define MUTATIONS 30000

static struct hold_large hold;
static struct framing_text text;

static struct framing_result read_text(bool replies)
{
	struct framing_stream stream = {
		.bytes = text.bytes,
		.length = text.length,
		.replies = replies,
	};
	struct framing_result result;

	framing_trial_run(&stream, &hold, &result);
	return result;
}

static void check_accepted(const struct framing_vector *vector, bool replies)
{
	size_t start = framing_text_begin(&text, replies);
	struct framing_result result;

	framing_text_add(&text, vector->text, vector->length);
	result = read_text(replies);
	if (result.messages[0].head_end != start ||
	    result.messages[0].end != (vector->at ? start + vector->at : 0) ||
	    (!vector->at && (result.stop != FRAMING_STOP_MISSING || result.count)))
		fail_msg("%s: %zu messages, end %zu, stop %d at %zu", vector->text, result.count,
			 result.messages[0].end, result.stop, result.at);
}

static void each_chunked_body_ends_where_its_vector_says(void **state)
{
	(void)state;
	for (const struct framing_vector *vector = framing_vectors_accepted; vector->text;
	     vector++) {
		check_accepted(vector, false);
		check_accepted(vector, true);
	}
}

static void check_refused(const struct framing_vector *vector, bool replies)
{
	size_t start = framing_text_begin(&text, replies);
	struct framing_result result;

	framing_text_add(&text, vector->text, vector->length);
	result = read_text(replies);
	if (result.stop != FRAMING_STOP_MALFORMED || result.at != start + vector->at)
		fail_msg("%s: stop %d at %zu, not at %zu", vector->text, result.stop, result.at,
			 start + vector->at);
}

static void each_broken_chunk_is_refused_at_its_first_wrong_byte(void **state)
{
	(void)state;
	for (const struct framing_vector *vector = framing_vectors_refused; vector->text;
	     vector++) {
		check_refused(vector, false);
		check_refused(vector, true);
	}
}

static void compare(struct framing_stream stream)
{
	struct framing_result engine, reference;
	const char *difference;

	stream.bytes = text.bytes;
	stream.length = text.length;
	framing_trial_reference(&stream, &reference);
	framing_trial_run(&stream, &hold, &engine);
	difference = framing_trial_difference(&engine, &reference);
	if (difference)
		fail_msg("%.*s: %s differs, cut %zu/%zu, stop %d at %zu, reference %d at %zu",
			 (int)text.length, text.bytes, difference, stream.cut.first,
			 stream.cut.step, engine.stop, engine.at, reference.stop, reference.at);
}

static void compare_cuts(bool replies)
{
	for (size_t cut = 0; cut <= text.length; cut++)
		compare((struct framing_stream){
			.cut = {cut, 0}, .replies = replies, .stale = '\n'});
	compare((struct framing_stream){.cut = {1, 1}, .replies = replies, .stale = '0'});
	compare((struct framing_stream){.cut = {2, 3}, .replies = replies, .stale = '\r'});
}

static void compare_vectors(const struct framing_vector *vector)
{
	for (; vector->text; vector++) {
		for (int replies = 0; replies < 2; replies++) {
			framing_text_begin(&text, replies);
			framing_text_add(&text, vector->text, vector->length);
			compare_cuts(replies);
		}
	}
}

static void the_result_does_not_depend_on_how_the_bytes_were_cut(void **state)
{
	(void)state;
	compare_vectors(framing_vectors_accepted);
	compare_vectors(framing_vectors_refused);
}

static const char *const requests[] = {
	"GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
	"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 18\r\n\r\nGET / HTTP/1.0\r\n\r\n",
	"POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
	"POST /d HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"\r\nGET /e HTTP/1.1\r\nHost: h\r\n\r\n",
	"POST /f HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0;a\r\nA: b\r\n\r\n",
};

static const char *const replies_to_get[] = {
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	"HTTP/1.1 100 Continue\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
	"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n",
	"\nHTTP/1.1 304 Not Modified\nContent-Length: 9\n\n",
	"HTTP/1.1 404 Not Found\r\nContent-Length: 19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
};

/* All messages of a list, one behind the other, and again. */
static void text_join(const char *const *messages, size_t count)
{
	text.length = 0;
	for (size_t i = 0; i < 2 * count; i++)
		framing_text_add(&text, messages[i % count], strlen(messages[i % count]));
}

static void check_joined(const char *const *messages, size_t count, bool replies)
{
	struct framing_result result;
	size_t end = 0;

	text_join(messages, count);
	result = read_text(replies);
	assert_int_equal(result.count, 2 * count);
	for (size_t i = 0; i < result.count; i++) {
		end += strlen(messages[i % count]);
		assert_int_equal(result.messages[i].end, end);
	}
	compare_cuts(replies);
}

static void messages_follow_each_other_without_a_gap(void **state)
{
	(void)state;
	check_joined(requests, sizeof(requests) / sizeof(requests[0]), false);
	check_joined(replies_to_get, sizeof(replies_to_get) / sizeof(replies_to_get[0]), true);
}

static void a_reply_to_head_has_no_body(void **state)
{
	struct framing_stream stream = {.bytes = text.bytes, .replies = true, .heads = 0x5};
	struct framing_result result;

	(void)state;
	text.length = 0;
	for (unsigned i = 0; i < 4; i++) {
		framing_text_add(&text, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 38);
		framing_text_add(&text, "hello", i % 2 ? 5 : 0);
	}
	stream.length = text.length;
	framing_trial_run(&stream, &hold, &result);
	assert_int_equal(result.count, 4);
	assert_int_equal(result.messages[0].body, HTTP_BODY_NONE);
	assert_int_equal(result.messages[1].body, HTTP_BODY_LENGTH);
	assert_int_equal(result.messages[3].end, text.length);
}

static void sequence_numbers_may_wrap_anywhere(void **state)
{
	(void)state;
	for (int replies = 0; replies < 2; replies++) {
		if (replies)
			text_join(replies_to_get, 6);
		else
			text_join(requests, 6);
		for (uint32_t before = 0; before <= text.length; before++)
			compare((struct framing_stream){
				.first = -before, .cut = {7, 11}, .replies = replies});
	}
}

static void engine_and_references_agree_on_mutated_messages(void **state)
{
	static const uint8_t bytes_of_note[] = "\r\n\t :;,0129afF\0\x80";

	(void)state;
	for (unsigned i = 0; i < MUTATIONS; i++) {
		if (i % 2)
			text_join(replies_to_get, 6);
		else
			text_join(requests, 6);
		for (unsigned count = 1 + random_below(3); count; count--)
			text.bytes[random_below((uint32_t)text.length)] =
				bytes_of_note[random_below(sizeof(bytes_of_note) - 1)];
		compare((struct framing_stream){.replies = i % 2, .first = random_below(-1U)});
		compare((struct framing_stream){
			.replies = i % 2, .cut = {random_below(99), 40}, .stale = '\n'});
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_chunked_body_ends_where_its_vector_says),
		cmocka_unit_test(each_broken_chunk_is_refused_at_its_first_wrong_byte),
		cmocka_unit_test(the_result_does_not_depend_on_how_the_bytes_were_cut),
		cmocka_unit_test(messages_follow_each_other_without_a_gap),
		cmocka_unit_test(a_reply_to_head_has_no_body),
		cmocka_unit_test(sequence_numbers_may_wrap_anywhere),
		cmocka_unit_test(engine_and_references_agree_on_mutated_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
