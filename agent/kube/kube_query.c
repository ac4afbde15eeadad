/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_query.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"

/* Percent-encoding of everything but unreserved characters (RFC 3986, 2.3). */
static char *encode(const char *text)
{
	char *coded = malloc(3 * strlen(text) + 1), *at = coded;

	for (; at && *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("-._~", *text))
			*at++ = *text;
		else
			at += snprintf(at, 4, "%%%02X", (unsigned char)*text);
	}
	if (at)
		*at = '\0';
	return coded;
}

/* After asprintf(), whose text is of no use when it fails. */
static char *text_of(int length, char *const *text)
{
	return length < 0 ? NULL : *text;
}

/* Up to the "?" and the selectors, with which every query begins. */
static char *resource_path(const struct kube_resource *resource, const char *namespace)
{
	_cleanup_free_ char *selector = encode(resource->selector ? resource->selector : "");
	_cleanup_free_ char *fields = encode(resource->fields ? resource->fields : "");
	_cleanup_free_ char *space = encode(namespace ? namespace : "");
	bool is_core = !strchr(resource->api_version, '/');
	char *path = NULL;

	if (!selector || !fields || !space)
		return NULL;
	return text_of(asprintf(&path, "%s/%s%s%s/%s?%s%s%s%s%s%s", is_core ? "/api" : "/apis",
				resource->api_version, *space ? "/namespaces/" : "", space,
				resource->name, *selector ? "labelSelector=" : "", selector,
				*selector ? "&" : "", *fields ? "fieldSelector=" : "", fields,
				*fields ? "&" : ""),
		       &path);
}

char *kube_query_list(const struct kube_resource *resource, const char *namespace, const char *next)
{
	_cleanup_free_ char *path = resource_path(resource, namespace);
	_cleanup_free_ char *token = encode(next ? next : "");
	char *query = NULL;

	if (!path || !token)
		return NULL;
	return text_of(asprintf(&query, "%slimit=%d%s%s", path, KUBE_QUERY_PAGE,
				*token ? "&continue=" : "", token),
		       &query);
}

char *kube_query_watch(const struct kube_resource *resource, const char *namespace,
		       const char *version, unsigned timeout_s)
{
	_cleanup_free_ char *path = resource_path(resource, namespace);
	_cleanup_free_ char *coded = encode(version);
	char *query = NULL;

	if (!path || !coded)
		return NULL;
	return text_of(asprintf(&query,
				"%swatch=true&allowWatchBookmarks=true&resourceVersion=%s"
				"&timeoutSeconds=%u",
				path, coded, timeout_s),
		       &query);
}

char *kube_query_stream(const struct kube_resource *resource, const char *namespace,
			unsigned timeout_s)
{
	_cleanup_free_ char *path = resource_path(resource, namespace);
	char *query = NULL;

	if (!path)
		return NULL;
	return text_of(asprintf(&query,
				"%swatch=true&allowWatchBookmarks=true&sendInitialEvents=true"
				"&resourceVersionMatch=NotOlderThan&timeoutSeconds=%u",
				path, timeout_s),
		       &query);
}
