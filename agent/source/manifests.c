/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "manifest_set.h"
#include "manifest_watch.h"

struct manifests {
	struct object_source source;
	struct manifest_set set;
	struct manifest_watch *watch;
	bool started;
};

static struct manifests *manifests_of(struct object_source *source)
{
	/* The source is the first member. */
	return (struct manifests *)source;
}

static void manifests_free(struct object_source *source)
{
	struct manifests *manifests = manifests_of(source);

	manifest_set_done(&manifests->set);
	manifest_watch_free(manifests->watch);
	free(manifests);
}

static int manifests_start(struct object_source *source)
{
	struct manifests *manifests = manifests_of(source);
	struct manifest_set *set = &manifests->set;
	bool again = manifests->started;
	int error = 0;

	manifests->started = true;
	if (again && manifest_watch_renew(manifests->watch))
		manifest_set_report_lost(set);
	else
		error = manifest_set_mark_all(set);
	if (!error)
		error = manifest_set_load_marked(set);
	if (!error)
		set->sink.synced(set->sink.context);
	return error;
}

static int manifests_fd(const struct object_source *source)
{
	return manifest_watch_fd(((const struct manifests *)source)->watch);
}

static size_t manifests_refused(const struct object_source *source)
{
	return manifest_set_refused(&((const struct manifests *)source)->set);
}

static int take_change(struct manifest_set *set, enum manifest_change change, const char *name)
{
	switch (change) {
	case MANIFEST_CHANGE_FILE:
		return manifest_set_mark(set, name);
	case MANIFEST_CHANGE_ALL:
		return manifest_set_mark_all(set);
	default:
		manifest_set_report_lost(set);
		return 0;
	}
}

static int manifests_dispatch(struct object_source *source)
{
	struct manifests *manifests = manifests_of(source);
	char name[NAME_MAX + 1];
	enum manifest_change change;
	int error = 0, failed = 0;

	/* All that is known by now is read first, so that a file that is moved away and written
	 * anew is loaded once. */
	for (;;) {
		error = manifest_watch_next(manifests->watch, &change, name);
		if (error)
			break;
		error = take_change(&manifests->set, change, name);
		if (error)
			failed = error;
	}
	if (error != -EAGAIN)
		failed = error;
	error = manifest_set_load_marked(&manifests->set);
	return error ? error : failed;
}

static const struct source_operations operations = {
	.start = manifests_start,
	.fd = manifests_fd,
	.dispatch = manifests_dispatch,
	.refused = manifests_refused,
	.free = manifests_free,
};

static void source_freep_of(struct manifests **manifests)
{
	if (*manifests)
		manifests_free(&(*manifests)->source);
}

int manifests_new(const char *directory, const struct source_sink *sink,
		  struct object_source **ret_source)
{
	_cleanup_(source_freep_of) struct manifests *manifests = calloc(1, sizeof(*manifests));
	int error;

	if (!manifests)
		return -ENOMEM;
	manifests->source.operations = &operations;
	error = manifest_set_init(&manifests->set, directory, sink);
	if (!error)
		error = manifest_watch_new(directory, &manifests->watch);
	if (error)
		return error;
	*ret_source = &STEAL(manifests)->source;
	return 0;
}
