/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "../../bpf/lib/tcp_options.h"

static struct tcp_options parse(const char *bytes, size_t length)
{
	__u8 space[TCP_OPTIONS_SPACE] __attribute__((aligned(8))) = {0};
	struct tcp_options options;

	memcpy(space, bytes, length);
	tcp_options_parse(&options, space, (__u32)length);
	return options;
}

#define PARSE(bytes) parse(bytes, sizeof(bytes) - 1)

static void expect_timestamps(const struct tcp_options *options, unsigned at)
{
	assert_int_equal(options->timestamps, 1);
	assert_int_equal(options->timestamps_at, at);
	assert_int_equal(options->tsval, 0x11223344);
	assert_int_equal(options->tsecr, 0x55667788);
}

static void expect_syn(const struct tcp_options *options, unsigned mss, unsigned wscale)
{
	assert_int_equal(options->mss, mss);
	assert_int_equal(options->wscale, wscale);
	assert_int_equal(options->sack, 1);
	assert_int_equal(options->forbidden, 0);
}

static void a_syn_of_linux_is_read(void **state)
{
	struct tcp_options options =
		PARSE("\x02\x04\x05\xb4\x04\x02\x08\x0a\x11\x22\x33\x44\x55\x66\x77\x88\x01\x03\x03"
		      "\x07");

	(void)state;
	expect_syn(&options, 1460, 7);
	expect_timestamps(&options, 8);
}

static void a_syn_of_windows_is_read(void **state)
{
	struct tcp_options options = PARSE("\x02\x04\x05\xb4\x01\x03\x03\x08\x01\x01\x04\x02");

	(void)state;
	expect_syn(&options, 1460, 8);
	assert_int_equal(options.timestamps, 0);
}

static void a_syn_of_macos_is_read(void **state)
{
	struct tcp_options options =
		PARSE("\x02\x04\x05\xa0\x01\x03\x03\x06\x01\x01\x08\x0a\x11\x22\x33\x44\x55\x66\x77"
		      "\x88\x04\x02\x00\x00");

	(void)state;
	expect_syn(&options, 1440, 6);
	expect_timestamps(&options, 12);
}

static void any_other_order_is_walked(void **state)
{
	struct tcp_options options =
		PARSE("\x08\x0a\x11\x22\x33\x44\x55\x66\x77\x88\x04\x02\x03\x03\x05\x01\x02\x04\x05"
		      "\x14");

	(void)state;
	expect_syn(&options, 1300, 5);
	expect_timestamps(&options, 2);
}

/* As long as a usual one, and alike up to its last word. */
static void one_word_of_another_kind_is_enough_to_walk(void **state)
{
	struct tcp_options options =
		PARSE("\x02\x04\x05\xb4\x04\x02\x08\x0a\x11\x22\x33\x44\x55\x66\x77\x88\x13\x04\x03"
		      "\x07");

	(void)state;
	assert_int_equal(options.mss, 1460);
	assert_int_equal(options.wscale, COOKIE_WSCALE_NONE);
	assert_int_equal(options.forbidden, 1);
	expect_timestamps(&options, 8);
}

static void a_scale_beyond_the_protocols_is_the_largest(void **state)
{
	struct tcp_options usual = PARSE("\x02\x04\x05\xb4\x01\x03\x03\xff\x01\x01\x04\x02");
	struct tcp_options walked = PARSE("\x01\x03\x03\xff");

	(void)state;
	assert_int_equal(usual.wscale, 14);
	assert_int_equal(walked.wscale, 14);
}

static void a_broken_option_ends_the_walk(void **state)
{
	struct tcp_options options = PARSE("\x02\x04\x05\xb4\x03\x00\x04\x02");

	(void)state;
	assert_int_equal(options.mss, 1460);
	assert_int_equal(options.sack, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_syn_of_linux_is_read),
		cmocka_unit_test(a_syn_of_windows_is_read),
		cmocka_unit_test(a_syn_of_macos_is_read),
		cmocka_unit_test(any_other_order_is_walked),
		cmocka_unit_test(one_word_of_another_kind_is_enough_to_walk),
		cmocka_unit_test(a_scale_beyond_the_protocols_is_the_largest),
		cmocka_unit_test(a_broken_option_ends_the_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
