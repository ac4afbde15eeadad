/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/datapath/replies.h"

static const struct {
	const char *class;
	int status;
	const char *text;
} texts[VERDICT_COUNT] = {
#define X(symbol, label, class_, status_, text_) [VERDICT_##symbol] = {#class_, status_, text_},
	VERDICTS(X)
#undef X
};

static struct reply_template template_of(enum verdict verdict)
{
	struct reply_template template;

	assert_int_equal(replies_format(verdict, &template), 0);
	return template;
}

static void a_reply_is_status_line_fields_and_one_sentence(void **state)
{
	const char *expected = "HTTP/1.1 404 Not Found\r\n"
			       "Content-Type: text/plain; charset=utf-8\r\n"
			       "Content-Length: 47\r\n"
			       "Cache-Control: no-store\r\n"
			       "Connection: close\r\n"
			       "\r\n"
			       "404 Not Found: no route for this host and path\n";
	struct reply_template template = template_of(VERDICT_NO_ROUTE);

	(void)state;
	assert_int_equal(template.total_length, strlen(expected));
	assert_memory_equal(template.bytes, expected, strlen(expected));
}

static void content_length_is_the_length_of_the_body_in_every_reply(void **state)
{
	(void)state;
	for (int verdict = 1; verdict < VERDICT_COUNT; verdict++) {
		struct reply_template template = template_of((enum verdict)verdict);
		const char *field;

		if (!template.total_length)
			continue;
		field = strstr(template.bytes, "\r\nContent-Length: ");
		assert_non_null(field);
		assert_int_equal(strtol(field + strlen("\r\nContent-Length: "), NULL, 10),
				 template.total_length - template.head_length);
		assert_memory_equal(template.bytes + template.head_length - 4, "\r\n\r\n", 4);
	}
}

static void every_refusal_has_a_reply_and_nothing_else_has_one(void **state)
{
	(void)state;
	for (int verdict = 1; verdict < VERDICT_COUNT; verdict++) {
		struct reply_template template = template_of((enum verdict)verdict);
		int status = texts[verdict].status;
		int refuses = !strcmp(texts[verdict].class, "REPLY") && status >= 400;

		assert_int_equal(template.total_length != 0, refuses);
		if (refuses)
			assert_non_null(strstr(template.bytes, texts[verdict].text));
	}
}

static void every_status_has_its_phrase(void **state)
{
	(void)state;
	for (int verdict = 1; verdict < VERDICT_COUNT; verdict++) {
		struct reply_template template = template_of((enum verdict)verdict);

		assert_null(strstr(template.bytes, " Error\r\n") &&
					    !strstr(template.bytes, "Internal Server Error")
				    ? template.bytes
				    : NULL);
	}
}

static void method_not_allowed_names_those_that_are(void **state)
{
	struct reply_template template = template_of(VERDICT_METHOD_CONNECT);

	(void)state;
	assert_non_null(strstr(template.bytes, "\r\nAllow: GET, HEAD, POST,"));
	assert_null(strstr(template.bytes, "CONNECT,"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_is_status_line_fields_and_one_sentence),
		cmocka_unit_test(content_length_is_the_length_of_the_body_in_every_reply),
		cmocka_unit_test(every_refusal_has_a_reply_and_nothing_else_has_one),
		cmocka_unit_test(every_status_has_its_phrase),
		cmocka_unit_test(method_not_allowed_names_those_that_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
