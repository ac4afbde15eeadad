/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/base/clock.h"
#include "kube_scene.h"

static void a_reply_is_collected(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	scene->answer = kube_scene_hello;
	kube_scene_call(scene, &call);
	assert_int_equal(scene->error, 0);
	assert_int_equal(scene->status, 200);
	assert_string_equal(scene->body, "{\"kind\":\"ServiceList\"}");
	assert_ptr_equal(strstr(scene->seen, "GET /api/v1/services?limit=500 HTTP/1.1\r\n"),
			 scene->seen);
	assert_non_null(strstr(scene->seen, "\r\nAccept: application/json\r\n"));
	assert_null(strstr(scene->seen, "Authorization"));
}

static void a_body_is_sent_with_its_type(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	call.method = "PATCH";
	call.body = "{\"status\":{}}";
	call.content_type = "application/merge-patch+json";
	scene->answer = kube_scene_hello;
	kube_scene_call(scene, &call);
	assert_ptr_equal(strstr(scene->seen, "PATCH /api/"), scene->seen);
	assert_non_null(strstr(scene->seen, "\r\nContent-Type: application/merge-patch+json\r\n"));
	assert_non_null(strstr(scene->seen, "\r\n\r\n{\"status\":{}}"));
}

static void answer_conflict(struct kube_scene *scene)
{
	scripted_reply(scene->exchange, "409 Conflict", "",
		       "{\"kind\":\"Status\",\"reason\":\"Conflict\",\"message\":\"it has\\n"
		       "changed\",\"code\":409}");
}

static void a_status_gives_reason_and_message(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	call.on_data = kube_scene_note;
	scene->answer = answer_conflict;
	kube_scene_call(scene, &call);
	assert_int_equal(scene->error, 0);
	assert_int_equal(scene->status, 409);
	assert_string_equal(scene->reason, "Conflict");
	assert_string_equal(scene->text, "Conflict: it has?changed");
}

static void answer_busy(struct kube_scene *scene)
{
	scripted_reply(scene->exchange, "429 Too Many Requests", "Retry-After: 7\r\n",
		       "slow down\nplease");
}

static void a_server_may_ask_for_a_pause(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	scene->answer = answer_busy;
	kube_scene_call(scene, &call);
	assert_int_equal(scene->status, 429);
	assert_int_equal(scene->retry_after_s, 7);
	assert_string_equal(scene->text, "HTTP 429: slow down");
	assert_string_equal(scene->reason, "");
}

static void answer_gone_for_long(struct kube_scene *scene)
{
	scripted_reply(scene->exchange, "503 Service Unavailable", "Retry-After: 4000000000\r\n",
		       "");
}

static void a_server_gets_a_pause_of_an_hour_at_most(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	scene->answer = answer_gone_for_long;
	kube_scene_call(scene, &call);
	assert_int_equal(scene->status, 503);
	assert_int_equal(scene->retry_after_s, 3600);
}

static void pieces_come_as_they_are(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	call.on_data = kube_scene_note;
	scene->answer = kube_scene_pieces;
	kube_scene_call(scene, &call);
	assert_int_equal(scene->error, 0);
	assert_string_equal(scene->body, "one two");
}

static void a_reader_can_end_the_request(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	call.on_data = kube_scene_note;
	scene->data_answer = -EPROTO;
	scene->answer = kube_scene_pieces;
	kube_scene_call(scene, &call);
	assert_int_equal(scene->error, -EPROTO);
}

static void answer_half(struct kube_scene *scene)
{
	scripted_begin(scene->exchange);
	scripted_piece(scene->exchange, "one ");
	scripted_cut(scene->exchange);
}

static void a_cut_reply_is_an_error(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	scene->answer = answer_half;
	kube_scene_call(scene, &call);
	assert_int_equal(scene->error, -ECONNRESET);
	assert_string_not_equal(scene->text, "");
}

static void a_refused_connection_is_an_error(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	scene->config.server = (char *)"http://127.0.0.1:1";
	kube_scene_call(scene, &call);
	assert_int_equal(scene->error, -ECONNREFUSED);
	assert_int_equal(scene->status, 0);
}

static void answer_unauthorised(struct kube_scene *scene)
{
	scripted_reply(scene->exchange, "401 Unauthorized", "", "");
}

static void a_token_is_sent_and_read_again_after_401(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);
	char path[] = "/tmp/kube-token-XXXXXX";
	int fd = mkstemp(path);

	assert_int_equal(write(fd, "second", 6), 6);
	scene->config.token = (struct kube_credential){path, strdup("first"), 5};
	scene->config.read_ms = clock_ms();
	scene->answer = answer_unauthorised;
	kube_scene_call(scene, &call);
	assert_int_equal(scene->status, 401);
	assert_non_null(strstr(scene->seen, "\r\nAuthorization: Bearer first\r\n"));

	scene->answer = kube_scene_hello;
	scene->done = 0;
	kube_scene_call(scene, &call);
	assert_non_null(strstr(scene->seen, "\r\nAuthorization: Bearer second\r\n"));
	free(scene->config.token.bytes);
	close(fd);
	unlink(path);
}

static void ended_requests_are_counted(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);
	const struct kube_request_count *counts;

	scene->answer = kube_scene_hello;
	kube_scene_call(scene, &call);
	scene->done = 0;
	kube_scene_call(scene, &call);
	scene->done = 0;
	scene->config.server = (char *)"http://127.0.0.1:1";
	kube_scene_call(scene, &call);
	assert_int_equal(kube_client_counts(scene->client, &counts), 2);
	assert_string_equal(counts[0].method, "GET");
	assert_int_equal(counts[0].status, 200);
	assert_int_equal(counts[0].count, 2);
	assert_int_equal(counts[1].status, 0);
	assert_int_equal(counts[1].count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kube_scene_open, kube_scene_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reply_is_collected),
		TEST(a_body_is_sent_with_its_type),
		TEST(a_status_gives_reason_and_message),
		TEST(a_server_may_ask_for_a_pause),
		TEST(a_server_gets_a_pause_of_an_hour_at_most),
		TEST(pieces_come_as_they_are),
		TEST(a_reader_can_end_the_request),
		TEST(a_cut_reply_is_an_error),
		TEST(a_refused_connection_is_an_error),
		TEST(a_token_is_sent_and_read_again_after_401),
		TEST(ended_requests_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
