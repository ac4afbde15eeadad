/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "random_below.h"
#include "reply_trial.h"
#include "reply_vectors.h"

#define MUTATIONS 100000
#define TEXT_MAX 70000

#define OK_LINES "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"
#define FLAGS                                                                                    \
	(HTTP_REPLY_HTTP_1_0 | HTTP_REPLY_LENGTH | HTTP_REPLY_LENGTH_BAD | HTTP_REPLY_ENCODING | \
	 HTTP_REPLY_CHUNKED | HTTP_REPLY_CLOSE | HTTP_REPLY_KEEP_ALIVE)

static struct hold_large hold;
static uint8_t text[TEXT_MAX];

static const struct head_cut whole = {.first = TEXT_MAX};

static size_t read_text(struct http_framing *ret_reply, const char *bytes)
{
	struct reply_pieces pieces = {.bytes = (const uint8_t *)bytes, .length = strlen(bytes)};

	*ret_reply = (struct http_framing){.phase = FRAMING_HEAD};
	return reply_trial_read(ret_reply, &hold, &pieces);
}

static void assert_vector(const struct reply_vector *vector)
{
	struct http_framing reply;
	size_t length = read_text(&reply, vector->text);
	enum http_body body = http_reply_body(&reply, vector->outstanding);

	if ((reply.head & (HTTP_REPLY_END | HTTP_REPLY_BAD)) != HTTP_REPLY_END ||
	    length != strlen(vector->text) - vector->after || reply.spent != length)
		fail_msg("%s: flags %#x, %zu bytes", vector->text, reply.head, length);
	if (reply.status != vector->status || (reply.head & FLAGS) != vector->flags)
		fail_msg("%s: status %u, flags %#x", vector->text, reply.status, reply.head);
	if (body != vector->body || http_reply_is_final(&reply, body) == vector->goes_on)
		fail_msg("%s: body %d, final %d", vector->text, body,
			 http_reply_is_final(&reply, body));
	if (body == HTTP_BODY_LENGTH && reply.remaining != vector->length)
		fail_msg("%s: length %llu", vector->text, (unsigned long long)reply.remaining);
}

static void each_reply_says_what_its_vector_does(void **state)
{
	(void)state;
	for (const struct reply_vector *vector = reply_vectors; vector->text; vector++)
		assert_vector(vector);
}

static void what_is_no_reply_is_opaque_and_final(void **state)
{
	(void)state;
	for (const char *const *bad = reply_vectors_bad; *bad; bad++) {
		struct http_framing reply;

		read_text(&reply, *bad);
		if (!(reply.head & HTTP_REPLY_BAD))
			fail_msg("%s: flags %#x", *bad, reply.head);
		assert_int_equal(http_reply_body(&reply, OUTSTANDING_HEAD), HTTP_BODY_OPAQUE);
		assert_true(http_reply_is_final(&reply, HTTP_BODY_OPAQUE));
	}
}

static void compare(size_t length, struct head_cut cut, uint8_t stale)
{
	struct http_framing reply = {.phase = FRAMING_HEAD};
	struct reply_pieces pieces = {text, length, cut, stale};
	struct reference_reply reference;
	const char *difference;

	reference_reply_read(text, length, &reference);
	difference = reply_trial_difference(&reply, reply_trial_read(&reply, &hold, &pieces),
					    &reference);
	if (difference)
		fail_msg("%.*s: %s differs, cut %zu/%zu", (int)length, text, difference, cut.first,
			 cut.step);
}

static void compare_cuts(const char *vector)
{
	size_t length = strlen(vector);

	memcpy(text, vector, length);
	for (size_t cut = 1; cut <= length; cut++) {
		compare(length, (struct head_cut){.first = cut}, '\n');
		compare(length, (struct head_cut){.first = cut}, 'x');
		compare(cut, whole, ':');
	}
	compare(length, (struct head_cut){1, 1}, 'x');
	compare(length, (struct head_cut){1, 1}, '\n');
	compare(length, (struct head_cut){1, 1}, 'c');
	compare(length, (struct head_cut){3, 5}, '\r');
}

static void the_result_does_not_depend_on_how_the_bytes_were_cut(void **state)
{
	(void)state;
	for (const struct reply_vector *vector = reply_vectors; vector->text; vector++)
		compare_cuts(vector->text);
	for (const char *const *bad = reply_vectors_bad; *bad; bad++)
		compare_cuts(*bad);
}

static void reader_and_reference_agree_on_mutated_heads(void **state)
{
	static const uint8_t bytes_of_note[] = "\r\n\t :,;019cCtTxX\0\x80";
	const struct reply_vector *vector = reply_vectors;

	(void)state;
	for (unsigned i = 0; i < MUTATIONS; i++) {
		size_t length;

		vector = vector[1].text ? vector + 1 : reply_vectors;
		length = strlen(vector->text);
		memcpy(text, vector->text, length);
		for (unsigned count = 1 + random_below(3); count; count--)
			text[random_below((uint32_t)length)] =
				bytes_of_note[random_below(sizeof(bytes_of_note) - 1)];
		compare(length, whole, (uint8_t)random_below(256));
		compare(length, (struct head_cut){1 + random_below(64), 5}, '\n');
	}
}

/* How many of these bytes are consumed, in one call, behind a status line. */
static int consumed_of(const char *lines)
{
	struct http_framing reply = {.phase = FRAMING_HEAD, .status = 200};
	size_t length = strlen(lines);

	memset(&hold, 0, sizeof(hold));
	memcpy(hold.data, lines, length);
	return http_reply_read(&reply, &hold, (uint32_t)length);
}

static void only_a_line_that_may_count_waits_for_its_end(void **state)
{
	(void)state;
	assert_int_equal(consumed_of("Server: x"), 9);
	assert_int_equal(consumed_of("Server: x\r\nConn"), 11);
	assert_int_equal(consumed_of("Server: x\r\nConnections"), 22);
	assert_int_equal(consumed_of("Connection: close"), 0);
	assert_int_equal(consumed_of("transfer-encoding"), 0);
	assert_int_equal(consumed_of("transfer-encodinh"), 17);
	assert_int_equal(consumed_of("Content-Type: t"), 15);
	assert_int_equal(consumed_of("X: y\r\n\r"), 6);
	assert_int_equal(consumed_of("X: y\r\n\r\n\r\n"), 8);
}

static void nothing_is_read_behind_the_end(void **state)
{
	struct http_framing reply = {.head = HTTP_REPLY_END, .status = 200};

	(void)state;
	memcpy(hold.data, OK_LINES, sizeof(OK_LINES) - 1);
	assert_int_equal(http_reply_read(&reply, &hold, sizeof(OK_LINES) - 1), 0);
	assert_int_equal(reply.spent, 0);
}

static void other_members_are_left_alone(void **state)
{
	struct http_framing reply = {.next = 7, .phase = FRAMING_HEAD, .interims = 3};

	(void)state;
	memcpy(hold.data, OK_LINES, sizeof(OK_LINES) - 1);
	assert_int_equal(http_reply_read(&reply, &hold, sizeof(OK_LINES) - 1),
			 sizeof(OK_LINES) - 1);
	assert_int_equal(reply.next, 7);
	assert_int_equal(reply.phase, FRAMING_HEAD);
	assert_int_equal(reply.interims, 3);
}

/* A head of this many bytes, the last field of it filled with one byte. */
static void make_head(size_t length, char fill)
{
	static const char start[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: ";

	memset(text, fill, length);
	memcpy(text, start, sizeof(start) - 1);
	memcpy(text + length - 4, "\r\n\r\n", 4);
}

static bool is_read(size_t length, struct head_cut cut)
{
	struct http_framing reply = {.phase = FRAMING_HEAD};
	struct reply_pieces pieces = {text, length, cut, '\n'};
	size_t end = reply_trial_read(&reply, &hold, &pieces);

	if (reply.head & HTTP_REPLY_BAD)
		return false;
	assert_int_equal(end, length);
	assert_int_equal(http_reply_body(&reply, 0), HTTP_BODY_LENGTH);
	assert_int_equal(reply.remaining, 5);
	return true;
}

static void a_head_may_have_65535_bytes(void **state)
{
	static const struct head_cut cuts[] = {{TEXT_MAX, 0}, {1, 1460}, {100, 7}};

	(void)state;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		make_head(65535, 'x');
		assert_true(is_read(65535, cuts[i]));
		make_head(65536, 'x');
		assert_false(is_read(65536, cuts[i]));
	}
}

static void a_head_of_very_many_lines_is_read(void **state)
{
	static const char *const lines[] = {"X: y\r\n", "c\n", "Connection: x\r\n", "t:\r\n",
					    " \n"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t size = strlen(lines[i]);
		size_t length = 39;

		make_head(16000, ' ');
		memcpy(text + 37, "\r\n", 2);
		for (; length + size + 4 < 16000; length += size)
			memcpy(text + length, lines[i], size);
		memcpy(text + length, "\r\n", 2);
		assert_true(is_read(length + 2, whole));
		assert_true(is_read(length + 2, (struct head_cut){1, 1000}));
	}
}

static void interim_replies_are_1xx_but_101(void **state)
{
	(void)state;
	assert_true(http_reply_is_interim(100));
	assert_true(http_reply_is_interim(103));
	assert_true(http_reply_is_interim(199));
	assert_false(http_reply_is_interim(101));
	assert_false(http_reply_is_interim(200));
	assert_false(http_reply_is_interim(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reply_says_what_its_vector_does),
		cmocka_unit_test(what_is_no_reply_is_opaque_and_final),
		cmocka_unit_test(the_result_does_not_depend_on_how_the_bytes_were_cut),
		cmocka_unit_test(reader_and_reference_agree_on_mutated_heads),
		cmocka_unit_test(only_a_line_that_may_count_waits_for_its_end),
		cmocka_unit_test(nothing_is_read_behind_the_end),
		cmocka_unit_test(other_members_are_left_alone),
		cmocka_unit_test(a_head_may_have_65535_bytes),
		cmocka_unit_test(a_head_of_very_many_lines_is_read),
		cmocka_unit_test(interim_replies_are_1xx_but_101),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
