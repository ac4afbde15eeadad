/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the DaemonSet that this agent belongs to is being deleted, which is an uninstall, or not,
 * which makes the agent's own end a restart; and how many nodes it wants agents on.
 *
 * It is watched, and not only read at the end: what uninstalls deletes the agent's rights a moment
 * after its DaemonSet, and the pods after both. A DaemonSet that was never seen is not taken for
 * one that is gone: its name may be wrong.
 */
#ifndef PATHROUTE_DAEMONSET_WATCH_H
#define PATHROUTE_DAEMONSET_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "kube_client.h"

#define DAEMONSET_ASK_S 2 /* that an answer is waited for */
#define DAEMONSET_UID_MAX 64

struct daemonset_watch;

struct daemonset_watch_options {
	struct event_loop *loop;
	struct kube_client *client;
	const char *namespace; /* both must outlive the watch */
	const char *name;
	void *context;
	/* For the log, once for each change of fortune. */
	void (*report)(void *context, bool failing, const char *text);
	/* daemonset_watch_nodes() has another answer. */
	void (*nodes_changed)(void *context);
	/* Its uid, when it was seen first, and each time it is another one. */
	void (*identified)(void *context, const char *uid);
	/* What was asked for is known as well as it can be. */
	void (*answered)(void *context);
};

/* 0 or a negative errno. */
int daemonset_watch_new(const struct daemonset_watch_options *options,
			struct daemonset_watch **ret_watch);

/* Before the client. Accepts NULL. */
void daemonset_watch_free(struct daemonset_watch *watch);

/* Asks the API server once more; answered() comes later, unless an errno is returned. While the
 * server is silent or refuses, what was seen last stands. */
int daemonset_watch_ask(struct daemonset_watch *watch);

/* Its status.desiredNumberScheduled; 0: not known. */
uint32_t daemonset_watch_nodes(const struct daemonset_watch *watch);

/* It was there, and is being deleted or gone. */
bool daemonset_watch_is_deleted(const struct daemonset_watch *watch);

#endif
