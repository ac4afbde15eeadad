/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API server as a source: PathRoutes, Services and those EndpointSlices that belong to a
 * Service, of all namespaces or of one. An object that is refused keeps its last good version in
 * force. A version that routing cannot tell from the one before is not delivered.
 */
#ifndef PATHROUTE_KUBE_SOURCE_H
#define PATHROUTE_KUBE_SOURCE_H

#include "../base/rejection.h"
#include "../kube/kube_reflector.h"
#include "../route/route_version.h"
#include "source.h"

struct kube_source_options {
	struct event_loop *loop;    /* the source's descriptor is this loop's, and it runs it */
	struct kube_client *client; /* in that loop; both must outlive the source */
	const char *namespace;      /* NULL: all; must outlive it, too */
	struct source_sink sink;
	/* Every version of every PathRoute, also one that routing cannot tell from the one before,
	 * and before it is delivered. `refused`: why it is not; NULL: it is, or was before.
	 * Both may be NULL; context is the sink's. */
	void (*route_seen)(void *context, const struct route_version *version,
			   const struct rejection *refused);
	void (*route_gone)(void *context, const struct object_key *key);
	/* What becomes of lists and watches, for the log; context is the sink's. */
	void (*report)(void *context, bool failing, const char *text);
};

/* 0 or a negative errno. */
int kube_source_new(const struct kube_source_options *options, struct object_source **ret_source);

struct kube_source_state {
	struct kube_reflector_state reflector;
	size_t objects; /* known to the server, refused ones too */
	size_t refused;
};

struct kube_source_state kube_source_get(const struct object_source *source, enum object_kind kind);

#endif
