/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "framing_text.h"
#include "framing_trial.h"

#define GIB (1ULL << 30)

static struct hold_large hold;
static struct framing_text text;

/* Reads a body whose bytes come in order, and returns how many there are up to its end. */
static uint64_t body_bytes(struct http_framing *framing)
{
	uint32_t seen = framing->next;
	uint64_t bytes = 0;

	while (framing->phase == FRAMING_LENGTH || framing->phase == FRAMING_CHUNK_DATA) {
		framing_settle(framing);
		assert_true(framing->next - seen <= GIB);
		bytes += framing->next - seen;
		seen = framing->next;
		if (bytes > 64 * GIB)
			return bytes + framing->remaining;
	}
	return bytes;
}

static void a_body_of_known_length_ends_behind_its_last_byte(void **state)
{
	static const uint64_t lengths[] = {0,       1,           GIB - 1,  GIB,
					   GIB + 1, 4 * GIB - 1, 4 * GIB,  4 * GIB + 1,
					   5 * GIB, 5 * GIB + 7, INT64_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct http_framing framing = {.spent = 9, .line = 9, .digits = 9};
		uint32_t start = 0xfffffff0;

		framing_body(&framing, start, HTTP_BODY_LENGTH, lengths[i]);
		assert_true(framing.next - start <= GIB);
		assert_int_equal(framing.next - start + body_bytes(&framing), lengths[i]);
		assert_int_equal(framing.phase,
				 lengths[i] == INT64_MAX ? FRAMING_LENGTH : FRAMING_HEAD);
	}
}

/* Reads one line at framing->next. */
static void read_line(struct http_framing *framing, const char *line)
{
	memset(hold.data, '\n', FRAMING_WINDOW);
	memcpy(hold.data, line, strlen(line));
	assert_int_equal(framing_read(framing, &hold, 0, (uint32_t)strlen(line)), strlen(line));
}

static void chunks_may_be_as_long_as_bodies(void **state)
{
	static const uint64_t sizes[] = {1, GIB - 1, GIB, 5 * GIB, INT64_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct http_framing framing;
		uint32_t start = 0xfffffffc;
		char line[32];

		framing_body(&framing, start, HTTP_BODY_CHUNKED, 0);
		snprintf(line, sizeof(line), "%llx\r\n", (unsigned long long)sizes[i]);
		read_line(&framing, line);
		start += (uint32_t)strlen(line);
		assert_true(framing.next - start <= GIB);
		assert_int_equal(framing.next - start + body_bytes(&framing), sizes[i]);
		if (sizes[i] == INT64_MAX)
			continue;
		read_line(&framing, "\r\n");
		assert_int_equal(framing.phase, FRAMING_CHUNK_SIZE);
		read_line(&framing, "0\r\n\r\n");
		assert_int_equal(framing.phase, FRAMING_HEAD);
	}
}

static void nothing_is_read_of_an_opaque_body(void **state)
{
	struct http_framing framing;

	(void)state;
	framing_body(&framing, 100, HTTP_BODY_OPAQUE, 0);
	for (uint32_t next = 100 + (uint32_t)GIB;; next += GIB) {
		assert_int_equal(framing.next, next);
		assert_int_equal(framing.phase, FRAMING_OPAQUE);
		assert_false(framing_reads_lines(&framing));
		if (next < GIB)
			break;
		framing_settle(&framing);
	}
}

static void a_read_looks_at_a_window_and_not_behind_the_bytes(void **state)
{
	struct http_framing framing;

	(void)state;
	framing_body(&framing, 0, HTTP_BODY_CHUNKED, 0);
	memset(hold.data, ' ', sizeof(hold.data));
	hold.data[HOLD_LARGE_SIZE - 1] = '5';
	assert_int_equal(framing_read(&framing, &hold, HOLD_LARGE_SIZE - 1, 0), 0);
	assert_int_equal(framing_read(&framing, &hold, HOLD_LARGE_SIZE - 1, 1), 1);
	assert_int_equal(framing.next, 1);
	assert_int_equal(framing_read(&framing, &hold, 0, 1000), FRAMING_WINDOW);
	assert_int_equal(framing_read(&framing, NULL, 0, 1), -1);
	assert_int_equal(framing_read(NULL, &hold, 0, 1), -1);
}

static enum framing_stop stop_of_text(void)
{
	struct framing_stream stream = {.bytes = text.bytes, .length = text.length};
	struct framing_result reference, engine;

	framing_trial_reference(&stream, &reference);
	framing_trial_run(&stream, &hold, &engine);
	assert_null(framing_trial_difference(&engine, &reference));
	stream.cut = (struct head_cut){100, 1000};
	stream.stale = '\n';
	framing_trial_run(&stream, &hold, &engine);
	assert_null(framing_trial_difference(&engine, &reference));
	return engine.stop;
}

static void a_line_has_4_kib_of_extension(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		for (const char *fill = "; a"; *fill; fill++) {
			framing_text_begin(&text, false);
			framing_text_add(&text, "1;", *fill == ' ' ? 1 : 2);
			framing_text_fill(&text, *fill, (*fill == ' ' ? 4096 : 4095) + more);
			framing_text_add(&text, "\r\nx\r\n0\r\n\r\n", 10);
			assert_int_equal(stop_of_text(),
					 more ? FRAMING_STOP_MALFORMED : FRAMING_STOP_MISSING);
		}
	}
}

static void a_message_has_16_kib_of_extensions(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		framing_text_begin(&text, false);
		for (unsigned i = 0; i < 8; i++) {
			framing_text_add(&text, "1;", 2);
			framing_text_fill(&text, 'e', 2047);
			framing_text_add(&text, "\r\nx\r\n", 5);
		}
		framing_text_add(&text, more ? "1 \r\nx\r\n" : "1\r\nx\r\n", more ? 7 : 6);
		framing_text_add(&text, "0\r\n\r\n", 5);
		assert_int_equal(stop_of_text(),
				 more ? FRAMING_STOP_MALFORMED : FRAMING_STOP_MISSING);
	}
}

static void trailers_have_8_kib(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		framing_text_begin(&text, false);
		framing_text_add(&text, "1;e\r\nx\r\n0\r\nA:", 13);
		framing_text_fill(&text, 't', 8192 - 2 - 4 + more);
		framing_text_add(&text, "\r\n\r\n", 4);
		assert_int_equal(stop_of_text(),
				 more ? FRAMING_STOP_MALFORMED : FRAMING_STOP_MISSING);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_of_known_length_ends_behind_its_last_byte),
		cmocka_unit_test(chunks_may_be_as_long_as_bodies),
		cmocka_unit_test(nothing_is_read_of_an_opaque_body),
		cmocka_unit_test(a_read_looks_at_a_window_and_not_behind_the_bytes),
		cmocka_unit_test(a_line_has_4_kib_of_extension),
		cmocka_unit_test(a_message_has_16_kib_of_extensions),
		cmocka_unit_test(trailers_have_8_kib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
