/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "../../bpf/lib/http_parse.h"
#include "head_trial.h"
#include "http_vectors.h"
#include "random_below.h"

#define MUTATIONS 200000
#define CUTS_MAX 700 /* of a long head, offsets at its start and at its end */

static const struct head_cut whole = {.first = VECTOR_MAX};
static uint8_t bytes[VECTOR_MAX];
static struct hold_large hold;

static void each_vector(const struct http_vector *vectors,
			void (*check)(const struct http_vector *vector, size_t length))
{
	for (; vectors->name; vectors++)
		check(vectors, http_vector_bytes(vectors, bytes));
}

static void assert_text(const struct http_vector *vector, size_t offset, size_t length,
			const char *expected)
{
	if (length != strlen(expected) || memcmp(hold.data + offset, expected, length) != 0)
		fail_msg("%s: \"%.*s\", not \"%s\"", vector->name, (int)length,
			 (const char *)hold.data + offset, expected);
}

static void assert_number(const struct http_vector *vector, const char *what, uint64_t is,
			  uint64_t expected)
{
	if (is != expected)
		fail_msg("%s: %s is %#llx, not %#llx", vector->name, what, (unsigned long long)is,
			 (unsigned long long)expected);
}

static void check_accepted(const struct http_vector *vector, size_t length)
{
	const struct http_head *head = &hold.head;
	uint8_t method = vector->method ? vector->method : HTTP_METHOD_GET;
	const char *path = vector->path ? vector->path : "/";
	const char *host = vector->host ? vector->host : "h";

	assert_number(vector, "verdict", head_trial_parse(&hold, bytes, length, whole, 0), 0);
	assert_number(vector, "end", head->end, vector->incomplete ? 0 : length - vector->after);
	if (vector->incomplete)
		return;
	assert_number(vector, "method", head->method, vector->unknown_method ? 0 : method);
	assert_number(vector, "flags", head->flags, vector->flags ? vector->flags : HTTP_HEAD_HOST);
	assert_number(vector, "content_length", head->content_length, vector->content_length);
	assert_text(vector, head->host, head->host_length, host);
	if (strcmp(path, "*") != 0 || head->flags & HTTP_HEAD_ASTERISK)
		assert_text(vector, head->path, head->path_length, path);
}

static void each_form_that_must_pass_does(void **state)
{
	(void)state;
	each_vector(http_vectors_accepted, check_accepted);
}

static void check_refused(const struct http_vector *vector, size_t length)
{
	int verdict = head_trial_parse(&hold, bytes, length, whole, 0);

	assert_number(vector, "verdict", (uint64_t)verdict, vector->verdict);
	assert_number(vector, "end", hold.head.end, 0);
	assert_number(vector, "verdict of another call",
		      (uint64_t)http_head_parse(&hold, (uint32_t)length), vector->verdict);
}

static void each_refused_form_is_refused_by_its_own_name(void **state)
{
	(void)state;
	each_vector(http_vectors_refused, check_refused);
}

static void every_verdict_of_a_head_has_a_vector(void **state)
{
	uint8_t seen[VERDICT_COUNT] = {0};

	(void)state;
	for (const struct http_vector *vector = http_vectors_refused; vector->name; vector++)
		seen[vector->verdict] = 1;
#define X(symbol, label, class, status, text)                                      \
	if (!seen[VERDICT_##symbol] && VERDICT_##symbol != VERDICT_PATH_AMBIGUOUS) \
		fail_msg("no vector for " #label);
	VERDICTS_HEAD(X)
#undef X
}

static void compare(const char *name, size_t length, struct head_cut cut, uint8_t stale)
{
	struct reference_head reference;
	const char *difference;
	int verdict = head_trial_parse(&hold, bytes, length, cut, stale);

	reference_head_parse(bytes, length, &reference);
	difference = head_trial_difference(&hold, verdict, &reference);
	if (difference)
		fail_msg("%s: %s differs, cut %zu/%zu: verdict %d, reference %d", name, difference,
			 cut.first, cut.step, verdict, reference.verdict);
}

static void compare_cuts(const struct http_vector *vector, size_t length)
{
	for (size_t cut = 0; cut <= length; cut++) {
		if (cut < CUTS_MAX || cut + CUTS_MAX > length)
			compare(vector->name, length, (struct head_cut){.first = cut}, '\r');
	}
	compare(vector->name, length, (struct head_cut){1, 1}, '\n');
	compare(vector->name, length, (struct head_cut){1, 1}, 'a');
	compare(vector->name, length, (struct head_cut){7, 7}, 0);
	compare(vector->name, length, (struct head_cut){536, 536}, ':');
}

static void the_result_does_not_depend_on_how_the_bytes_were_cut(void **state)
{
	(void)state;
	each_vector(http_vectors_accepted, compare_cuts);
	each_vector(http_vectors_refused, compare_cuts);
}

/* Changes, removes or adds a byte, mostly one that means something. */
static size_t mutate(size_t length)
{
	static const uint8_t bytes_of_note[] = "\r\n\t :/?#%;\\.*@[]-,aAzZ019\0\x7f\x80\xff";
	size_t at = random_below((uint32_t)length);
	uint8_t byte = bytes_of_note[random_below(sizeof(bytes_of_note) - 1)];

	switch (random_below(4)) {
	case 0:
		bytes[at] = (uint8_t)random_below(256);
		return length;
	case 1:
		memmove(bytes + at, bytes + at + 1, length - at - 1);
		return length - 1;
	case 2:
		memmove(bytes + at + 1, bytes + at, length - at);
		bytes[at] = byte;
		return length + 1;
	default:
		bytes[at] = byte;
		return length;
	}
}

static void parser_and_reference_agree_on_mutated_heads(void **state)
{
	const struct http_vector *vector = http_vectors_accepted;

	(void)state;
	for (unsigned i = 0; i < MUTATIONS; i++, vector++) {
		size_t length;

		if (!vector->name)
			vector = http_vectors_accepted;
		length = http_vector_bytes(vector, bytes);
		if (length > 1000 || length < 8)
			continue;
		for (unsigned count = 1 + random_below(3); count; count--)
			length = mutate(length);
		compare(vector->name, length, whole, (uint8_t)random_below(256));
		compare(vector->name, length, (struct head_cut){random_below(64), 5}, '\r');
	}
}

static void a_head_of_one_byte_lines_takes_bounded_work(void **state)
{
	static const char *const fills[] = {"\t", "a!", ":", "a:\r\n", "%41", ";/", ",", " "};

	(void)state;
	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		struct http_vector vector = {
			.name = fills[i],
			.bytes = "GET / HTTP/1.1\r\nConnection:",
			.length = 27,
			.fill = fills[i],
			.fill_count = 16000 / strlen(fills[i]),
			.tail = "\r\n\r\n",
		};

		compare(fills[i], http_vector_bytes(&vector, bytes), (struct head_cut){1, 1}, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_that_must_pass_does),
		cmocka_unit_test(each_refused_form_is_refused_by_its_own_name),
		cmocka_unit_test(every_verdict_of_a_head_has_a_vector),
		cmocka_unit_test(the_result_does_not_depend_on_how_the_bytes_were_cut),
		cmocka_unit_test(parser_and_reference_agree_on_mutated_heads),
		cmocka_unit_test(a_head_of_one_byte_lines_takes_bounded_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
