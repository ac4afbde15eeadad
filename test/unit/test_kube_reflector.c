/* SPDX-License-Identifier: Apache-2.0 */
/* What a real server cannot be told to do; the rest is in test/e2e. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "agent/base/clock.h"
#include "agent/kube/kube_reflector_parts.h"
#include "reflector_story.h"

#define SHORT 0
/* As long as a wait may be: 60 s, but less than 0.1 s where no failure counts any more. */
#define LONG (KUBE_BACKOFF_MAX_MS - KUBE_BACKOFF_LEAST_MS)

static uint64_t waits;

/* In place of the kernel's. */
uint64_t kube_backoff_random(void)
{
	return waits;
}

static int open_story(void **state)
{
	waits = SHORT;
	return reflector_story_open(state);
}

static void a_streaming_list_becomes_the_watch(void **state)
{
	static const struct story_step steps[] = {
		{STREAM, NULL,
		 EVENT("ADDED", "a", "3") EVENT("ADDED", "b", "5") INITIAL_END("9")
			 EVENT("MODIFIED", "a", "10") EVENT("DELETED", "b", "11"),
		 KEEP},
		{0},
	};
	struct kube_reflector_state after = reflector_story_play(*state, steps, "-b");

	reflector_story_expect(*state, "begin +a +b end +a -b ");
	assert_true(after.synced);
	assert_false(after.stale);
	assert_int_equal(after.lists, 1);
}

static void a_server_without_streaming_is_asked_for_pages(void **state)
{
	static const struct story_step steps[] = {
		PAGED,
		ANSWER("services?limit=500 ", "200 OK",
		       LIST("\"resourceVersion\":\"7\",\"continue\":\"x\"", ITEM("a", "3"))),
		ANSWER("limit=500&continue=x", "200 OK",
		       LIST("\"resourceVersion\":\"8\"", ITEM("b", "4"))),
		{"&resourceVersion=8&", NULL, EVENT("ADDED", "c", "9"), KEEP},
		{0},
	};

	reflector_story_play(*state, steps, "+c");
	reflector_story_expect(*state, "begin begin +a +b end +c ");
}

static void a_server_that_finds_out_late_is_asked_for_pages(void **state)
{
	static const struct story_step steps[] = {
		{STREAM, NULL, ERROR("500", "InternalError"), END},
		ANSWER("services?limit=500 ", "200 OK", LIST("\"resourceVersion\":\"7\"", "")),
		{"&resourceVersion=7&", NULL, EVENT("ADDED", "c", "9"), KEEP},
		{0},
	};

	reflector_story_play(*state, steps, "+c");
	reflector_story_expect(*state, "begin begin end +c ");
}

static void a_stream_without_an_end_of_the_list_is_not_tried_again(void **state)
{
	static const struct story_step steps[] = {
		{STREAM, NULL, EVENT("ADDED", "a", "3"), END},
		ANSWER("services?limit=500 ", "200 OK",
		       LIST("\"resourceVersion\":\"7\"", ITEM("a", "3"))),
		{"&resourceVersion=7&", NULL, EVENT("ADDED", "c", "9"), KEEP},
		{0},
	};

	reflector_story_play(*state, steps, "+c");
	reflector_story_expect(*state, "begin +a begin +a end +c ");
}

static void a_watch_goes_on_from_the_last_version_seen(void **state)
{
	static const struct story_step steps[] = {
		PAGED,
		ANSWER("limit=500", "200 OK", LIST("\"resourceVersion\":\"7\"", "")),
		{"&resourceVersion=7&", NULL, EVENT("ADDED", "a", "8") BOOKMARK("20"), END},
		{"&resourceVersion=20&", NULL, EVENT("ADDED", "b", "21"), CUT},
		{"&resourceVersion=21&", NULL, EVENT("ADDED", "c", "22"), KEEP},
		{0},
	};
	struct kube_reflector_state after = reflector_story_play(*state, steps, "+c");

	reflector_story_expect(*state, "begin begin end +a +b +c ");
	assert_int_equal(after.ends[KUBE_WATCH_ENDED], 1);
	assert_int_equal(after.ends[KUBE_WATCH_BROKEN], 1);
}

static void a_version_that_is_gone_leads_to_a_new_list(void **state)
{
	static const struct story_step steps[] = {
		PAGED,
		ANSWER("limit=500", "200 OK", LIST("\"resourceVersion\":\"7\"", ITEM("a", "3"))),
		{"&resourceVersion=7&", NULL, ERROR("410", "Expired"), END},
		ANSWER("limit=500", "200 OK", LIST("\"resourceVersion\":\"9\"", ITEM("b", "8"))),
		ANSWER("&resourceVersion=9&", "410 Gone",
		       "{\"kind\":\"Status\",\"reason\":\"Gone\",\"code\":410}"),
		ANSWER("limit=500", "200 OK", LIST("\"resourceVersion\":\"12\"", ITEM("b", "8"))),
		{"&resourceVersion=12&", NULL, EVENT("ADDED", "c", "13"), KEEP},
		{0},
	};
	struct kube_reflector_state after = reflector_story_play(*state, steps, "+c");

	reflector_story_expect(*state, "begin begin +a end begin +b end begin +b end +c ");
	assert_int_equal(after.ends[KUBE_WATCH_EXPIRED], 2);
	assert_int_equal(after.lists, 3);
}

/* As after an outage of minutes. */
static struct kube_reflector *failed_often(struct kube_scene *scene)
{
	struct kube_reflector *reflector = ((struct story *)scene->more)->reflector;

	reflector->backoff.failures = 20;
	waits = LONG;
	return reflector;
}

static uint64_t run_until(struct kube_scene *scene, const char *until)
{
	uint64_t begun_ms = clock_ms();

	((struct story *)scene->more)->until = until;
	kube_scene_run(scene);
	return clock_ms() - begun_ms;
}

static void a_version_that_is_gone_after_an_outage_is_listed_soon(void **state)
{
	static const struct story_step steps[] = {
		{STREAM, NULL, INITIAL_END("5"), KEEP},
		{STREAM, NULL, EVENT("ADDED", "c", "9"), KEEP},
		{0},
	};
	struct kube_scene *scene = *state;

	reflector_story_play(scene, steps, "end");
	failed_often(scene);
	scripted_piece(scene->exchange, ERROR("410", "Expired"));
	scripted_end(scene->exchange);
	assert_in_range(run_until(scene, "+c"), 0, 2000);
}

static void cut_off(struct kube_scene *scene)
{
	scripted_cut(scene->exchange);
}

static unsigned ask(struct kube_scene *scene, const char *path)
{
	struct kube_call call = kube_scene_call_of(scene);

	call.path = path;
	scene->done = 0;
	kube_scene_call(scene, &call);
	return scene->status;
}

static void the_first_reply_to_anyone_ends_the_waiting(void **state)
{
	static const struct story_step steps[] = {
		{STREAM, NULL, INITIAL_END("5"), KEEP},
		ANSWER("/anything", "200 OK", "{}"),
		{"&resourceVersion=5&", NULL, EVENT("ADDED", "c", "9"), KEEP},
		{0},
	};
	struct kube_scene *scene = *state;
	void (*answer)(struct kube_scene *) = scene->answer;
	struct kube_reflector *reflector;

	reflector_story_play(scene, steps, "end");
	reflector = failed_often(scene);
	cut_off(scene);
	run_until(scene, "bad[");
	assert_int_equal(reflector->phase, KUBE_PHASE_WAITING);
	scene->answer = cut_off;
	assert_int_equal(ask(scene, "/anything"), 0);
	scene->answer = answer;
	assert_int_equal(ask(scene, "/anything"), 200);
	assert_in_range(run_until(scene, "+c"), 0, 2000);
}

/* The versions of a list's objects are in no order: nothing can be followed from one of them. */
static void a_list_after_quiet_watches_that_breaks_off_is_asked_for_again(void **state)
{
	static const struct story_step steps[] = {
		{STREAM, NULL, INITIAL_END("5"), KEEP},
		{STREAM, NULL, EVENT("ADDED", "a", "9"), CUT},
		{STREAM, NULL, EVENT("ADDED", "b", "7") INITIAL_END("9"), KEEP},
		{0},
	};
	struct kube_scene *scene = *state;
	struct kube_reflector *reflector = ((struct story *)scene->more)->reflector;

	reflector_story_play(scene, steps, "end");
	reflector->heard = false;
	reflector->begun_ms -= 5000;
	reflector->quiet = 9;
	scripted_end(scene->exchange); /* the tenth watch by which nothing came */
	run_until(scene, "+b end");
	reflector_story_expect(scene, "begin end begin +a begin +b end ");
}

static void a_page_that_is_gone_begins_the_list_anew(void **state)
{
	static const struct story_step steps[] = {
		PAGED,
		ANSWER("limit=500 ", "200 OK",
		       LIST("\"resourceVersion\":\"7\",\"continue\":\"x\"", ITEM("a", "3"))),
		ANSWER("&continue=x", "410 Gone",
		       "{\"kind\":\"Status\",\"reason\":\"Expired\",\"code\":410}"),
		ANSWER("limit=500 ", "200 OK", LIST("\"resourceVersion\":\"9\"", ITEM("b", "8"))),
		{"&resourceVersion=9&", NULL, "", KEEP},
		{0},
	};

	reflector_story_play(*state, steps, "end");
	reflector_story_expect(*state, "begin begin +a begin +b end ");
}

static void a_list_that_breaks_off_does_not_end(void **state)
{
	static const struct story_step steps[] = {
		PAGED,
		{"limit=500", NULL,
		 "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[" ITEM("a", "3"), CUT},
		{"limit=500", NULL,
		 "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[" ITEM("a", "3"), END},
		ANSWER("limit=500", "200 OK", LIST("\"resourceVersion\":\"9\"", ITEM("a", "3"))),
		{"&resourceVersion=9&", NULL, "", KEEP},
		{0},
	};

	reflector_story_play(*state, steps, "end");
	reflector_story_expect(*state, "begin begin +a begin +a begin +a end ");
}

static void what_cannot_be_read_is_passed_over(void **state)
{
	static const struct story_step steps[] = {
		PAGED,
		ANSWER("limit=500", "200 OK",
		       LIST("\"resourceVersion\":\"7\"",
			    ITEM("a", "3") ",{bad:1}," ITEM("b", "4"))),
		{"&resourceVersion=7&", NULL,
		 "{\"type\":\"ADDED\",\"object\":{bad}}\n{\"type\":\"ODD\"}\n" EVENT("ADDED", "c",
										     "8"),
		 KEEP},
		{0},
	};
	struct kube_reflector_state after = reflector_story_play(*state, steps, "+c");

	reflector_story_expect(*state,
			       "begin begin +a !SyntaxError +b end? !SyntaxError !SyntaxError +c ");
	assert_int_equal(after.skipped, 3);
}

static void a_watch_that_is_silent_after_a_failure_is_told_of(void **state)
{
	static const struct story_step steps[] = {
		PAGED,
		ANSWER("limit=500", "200 OK", LIST("\"resourceVersion\":\"7\"", "")),
		ANSWER("&resourceVersion=7&", "503 Service Unavailable", "no"),
		{"&resourceVersion=7&", NULL, "", KEEP},
		{0},
	};

	reflector_story_play(*state, steps, "good[services: following changes again]");
	reflector_story_expect(*state, "begin begin end ");
}

static void a_missing_definition_is_waited_for_and_told_once(void **state)
{
	static const struct story_step steps[] = {
		ANSWER("services", "404 Not Found", "404 page not found"),
		ANSWER("services", "404 Not Found", "404 page not found"),
		{STREAM, NULL, INITIAL_END("9"), KEEP},
		{0},
	};
	struct kube_scene *scene = *state;
	struct story *story = scene->more;
	const char *first;

	reflector_story_play(scene, steps, "following changes");
	first = strstr(story->said, "bad[services: cannot be listed: the server knows no v1 (is "
				    "its definition applied?); trying again]");
	assert_non_null(first);
	assert_null(strstr(first + 1, "bad["));
	assert_non_null(strstr(story->said, "good[services: all listed, following changes]"));
}

static void before_the_first_list_nothing_is_synced(void **state)
{
	static const struct story_step steps[] = {
		ANSWER("services", "403 Forbidden",
		       "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"message\":\"no\"}"),
		{0},
	};
	struct kube_scene *scene = *state;
	struct kube_reflector_state after = reflector_story_play(scene, steps, "Forbidden: no");

	assert_false(after.synced);
	assert_int_equal(after.ends[KUBE_WATCH_REFUSED], 1);
}

static void three_refusals_of_the_watch_lead_to_a_new_list(void **state)
{
	static const struct story_step steps[] = {
		PAGED,
		ANSWER("limit=500", "200 OK", LIST("\"resourceVersion\":\"7\"", "")),
		{"&resourceVersion=7&", NULL, ERROR("504", "Timeout"), END},
		{"&resourceVersion=7&", NULL, ERROR("504", "Timeout"), END},
		{"&resourceVersion=7&", NULL, ERROR("504", "Timeout"), END},
		ANSWER("limit=500", "200 OK", LIST("\"resourceVersion\":\"5\"", ITEM("a", "3"))),
		{"&resourceVersion=5&", NULL, "", KEEP},
		{0},
	};

	reflector_story_play(*state, steps, "+a ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_story, reflector_story_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_streaming_list_becomes_the_watch),
		TEST(a_server_without_streaming_is_asked_for_pages),
		TEST(a_server_that_finds_out_late_is_asked_for_pages),
		TEST(a_stream_without_an_end_of_the_list_is_not_tried_again),
		TEST(a_watch_goes_on_from_the_last_version_seen),
		TEST(a_version_that_is_gone_leads_to_a_new_list),
		TEST(a_version_that_is_gone_after_an_outage_is_listed_soon),
		TEST(the_first_reply_to_anyone_ends_the_waiting),
		TEST(a_list_after_quiet_watches_that_breaks_off_is_asked_for_again),
		TEST(a_page_that_is_gone_begins_the_list_anew),
		TEST(a_list_that_breaks_off_does_not_end),
		TEST(what_cannot_be_read_is_passed_over),
		TEST(a_watch_that_is_silent_after_a_failure_is_told_of),
		TEST(a_missing_definition_is_waited_for_and_told_once),
		TEST(before_the_first_list_nothing_is_synced),
		TEST(three_refusals_of_the_watch_lead_to_a_new_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
