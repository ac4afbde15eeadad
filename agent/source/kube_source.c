/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "../base/cleanup.h"
#include "../base/json_read.h"
#include "../route/object_decode.h"
#include "kube_known.h"
#include "object_digest.h"

#define ORIGIN_MAX (OBJECT_NAMESPACE_MAX + OBJECT_NAME_MAX + 32)

struct kube_source;

/* One kind of objects. */
struct watched {
	struct kube_source *source;
	enum object_kind kind;
	struct kube_reflector *reflector;
	struct kube_known known;
	uint64_t list;  /* number of the present or last list */
	bool uncertain; /* it had something that may be any object */
};

struct kube_source {
	struct object_source source;
	struct kube_source_options options;
	bool synced;
	struct watched watched[OBJECT_KIND_COUNT];
};

static const struct kube_resource resources[OBJECT_KIND_COUNT] = {
	[OBJECT_PATH_ROUTE] = {"pathroutes", "PathRoute", "pathroute.io/v1alpha1", NULL, NULL},
	[OBJECT_SERVICE] = {"services", "Service", "v1", NULL, NULL},
	[OBJECT_ENDPOINT_SLICE] = {"endpointslices", "EndpointSlice", "discovery.k8s.io/v1",
				   "kubernetes.io/service-name", NULL},
};

static const struct kube_source *source_of(const struct object_source *source)
{
	/* The source is the first member. */
	return (const struct kube_source *)source;
}

static void problem_tell(struct watched *watched, const char *origin,
			 const struct rejection *rejection)
{
	const struct source_sink *sink = &watched->source->options.sink;
	struct source_problem problem = {
		.severity = SOURCE_ERROR,
		.file = origin,
		.reason = rejection->reason ? rejection->reason : "Unreadable",
		.message = rejection->message,
	};

	sink->problem(sink->context, &problem);
}

static void skip(void *context, const char *reason, const char *message)
{
	struct watched *watched = context;
	struct rejection rejection = {.reason = reason};

	snprintf(rejection.message, sizeof(rejection.message), "%s", message);
	problem_tell(watched, resources[watched->kind].name, &rejection);
}

static const char *origin_of(const struct object_key *key, char text[ORIGIN_MAX])
{
	snprintf(text, ORIGIN_MAX, "%s %s/%s", object_kind_name(key->kind), key->namespace,
		 key->name);
	return text;
}

/* 0 and which object it is, or what is wrong with it has been told. */
static int key_read(struct watched *watched, const cJSON *tree, struct object_key *ret_key)
{
	struct rejection rejection = {0};
	int error = object_decode_key(tree, ret_key, &rejection);

	if (!error && ret_key->kind != watched->kind)
		error = -ENOTSUP;
	if (error == -ENOTSUP)
		snprintf(rejection.message, sizeof(rejection.message),
			 "an object of another kind came");
	if (!error)
		return 0;
	watched->uncertain = true;
	problem_tell(watched, resources[watched->kind].name, &rejection);
	return error;
}

static void seen_tell(const struct watched *watched, const cJSON *tree,
		      const struct rejection *refused)
{
	const struct kube_source_options *options = &watched->source->options;
	struct route_version version;

	if (watched->kind != OBJECT_PATH_ROUTE || !options->route_seen)
		return;
	if (!route_version_decode(tree, &version))
		options->route_seen(options->sink.context, &version, refused);
}

static void object_take(struct watched *watched, const cJSON *tree, const struct object_key *key,
			uint64_t digest)
{
	const struct source_sink *sink = &watched->source->options.sink;
	struct kube_known_object *known = kube_known_find(&watched->known, key);
	struct rejection rejection = {0};
	char origin[ORIGIN_MAX];
	struct object *object;
	int error = object_decode(tree, &object, &rejection);

	seen_tell(watched, tree, error == -EINVAL ? &rejection : NULL);
	if (error) {
		known->bad = digest;
		problem_tell(watched, origin_of(key, origin), &rejection);
		return;
	}
	known->good = digest;
	known->bad = 0;
	sink->upsert(sink->context, object);
}

/* Refused as before, but its status may be another. */
static void refusal_tell(const struct watched *watched, const cJSON *tree)
{
	_cleanup_(object_freep) struct object *object = NULL;
	struct rejection rejection = {0};

	if (object_decode(tree, &object, &rejection) == -EINVAL)
		seen_tell(watched, tree, &rejection);
}

static void upsert(void *context, const struct cJSON *tree)
{
	struct watched *watched = context;
	struct kube_known_object *known;
	struct object_key key;
	uint64_t digest;

	if (key_read(watched, tree, &key))
		return;
	if (kube_known_add(&watched->known, &key, &known)) {
		watched->uncertain = true;
		skip(watched, "OutOfMemory", "an object is not taken in");
		return;
	}
	digest = object_digest(tree, watched->kind);
	known->list = watched->list;
	if (digest == known->good) {
		known->bad = 0;
		seen_tell(watched, tree, NULL);
	} else if (digest == known->bad) {
		refusal_tell(watched, tree);
	} else {
		object_take(watched, tree, &key, digest);
	}
}

static void gone(void *context, const struct kube_known_object *known)
{
	struct watched *watched = context;
	const struct source_sink *sink = &watched->source->options.sink;
	const struct kube_source_options *options = &watched->source->options;
	const struct object_key key = {watched->kind, known->namespace, known->name};

	if (watched->kind == OBJECT_PATH_ROUTE && options->route_gone)
		options->route_gone(options->sink.context, &key);
	if (known->good)
		sink->remove(sink->context, &key);
}

static void remove_object(void *context, const struct cJSON *tree)
{
	struct watched *watched = context;
	struct kube_known_object *known;
	struct object_key key;

	if (key_read(watched, tree, &key))
		return;
	known = kube_known_find(&watched->known, &key);
	if (!known)
		return;
	gone(watched, known);
	kube_known_remove(&watched->known, known);
}

static void begin(void *context)
{
	struct watched *watched = context;

	watched->list++;
	watched->uncertain = false;
}

static bool all_synced(const struct kube_source *source)
{
	bool synced = true;

	for (size_t i = 0; i < OBJECT_KIND_COUNT; i++)
		synced &= kube_reflector_get(source->watched[i].reflector).synced;
	return synced;
}

static void end(void *context, bool whole)
{
	struct watched *watched = context;
	struct kube_source *source = watched->source;
	const struct source_sink *sink = &source->options.sink;

	if (whole && !watched->uncertain)
		kube_known_sweep(&watched->known, watched->list, gone, watched);
	if (source->synced || !all_synced(source))
		return;
	source->synced = true;
	sink->synced(sink->context);
}

static void report(void *context, bool failing, const char *text)
{
	const struct kube_source_options *options = &((struct watched *)context)->source->options;

	options->report(options->sink.context, failing, text);
}

static int watched_open(struct kube_source *source, enum object_kind kind)
{
	struct watched *watched = &source->watched[kind];
	const struct kube_reflector_options options = {
		.resource = &resources[kind],
		.namespace = source->options.namespace,
		.sink = {.context = watched,
			 .begin = begin,
			 .upsert = upsert,
			 .remove = remove_object,
			 .skip = skip,
			 .end = end,
			 .report = report},
	};

	watched->source = source;
	watched->kind = kind;
	return kube_reflector_new(source->options.loop, source->options.client, &options,
				  &watched->reflector);
}

static void source_free_whole(struct object_source *base)
{
	struct kube_source *source = (struct kube_source *)base;

	for (size_t i = 0; i < OBJECT_KIND_COUNT; i++) {
		kube_reflector_free(source->watched[i].reflector);
		kube_known_done(&source->watched[i].known);
	}
	free(source);
}

/* The present objects stay until the new lists have ended. */
static int start(struct object_source *base)
{
	const struct kube_source *source = source_of(base);

	for (size_t i = 0; i < OBJECT_KIND_COUNT; i++)
		kube_reflector_relist(source->watched[i].reflector);
	return 0;
}

static int descriptor(const struct object_source *base)
{
	return event_loop_fd(source_of(base)->options.loop);
}

static int dispatch(struct object_source *base)
{
	return event_loop_dispatch(source_of(base)->options.loop);
}

static size_t refused(const struct object_source *base)
{
	size_t count = 0;

	for (size_t i = 0; i < OBJECT_KIND_COUNT; i++)
		count += kube_known_refused(&source_of(base)->watched[i].known);
	return count;
}

struct kube_source_state kube_source_get(const struct object_source *base, enum object_kind kind)
{
	const struct watched *watched = &source_of(base)->watched[kind];

	return (struct kube_source_state){
		.reflector = kube_reflector_get(watched->reflector),
		.objects = watched->known.count,
		.refused = kube_known_refused(&watched->known),
	};
}

static const struct source_operations operations = {
	.start = start,
	.fd = descriptor,
	.dispatch = dispatch,
	.refused = refused,
	.free = source_free_whole,
};

int kube_source_new(const struct kube_source_options *options, struct object_source **ret_source)
{
	struct kube_source *source = calloc(1, sizeof(*source));
	int error = source ? 0 : -ENOMEM;

	if (error)
		return error;
	source->source.operations = &operations;
	source->options = *options;
	for (size_t i = 0; i < OBJECT_KIND_COUNT && !error; i++)
		error = watched_open(source, i);
	if (error)
		source_free_whole(&source->source);
	else
		*ret_source = &source->source;
	return error;
}
