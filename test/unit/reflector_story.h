/* SPDX-License-Identifier: Apache-2.0 */
/* A reflector, a server that answers step by step, and what the reflector says of it. */
#ifndef PATHROUTE_TEST_REFLECTOR_STORY_H
#define PATHROUTE_TEST_REFLECTOR_STORY_H

#include "agent/kube/kube_reflector.h"
#include "kube_scene.h"

#define ITEM(name, version) \
	"{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}}"
#define EVENT(type, name, version) "{\"type\":\"" type "\",\"object\":" ITEM(name, version) "}\n"
#define BOOKMARK(version)                                                                         \
	"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"" version "\"}}}" \
	"\n"
#define INITIAL_END(version)                                                              \
	"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"" version \
	"\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n"
#define ERROR(code, reason)                                                  \
	"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":" code \
	",\"reason\":\"" reason "\",\"message\":\"too old\"}}\n"
#define LIST(metadata, items) "{\"metadata\":{" metadata "},\"items\":[" items "]}"

#define STREAM "&sendInitialEvents=true"
#define ANSWER(query, status, body)       \
	{                                 \
		query, status, body, KEEP \
	}
#define PAGED ANSWER(STREAM, "422 Unprocessable Entity", "{\"kind\":\"Status\",\"code\":422}")

/* One request as it should come, and what it is answered. */
struct story_step {
	const char *query;  /* a part of it */
	const char *status; /* NULL: 200 by pieces */
	const char *body;
	enum { KEEP, END, CUT } then; /* by pieces: what follows */
};

struct story {
	struct kube_reflector *reflector;
	const struct story_step *steps; /* ends with one without a query */
	size_t step;
	const char *until; /* the loop stops when this has been said */
	char said[4096]; /* "+a" came, "-a" went, "begin", "end", "!Reason", reports in brackets */
};

/* Setup and teardown; the state is the scene, whose `more` is the story. */
int reflector_story_open(void **state);
int reflector_story_close(void **state);

/* Plays until `until` has been said. */
struct kube_reflector_state reflector_story_play(struct kube_scene *scene,
						 const struct story_step *steps, const char *until);

/* All that was said, reports aside. */
void reflector_story_expect(struct kube_scene *scene, const char *said);

#endif
