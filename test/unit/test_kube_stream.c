/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/kube/kube_stream.h"

#define EVENT_A "{\"type\":\"ADDED\",\"object\":{\"a\":[1,{\"b\":\"}]\\\"{\"}]}}"
#define EVENT_B "{\"type\":\"BOOKMARK\"}"

struct scene {
	struct kube_stream stream;
	char said[4096]; /* "event TEXT;item TEXT;" */
	int answer;
};

static int note(void *context, enum kube_stream_part part, const char *text, size_t length)
{
	static const char *const words[] = {"event", "item", "metadata"};
	struct scene *scene = context;
	size_t have = strlen(scene->said);

	assert_int_equal(strlen(text), length);
	snprintf(scene->said + have, sizeof(scene->said) - have, "%s %s;", words[part], text);
	return scene->answer;
}

static struct scene scene_of(enum kube_stream_form form)
{
	return (struct scene){.stream = {.form = form, .take = note}};
}

/* In pieces of `size`; 0: as a whole. */
static int feed(struct scene *scene, const char *text, size_t size)
{
	size_t length = strlen(text);
	int error = 0;

	scene->stream.context = scene;
	size = size ? size : length + 1;
	for (size_t at = 0; at < length && !error; at += size)
		error = kube_stream_feed(&scene->stream, text + at,
					 length - at > size ? size : length - at);
	return error;
}

/* Cut once at every byte, and into single bytes. */
static void expect(enum kube_stream_form form, const char *text, const char *said)
{
	for (size_t cut = 1; cut <= strlen(text); cut++) {
		struct scene scene = scene_of(form);

		scene.stream.context = &scene;
		assert_int_equal(kube_stream_feed(&scene.stream, text, cut), 0);
		assert_int_equal(kube_stream_feed(&scene.stream, text + cut, strlen(text) - cut),
				 0);
		assert_int_equal(kube_stream_end(&scene.stream), 0);
		assert_string_equal(scene.said, said);
		kube_stream_done(&scene.stream);
	}

	struct scene scene = scene_of(form);

	assert_int_equal(feed(&scene, text, 1), 0);
	assert_string_equal(scene.said, said);
	kube_stream_done(&scene.stream);
}

static void events_come_one_by_one(void **state)
{
	(void)state;
	expect(KUBE_STREAM_EVENTS, EVENT_A "\n" EVENT_B "\r\n\n" EVENT_A,
	       "event " EVENT_A ";event " EVENT_B ";event " EVENT_A ";");
	expect(KUBE_STREAM_EVENTS, EVENT_A EVENT_B, "event " EVENT_A ";event " EVENT_B ";");
}

static void a_list_gives_its_metadata_and_items(void **state)
{
	(void)state;
	expect(KUBE_STREAM_LIST,
	       "{\"kind\":\"ServiceList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":"
	       "[{\"metadata\":{\"name\":\"a\"},\"items\":[{}]}, {\"b\":2}]}\n",
	       "metadata {\"resourceVersion\":\"7\"};"
	       "item {\"metadata\":{\"name\":\"a\"},\"items\":[{}]};item {\"b\":2};");
}

static void a_list_may_end_with_its_metadata(void **state)
{
	(void)state;
	expect(KUBE_STREAM_LIST,
	       "{\"items\": [ {\"a\":1} ] , \"other\":{\"items\":[{\"x\":1}]}, \"metadata\" : {}}",
	       "item {\"a\":1};metadata {};");
}

static void an_empty_list_has_no_items(void **state)
{
	(void)state;
	expect(KUBE_STREAM_LIST, "{\"items\":[],\"metadata\":{}}", "metadata {};");
	expect(KUBE_STREAM_LIST, "{\"items\":null,\"metadata\":{}}", "metadata {};");
}

static void only_whole_keys_count(void **state)
{
	(void)state;
	expect(KUBE_STREAM_LIST,
	       "{\"item\":[{\"a\":1}],\"itemsitemsitemsitems\":[{\"a\":2}],\"x\":\"items\","
	       "\"\\\"items\":[{\"a\":3}],\"items\":[{\"a\":4}]}",
	       "item {\"a\":4};");
}

static void an_object_that_is_too_large_is_passed_over(void **state)
{
	struct scene scene = scene_of(KUBE_STREAM_EVENTS);

	(void)state;
	scene.stream.object_max = 20;
	assert_int_equal(
		feed(&scene, "{\"a\":\"1234567890123\"}\n{\"a\":1}{\"b\":\"3456789012\"}", 7), 0);
	assert_string_equal(scene.said, "event {\"a\":1};event {\"b\":\"3456789012\"};");
	assert_int_equal(scene.stream.skipped, 1);
	kube_stream_done(&scene.stream);
}

static void an_object_of_the_largest_size_comes_out(void **state)
{
	struct scene scene = scene_of(KUBE_STREAM_EVENTS);

	(void)state;
	scene.stream.object_max = 7;
	assert_int_equal(feed(&scene, "{\"a\":1}{\"a\":12}", 3), 0);
	assert_string_equal(scene.said, "event {\"a\":1};");
	assert_int_equal(scene.stream.skipped, 1);
	kube_stream_done(&scene.stream);
}

static void nested_text(char *text, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		text[i] = i ? '[' : '{';
	for (unsigned i = 0; i < depth; i++)
		text[depth + i] = i + 1 < depth ? ']' : '}';
	text[2 * depth] = '\0';
}

static void an_object_that_is_too_deep_is_passed_over(void **state)
{
	struct scene scene = scene_of(KUBE_STREAM_EVENTS);
	char text[2 * KUBE_STREAM_DEPTH_MAX + 3];

	(void)state;
	nested_text(text, KUBE_STREAM_DEPTH_MAX + 1);
	assert_int_equal(feed(&scene, text, 0), 0);
	assert_int_equal(scene.stream.skipped, 1);
	assert_string_equal(scene.said, "");
	nested_text(text, KUBE_STREAM_DEPTH_MAX);
	assert_int_equal(feed(&scene, text, 0), 0);
	assert_int_equal(scene.stream.skipped, 1);
	assert_string_not_equal(scene.said, "");
	kube_stream_done(&scene.stream);
}

static void what_is_no_json_is_an_error(void **state)
{
	static const struct {
		enum kube_stream_form form;
		const char *text;
	} wrong[] = {
		{KUBE_STREAM_EVENTS, "<html>"},
		{KUBE_STREAM_EVENTS, "404 page not found"},
		{KUBE_STREAM_EVENTS, "[{}]"},
		{KUBE_STREAM_EVENTS, EVENT_B "}"},
		{KUBE_STREAM_EVENTS, "\"text\""},
		{KUBE_STREAM_LIST, "[{}]"},
		{KUBE_STREAM_LIST, "{\"items\":[]} {}"},
		{KUBE_STREAM_LIST, "\xef\xbb\xbf{}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct scene scene = scene_of(wrong[i].form);

		assert_int_equal(feed(&scene, wrong[i].text, 0), -EPROTO);
		kube_stream_done(&scene.stream);
	}
}

static void what_is_missing_is_noticed_at_the_end(void **state)
{
	static const struct {
		enum kube_stream_form form;
		const char *text;
	} cut[] = {
		{KUBE_STREAM_EVENTS, "{\"type\":"},
		{KUBE_STREAM_EVENTS, EVENT_B "{"},
		{KUBE_STREAM_LIST, ""},
		{KUBE_STREAM_LIST, "{\"items\":[{}]"},
		{KUBE_STREAM_LIST, "{\"kind\":\"Status\"}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		struct scene scene = scene_of(cut[i].form);

		assert_int_equal(feed(&scene, cut[i].text, 0), 0);
		assert_int_equal(kube_stream_end(&scene.stream), -EPROTO);
		kube_stream_done(&scene.stream);
	}
}

static void the_reader_can_end_it(void **state)
{
	struct scene scene = scene_of(KUBE_STREAM_EVENTS);

	(void)state;
	scene.answer = -ECANCELED;
	assert_int_equal(feed(&scene, EVENT_A EVENT_B, 0), -ECANCELED);
	assert_string_equal(scene.said, "event " EVENT_A ";");
	kube_stream_done(&scene.stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_one_by_one),
		cmocka_unit_test(a_list_gives_its_metadata_and_items),
		cmocka_unit_test(a_list_may_end_with_its_metadata),
		cmocka_unit_test(an_empty_list_has_no_items),
		cmocka_unit_test(only_whole_keys_count),
		cmocka_unit_test(an_object_that_is_too_large_is_passed_over),
		cmocka_unit_test(an_object_of_the_largest_size_comes_out),
		cmocka_unit_test(an_object_that_is_too_deep_is_passed_over),
		cmocka_unit_test(what_is_no_json_is_an_error),
		cmocka_unit_test(what_is_missing_is_noticed_at_the_end),
		cmocka_unit_test(the_reader_can_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
