/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kube_scene.h"

#define LIMIT_MS 20000

static void give_up(void *context)
{
	(void)context;
	fail_msg("nothing happened for %d ms", LIMIT_MS);
}

static void request_take(void *context, struct scripted_exchange *exchange, const char *request)
{
	struct kube_scene *scene = context;

	scene->exchange = exchange;
	scene->requests++;
	snprintf(scene->seen, sizeof(scene->seen), "%s", request);
	if (scene->answer)
		scene->answer(scene);
}

int kube_scene_open(void **state)
{
	static struct kube_scene scene;

	scene = (struct kube_scene){.done_wanted = 1};
	*state = &scene;
	assert_int_equal(event_loop_new(&scene.loop), 0);
	assert_int_equal(event_timer_new(scene.loop, give_up, NULL, &scene.limit), 0);
	scene.server = scripted_server_start(scene.loop, request_take, &scene);
	scene.config.server = (char *)scripted_server_url(scene.server);
	return kube_client_new(scene.loop, &scene.config, &scene.client);
}

int kube_scene_close(void **state)
{
	struct kube_scene *scene = *state;

	kube_client_free(scene->client);
	scripted_server_stop(scene->server);
	event_timer_free(scene->limit);
	event_loop_free(scene->loop);
	return 0;
}

void kube_scene_done(void *context, const struct kube_reply *reply)
{
	struct kube_scene *scene = context;

	scene->error = reply->error;
	scene->status = reply->status;
	scene->retry_after_s = reply->retry_after_s;
	snprintf(scene->text, sizeof(scene->text), "%s", reply->text);
	snprintf(scene->reason, sizeof(scene->reason), "%s", reply->reason);
	if (reply->length)
		snprintf(scene->body, sizeof(scene->body), "%s", reply->body);
	if (++scene->done == scene->done_wanted)
		event_loop_stop(scene->loop);
}

int kube_scene_note(void *context, const char *bytes, size_t length)
{
	struct kube_scene *scene = context;
	size_t have = strlen(scene->body);

	snprintf(scene->body + have, sizeof(scene->body) - have, "%.*s", (int)length, bytes);
	return scene->data_answer;
}

struct kube_call kube_scene_call_of(struct kube_scene *scene)
{
	return (struct kube_call){
		.method = "GET",
		.path = "/api/v1/services?limit=500",
		.context = scene,
		.on_done = kube_scene_done,
	};
}

void kube_scene_run(struct kube_scene *scene)
{
	event_timer_arm(scene->limit, LIMIT_MS, 0);
	assert_int_equal(event_loop_run(scene->loop), 0);
	event_timer_disarm(scene->limit);
}

void kube_scene_call(struct kube_scene *scene, const struct kube_call *call)
{
	assert_int_equal(kube_client_start(scene->client, call, &scene->request), 0);
	assert_int_equal(scene->done, 0);
	kube_scene_run(scene);
}

void kube_scene_hello(struct kube_scene *scene)
{
	scripted_reply(scene->exchange, "200 OK", "", "{\"kind\":\"ServiceList\"}");
}

void kube_scene_pieces(struct kube_scene *scene)
{
	scripted_begin(scene->exchange);
	scripted_piece(scene->exchange, "one ");
	scripted_piece(scene->exchange, "two");
	scripted_end(scene->exchange);
}
