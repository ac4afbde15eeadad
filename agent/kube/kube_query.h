/* SPDX-License-Identifier: Apache-2.0 */
/* Paths and queries of lists and watches. Pure; the caller frees what they return, NULL: no
 * memory. */
#ifndef PATHROUTE_KUBE_QUERY_H
#define PATHROUTE_KUBE_QUERY_H

#define KUBE_QUERY_PAGE 500 /* items of a list in one reply */

/* A kind of objects. Strings are static. */
struct kube_resource {
	const char *name;        /* "endpointslices" */
	const char *kind;        /* "EndpointSlice" */
	const char *api_version; /* "discovery.k8s.io/v1", or "v1" of the core group */
	const char *selector;    /* of labels, as in kubectl's --selector; NULL: all */
	const char *fields;      /* as in kubectl's --field-selector; NULL: all */
};

/* A page of a list; the first if `next` is NULL, else its "continue" token. No namespace (NULL)
 * means all. */
char *kube_query_list(const struct kube_resource *resource, const char *namespace,
		      const char *next);

/* Changes since the version. The server ends the watch after timeout_s. */
char *kube_query_watch(const struct kube_resource *resource, const char *namespace,
		       const char *version, unsigned timeout_s);

/* A watch that begins with all objects that exist (sendInitialEvents). */
char *kube_query_stream(const struct kube_resource *resource, const char *namespace,
			unsigned timeout_s);

#endif
