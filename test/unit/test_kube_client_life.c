/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "kube_scene.h"

static void silence_ends_a_request(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	call.idle_timeout_s = 1;
	scene->answer = NULL;
	kube_scene_call(scene, &call);
	assert_int_equal(scene->error, -ETIMEDOUT);
}

static void a_silent_connection_is_not_used_again(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	call.idle_timeout_s = 1;
	kube_scene_call(scene, &call);
	scene->answer = kube_scene_hello;
	scene->done = 0;
	kube_scene_call(scene, &call);
	assert_int_equal(scene->error, 0);
	assert_int_equal(scripted_server_connections(scene->server), 2);
}

static void a_good_connection_is_used_again(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	scene->answer = kube_scene_hello;
	kube_scene_call(scene, &call);
	scene->done = 0;
	kube_scene_call(scene, &call);
	assert_int_equal(scene->requests, 2);
	assert_int_equal(scripted_server_connections(scene->server), 1);
}

static void answer_on_and_on(struct kube_scene *scene)
{
	scripted_begin(scene->exchange);
}

static void piece_send(void *context)
{
	struct kube_scene *scene = context;

	scripted_piece(scene->exchange, "and on ");
}

static void a_request_ends_in_time_although_bytes_come(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);
	struct event_timer *pieces;

	call.timeout_s = 1;
	call.on_data = kube_scene_note;
	scene->answer = answer_on_and_on;
	assert_int_equal(event_timer_new(scene->loop, piece_send, scene, &pieces), 0);
	event_timer_arm(pieces, 200, 200);
	kube_scene_call(scene, &call);
	event_timer_free(pieces);
	assert_int_equal(scene->error, -ETIMEDOUT);
	assert_non_null(strstr(scene->body, "and on and on"));
}

static int data_cancel(void *context, const char *bytes, size_t length)
{
	struct kube_scene *scene = context;

	kube_scene_note(context, bytes, length);
	kube_request_cancel(scene->request);
	event_loop_stop(scene->loop);
	return 0;
}

static void a_cancelled_request_calls_back_no_more(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	call.on_data = data_cancel;
	scene->answer = kube_scene_pieces;
	kube_scene_call(scene, &call);

	/* Whatever was on its way has come when another one is answered. */
	call.on_data = NULL;
	scene->answer = kube_scene_hello;
	scene->done = 0;
	kube_scene_call(scene, &call);
	assert_int_equal(scene->done, 1);
	assert_string_equal(scene->body, "{\"kind\":\"ServiceList\"}");
}

static void done_and_again(void *context, const struct kube_reply *reply)
{
	struct kube_scene *scene = context;
	struct kube_call call = kube_scene_call_of(scene);

	assert_int_equal(reply->status, 200);
	kube_request_cancel(scene->request);
	assert_int_equal(kube_client_start(scene->client, &call, &scene->request), 0);
}

static void a_request_may_be_started_when_another_ends(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	call.on_done = done_and_again;
	scene->answer = kube_scene_hello;
	kube_scene_call(scene, &call);
	assert_int_equal(scene->requests, 2);
	assert_int_equal(scene->error, 0);
}

static int data_and_again(void *context, const char *bytes, size_t length)
{
	struct kube_scene *scene = context;
	struct kube_call call = kube_scene_call_of(scene);
	struct kube_request *other;

	(void)bytes;
	(void)length;
	scene->answer = kube_scene_hello;
	return kube_client_start(scene->client, &call, &other);
}

static void answer_whole_piece(struct kube_scene *scene)
{
	scripted_begin(scene->exchange);
	scripted_piece(scene->exchange, "one");
	scripted_end(scene->exchange);
}

static void a_request_may_be_started_while_data_comes(void **state)
{
	struct kube_scene *scene = *state;
	struct kube_call call = kube_scene_call_of(scene);

	call.on_data = data_and_again;
	scene->done_wanted = 2;
	scene->answer = answer_whole_piece;
	kube_scene_call(scene, &call);
	assert_int_equal(scene->requests, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kube_scene_open, kube_scene_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(silence_ends_a_request),
		TEST(a_silent_connection_is_not_used_again),
		TEST(a_good_connection_is_used_again),
		TEST(a_request_ends_in_time_although_bytes_come),
		TEST(a_cancelled_request_calls_back_no_more),
		TEST(a_request_may_be_started_when_another_ends),
		TEST(a_request_may_be_started_while_data_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
