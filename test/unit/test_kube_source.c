/* SPDX-License-Identifier: Apache-2.0 */
/* A server that streams its lists; the reflector's own ways are in test_kube_reflector.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/source/kube_source.h"
#include "kube_scene.h"

#define ADDED "{\"type\":\"ADDED\",\"object\":"
#define MODIFIED "{\"type\":\"MODIFIED\",\"object\":"
#define DELETED "{\"type\":\"DELETED\",\"object\":"
#define END                                                                           \
	"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"," \
	"\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n"
#define SERVICE(name, version, more)                                                 \
	"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"" name \
	"\",\"namespace\":\"shop\",\"resourceVersion\":\"" version "\"" more "},\"spec\":{}}}\n"
#define BROKEN(name, version)                                                        \
	"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"" name \
	"\",\"namespace\":\"shop\",\"resourceVersion\":\"" version                   \
	"\"},\"spec\":{\"type\":\"Odd\"}}}\n"
#define ROUTE(generation, version, status) ROUTE_AT("80", generation, version, status)
#define ROUTE_AT(port, generation, version, status)                                                \
	"{\"apiVersion\":\"pathroute.io/v1alpha1\",\"kind\":\"PathRoute\",\"metadata\":{"          \
	"\"name\":\"web\",\"namespace\":\"shop\",\"uid\":\"u1\",\"generation\":" generation        \
	",\"resourceVersion\":\"" version "\"},\"spec\":{\"listeners\":[{\"node\":{\"port\":" port \
	"}}],\"rules\":[{\"match\":{\"path\":{\"type\":\"Exact\",\"value\":\"/a\"}},"              \
	"\"redirect\":{\"path\":\"/b\"}}]},\"status\":{\"nodes\":{\"programmed\":" status "}}}}\n"

struct story {
	struct object_source *source;
	const char *lists[OBJECT_KIND_COUNT]; /* events; without END: the list does not end */
	struct scripted_exchange *watches[OBJECT_KIND_COUNT];
	unsigned asked[OBJECT_KIND_COUNT];
	char seen[1024]; /* versions of routes, whether they were delivered or not */
	const char *until;
	char said[4096];
};

static void say(struct kube_scene *scene, const char *sign, const char *text)
{
	struct story *story = scene->more;
	size_t have = strlen(story->said);

	snprintf(story->said + have, sizeof(story->said) - have, "%s%s ", sign, text);
	if (story->until && strstr(story->said, story->until))
		event_loop_stop(scene->loop);
}

static void note_upsert(void *context, struct object *object)
{
	say(context, "+", object->name);
	object_free(object);
}

static void note_remove(void *context, const struct object_key *key)
{
	say(context, "-", key->name);
}

static void note_problem(void *context, const struct source_problem *problem)
{
	char text[512];

	snprintf(text, sizeof(text), "[%s: %s: %s]", problem->file, problem->reason,
		 problem->message);
	say(context, "!", text);
}

static void note_synced(void *context)
{
	say(context, "synced", "");
}

static void note_report(void *context, bool failing, const char *text)
{
	(void)context;
	if (failing)
		fail_msg("%s", text);
}

static enum object_kind kind_asked(const char *request)
{
	if (strstr(request, "/pathroutes?"))
		return OBJECT_PATH_ROUTE;
	return strstr(request, "/services?") ? OBJECT_SERVICE : OBJECT_ENDPOINT_SLICE;
}

static void stream_answer(struct kube_scene *scene)
{
	struct story *story = scene->more;
	enum object_kind kind = kind_asked(scene->seen);

	assert_non_null(strstr(scene->seen, "sendInitialEvents"));
	story->asked[kind]++;
	story->watches[kind] = scene->exchange;
	scripted_begin(scene->exchange);
	scripted_piece(scene->exchange, story->lists[kind]);
}

static void note_seen(void *context, const struct route_version *version,
		      const struct rejection *refused)
{
	struct story *story = ((struct kube_scene *)context)->more;
	size_t have = strlen(story->seen);

	snprintf(story->seen + have, sizeof(story->seen) - have, "%s/%lld:%s=%u%s ", version->uid,
		 (long long)version->generation, version->seen.resource_version,
		 version->seen.programmed, refused ? "!" : "");
}

static void note_gone(void *context, const struct object_key *key)
{
	struct story *story = ((struct kube_scene *)context)->more;
	size_t have = strlen(story->seen);

	snprintf(story->seen + have, sizeof(story->seen) - have, "-%s ", key->name);
}

static int source_open(struct kube_scene *scene, const char *namespace)
{
	struct story *story = scene->more;
	const struct kube_source_options options = {
		.loop = scene->loop,
		.client = scene->client,
		.namespace = namespace,
		.sink = {.context = scene,
			 .upsert = note_upsert,
			 .remove = note_remove,
			 .problem = note_problem,
			 .synced = note_synced},
		.route_seen = note_seen,
		.route_gone = note_gone,
		.report = note_report,
	};

	return kube_source_new(&options, &story->source);
}

static int setup(void **state)
{
	static struct story story;
	struct kube_scene *scene;

	if (kube_scene_open(state))
		return -1;
	scene = *state;
	story = (struct story){.lists = {END, END, END}};
	scene->more = &story;
	scene->answer = stream_answer;
	return source_open(scene, NULL);
}

static int teardown(void **state)
{
	struct kube_scene *scene = *state;

	source_free(((struct story *)scene->more)->source);
	return kube_scene_close(state);
}

static void run_until(struct kube_scene *scene, const char *until)
{
	struct story *story = scene->more;

	story->until = until;
	kube_scene_run(scene);
}

/* Starts, and forgets what has been said until all lists have ended. */
static struct story *start(struct kube_scene *scene)
{
	struct story *story = scene->more;

	assert_int_equal(source_start(story->source), 0);
	run_until(scene, "synced");
	story->said[0] = '\0';
	return story;
}

static void watch_says(struct kube_scene *scene, enum object_kind kind, const char *events,
		       const char *until)
{
	scripted_piece(((struct story *)scene->more)->watches[kind], events);
	run_until(scene, until);
}

static void all_three_lists_make_it_synced(void **state)
{
	struct kube_scene *scene = *state;
	struct story *story = scene->more;

	story->lists[OBJECT_SERVICE] = ADDED SERVICE("a", "1", "") ADDED SERVICE("b", "2", "");
	assert_int_equal(source_start(story->source), 0);
	run_until(scene, "+b");
	assert_null(strstr(story->said, "synced"));
	watch_says(scene, OBJECT_SERVICE, END, "synced");
	assert_string_equal(story->said, "+a +b synced ");
	assert_int_equal(kube_source_get(story->source, OBJECT_SERVICE).objects, 2);
}

static void only_what_routing_sees_is_delivered(void **state)
{
	struct kube_scene *scene = *state;
	struct story *story = scene->more;

	story->lists[OBJECT_PATH_ROUTE] = ADDED ROUTE("1", "3", "0") END;
	start(scene);
	watch_says(scene, OBJECT_PATH_ROUTE,
		   MODIFIED ROUTE("1", "4", "1") MODIFIED ROUTE("2", "5", "1"), "+web");
	assert_string_equal(story->said, "+web ");
	story->said[0] = '\0';
	watch_says(scene, OBJECT_PATH_ROUTE,
		   MODIFIED ROUTE("2", "6", "2") DELETED ROUTE("2", "7", "2"), "-web");
	assert_string_equal(story->said, "-web ");
}

static void every_version_of_a_route_is_seen(void **state)
{
	struct kube_scene *scene = *state;
	struct story *story = scene->more;

	story->lists[OBJECT_PATH_ROUTE] = ADDED ROUTE("1", "3", "0") END;
	start(scene);
	watch_says(scene, OBJECT_PATH_ROUTE,
		   MODIFIED ROUTE("1", "4", "1") MODIFIED ROUTE("2", "5", "1")
			   DELETED ROUTE("2", "6", "1"),
		   "-web");
	assert_string_equal(story->seen, "u1/1:3=0 u1/1:4=1 u1/2:5=1 -web ");
}

static void versions_of_a_refused_route_are_seen_with_the_reason(void **state)
{
	struct kube_scene *scene = *state;
	struct story *story = scene->more;

	story->lists[OBJECT_PATH_ROUTE] = ADDED ROUTE_AT("\"none\"", "1", "3", "0") END;
	start(scene);
	watch_says(scene, OBJECT_PATH_ROUTE,
		   MODIFIED ROUTE_AT("\"none\"", "1", "4", "7") MODIFIED ROUTE("2", "5", "7"),
		   "+web");
	assert_string_equal(story->seen, "u1/1:3=0! u1/1:4=7! u1/2:5=7 ");
}

static void annotations_of_a_service_change_nothing(void **state)
{
	struct kube_scene *scene = *state;
	struct story *story = scene->more;

	story->lists[OBJECT_SERVICE] = ADDED SERVICE("a", "1", "") END;
	start(scene);
	watch_says(scene, OBJECT_SERVICE,
		   MODIFIED SERVICE("a", "2", ",\"annotations\":{\"x\":\"y\"}")
			   ADDED SERVICE("b", "3", ""),
		   "+b");
	assert_string_equal(story->said, "+b ");
}

static void a_refused_version_is_told_once_and_leaves_the_last_good_one(void **state)
{
	struct kube_scene *scene = *state;
	struct story *story = scene->more;

	story->lists[OBJECT_SERVICE] = ADDED SERVICE("a", "1", "") END;
	start(scene);
	watch_says(scene, OBJECT_SERVICE,
		   MODIFIED BROKEN("a", "2") MODIFIED BROKEN("a", "3") ADDED SERVICE("b", "4", ""),
		   "+b");
	assert_string_equal(story->said,
			    "![Service shop/a: UnsupportedValue: spec.type: \"Odd\" is "
			    "none of ClusterIP, NodePort, LoadBalancer, ExternalName] "
			    "+b ");
	assert_int_equal(source_refused(story->source), 1);
	watch_says(scene, OBJECT_SERVICE,
		   MODIFIED SERVICE("a", "5", "") ADDED SERVICE("c", "6", ""), "+c");
	assert_int_equal(source_refused(story->source), 0);
	watch_says(scene, OBJECT_SERVICE, DELETED SERVICE("a", "7", ""), "-a");
}

static void a_new_list_replaces_the_one_before(void **state)
{
	struct kube_scene *scene = *state;
	struct story *story = scene->more;

	story->lists[OBJECT_SERVICE] = ADDED SERVICE("a", "1", "") ADDED SERVICE("b", "2", "") END;
	start(scene);
	story->lists[OBJECT_SERVICE] = ADDED SERVICE("b", "2", "") ADDED SERVICE("c", "3", "");
	source_start(story->source);
	run_until(scene, "+c");
	assert_string_equal(story->said, "+c "); /* not before the list has ended */
	watch_says(scene, OBJECT_SERVICE, END, "-a");
	assert_string_equal(story->said, "+c -a ");
}

static void a_list_with_something_unreadable_removes_nothing(void **state)
{
	struct kube_scene *scene = *state;
	struct story *story = scene->more;

	story->lists[OBJECT_SERVICE] = ADDED SERVICE("a", "1", "") END;
	start(scene);
	story->lists[OBJECT_SERVICE] = ADDED "{\"kind\":\"Service\"}}\n" END;
	source_start(story->source);
	run_until(scene, "!");
	watch_says(scene, OBJECT_SERVICE, ADDED SERVICE("d", "10", ""), "+d");
	assert_null(strstr(story->said, "-a"));
	assert_int_equal(kube_source_get(story->source, OBJECT_SERVICE).objects, 2);
}

static void a_refused_object_in_a_new_list_stays(void **state)
{
	struct kube_scene *scene = *state;
	struct story *story = scene->more;

	story->lists[OBJECT_SERVICE] = ADDED SERVICE("a", "1", "") END;
	start(scene);
	story->lists[OBJECT_SERVICE] = ADDED BROKEN("a", "2") END ADDED SERVICE("z", "10", "");
	source_start(story->source);
	run_until(scene, "+z");
	assert_null(strstr(story->said, "-a"));
}

static void a_namespace_restricts_all_kinds(void **state)
{
	struct kube_scene *scene = *state;
	struct story *story = scene->more;

	source_free(story->source);
	assert_int_equal(source_open(scene, "shop"), 0);
	start(scene);
	for (size_t i = 0; i < OBJECT_KIND_COUNT; i++)
		assert_int_equal(story->asked[i], 1);
	assert_non_null(strstr(scene->seen, "/namespaces/shop/"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_three_lists_make_it_synced),
		TEST(only_what_routing_sees_is_delivered),
		TEST(every_version_of_a_route_is_seen),
		TEST(versions_of_a_refused_route_are_seen_with_the_reason),
		TEST(annotations_of_a_service_change_nothing),
		TEST(a_refused_version_is_told_once_and_leaves_the_last_good_one),
		TEST(a_new_list_replaces_the_one_before),
		TEST(a_list_with_something_unreadable_removes_nothing),
		TEST(a_refused_object_in_a_new_list_stays),
		TEST(a_namespace_restricts_all_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
