/* SPDX-License-Identifier: Apache-2.0 */
/* A client of the API server, a scripted server, and what the one heard from the other. */
#ifndef PATHROUTE_TEST_KUBE_SCENE_H
#define PATHROUTE_TEST_KUBE_SCENE_H

#include "agent/kube/kube_client.h"
#include "agent/kube/kube_config.h"
#include "scripted_server.h"

struct kube_scene {
	struct event_loop *loop;
	struct event_timer *limit;
	struct scripted_server *server;
	struct kube_config config;
	struct kube_client *client;
	struct kube_request *request;
	void *more; /* of the test */

	/* The last request, and what answers it; NULL: nothing. */
	struct scripted_exchange *exchange;
	char seen[4096];
	unsigned requests;
	void (*answer)(struct kube_scene *scene);

	/* What kube_scene_done() was given last; it stops the loop at call done_wanted. */
	unsigned done;
	unsigned done_wanted;
	int error;
	unsigned status;
	unsigned retry_after_s;
	char text[KUBE_REPLY_TEXT_MAX];
	char reason[64];
	char body[4096]; /* or what kube_scene_note() was given */
	int data_answer; /* of kube_scene_note() */
};

/* Setup and teardown; the state is the scene. */
int kube_scene_open(void **state);
int kube_scene_close(void **state);

/* A GET with kube_scene_done(). */
struct kube_call kube_scene_call_of(struct kube_scene *scene);

/* Runs the loop until it is stopped; the test fails if that takes too long. */
void kube_scene_run(struct kube_scene *scene);

/* Starts the request and runs the loop. */
void kube_scene_call(struct kube_scene *scene, const struct kube_call *call);

/* Callbacks of a call. */
void kube_scene_done(void *scene, const struct kube_reply *reply);
int kube_scene_note(void *scene, const char *bytes, size_t length);

/* Answers: a list of Services; two pieces. */
void kube_scene_hello(struct kube_scene *scene);
void kube_scene_pieces(struct kube_scene *scene);

#endif
