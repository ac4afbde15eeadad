/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "reflector_story.h"

static const struct kube_resource services = {"services", "Service", "v1", NULL, NULL};

static void say(struct kube_scene *scene, const char *sign, const char *text)
{
	struct story *story = scene->more;
	size_t have = strlen(story->said);

	snprintf(story->said + have, sizeof(story->said) - have, "%s%s ", sign, text);
	if (story->until && strstr(story->said, story->until))
		event_loop_stop(scene->loop);
}

static const char *name_of(const cJSON *object)
{
	const cJSON *metadata = cJSON_GetObjectItem(object, "metadata");

	return cJSON_GetStringValue(cJSON_GetObjectItem(metadata, "name"));
}

static void note_begin(void *context)
{
	say(context, "begin", "");
}

static void note_upsert(void *context, const cJSON *object)
{
	say(context, "+", name_of(object));
}

static void note_remove(void *context, const cJSON *object)
{
	say(context, "-", name_of(object));
}

static void note_skip(void *context, const char *reason, const char *message)
{
	assert_true(strlen(message) > 0);
	say(context, "!", reason);
}

static void note_end(void *context, bool whole)
{
	say(context, "end", whole ? "" : "?");
}

static void note_report(void *context, bool failing, const char *text)
{
	char line[600];

	snprintf(line, sizeof(line), "[%s]", text);
	say(context, failing ? "bad" : "good", line);
}

static void next_answer(struct kube_scene *scene)
{
	struct story *story = scene->more;
	const struct story_step *step = &story->steps[story->step];

	if (!step->query) {
		say(scene, "more:", scene->seen);
		event_loop_stop(scene->loop);
		return;
	}
	story->step++;
	if (!strstr(scene->seen, step->query))
		fail_msg("request %zu has no \"%s\": %s", story->step, step->query, scene->seen);
	if (step->status) {
		scripted_reply(scene->exchange, step->status, "", step->body);
		return;
	}
	scripted_begin(scene->exchange);
	if (*step->body)
		scripted_piece(scene->exchange, step->body);
	if (step->then == CUT)
		scripted_cut(scene->exchange);
	else if (step->then == END)
		scripted_end(scene->exchange);
}

int reflector_story_open(void **state)
{
	static struct story story;
	struct kube_reflector_options options = {
		.resource = &services,
		.sink = {.begin = note_begin,
			 .upsert = note_upsert,
			 .remove = note_remove,
			 .skip = note_skip,
			 .end = note_end,
			 .report = note_report},
	};
	struct kube_scene *scene;

	if (kube_scene_open(state))
		return -1;
	scene = *state;
	story = (struct story){0};
	scene->more = &story;
	scene->answer = next_answer;
	options.sink.context = scene;
	return kube_reflector_new(scene->loop, scene->client, &options, &story.reflector);
}

int reflector_story_close(void **state)
{
	struct kube_scene *scene = *state;

	kube_reflector_free(((struct story *)scene->more)->reflector);
	return kube_scene_close(state);
}

struct kube_reflector_state reflector_story_play(struct kube_scene *scene,
						 const struct story_step *steps, const char *until)
{
	struct story *story = scene->more;

	story->steps = steps;
	story->until = until;
	kube_reflector_relist(story->reflector);
	kube_scene_run(scene);
	return kube_reflector_get(story->reflector);
}

void reflector_story_expect(struct kube_scene *scene, const char *said)
{
	struct story *story = scene->more;
	char *from, *to;

	while ((from = strstr(story->said, "bad[")) || (from = strstr(story->said, "good["))) {
		to = strstr(from, "] ");
		assert_non_null(to);
		memmove(from, to + 2, strlen(to + 2) + 1);
	}
	assert_string_equal(story->said, said);
}
