/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>

#include <cmocka.h>

#include "agent/kube/kube_query.h"

static const struct kube_resource services = {"services", "Service", "v1", NULL, NULL};
static const struct kube_resource slices = {"endpointslices", "EndpointSlice",
					    "discovery.k8s.io/v1", "kubernetes.io/service-name",
					    NULL};
static const struct kube_resource one = {"daemonsets", "DaemonSet", "apps/v1", NULL,
					 "metadata.name=a.b"};

/* Frees the query. */
static void expect(char *query, const char *wanted)
{
	assert_string_equal(query, wanted);
	free(query);
}

static void a_list_is_of_all_namespaces_and_by_pages(void **state)
{
	(void)state;
	expect(kube_query_list(&services, NULL, NULL), "/api/v1/services?limit=500");
}

static void a_page_continues_the_one_before(void **state)
{
	(void)state;
	expect(kube_query_list(&services, NULL, "a+b/c=&d"),
	       "/api/v1/services?limit=500&continue=a%2Bb%2Fc%3D%26d");
}

static void a_namespace_restricts_it(void **state)
{
	(void)state;
	expect(kube_query_list(&services, "shop", NULL),
	       "/api/v1/namespaces/shop/services?limit=500");
}

static void a_group_has_another_path_and_a_selector_is_coded(void **state)
{
	(void)state;
	expect(kube_query_list(&slices, NULL, NULL),
	       "/apis/discovery.k8s.io/v1/endpointslices?"
	       "labelSelector=kubernetes.io%2Fservice-name&limit=500");
}

static void a_field_selector_picks_one_by_name(void **state)
{
	(void)state;
	expect(kube_query_watch(&one, "shop", "7", 321),
	       "/apis/apps/v1/namespaces/shop/daemonsets?fieldSelector=metadata.name%3Da.b"
	       "&watch=true&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=321");
}

static void a_watch_has_bookmarks_and_an_end(void **state)
{
	(void)state;
	expect(kube_query_watch(&services, "shop", "12345", 321),
	       "/api/v1/namespaces/shop/services?watch=true&allowWatchBookmarks=true"
	       "&resourceVersion=12345&timeoutSeconds=321");
}

static void a_streaming_list_is_a_watch_with_all_objects(void **state)
{
	(void)state;
	expect(kube_query_stream(&services, NULL, 300),
	       "/api/v1/services?watch=true&allowWatchBookmarks=true&sendInitialEvents=true"
	       "&resourceVersionMatch=NotOlderThan&timeoutSeconds=300");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_of_all_namespaces_and_by_pages),
		cmocka_unit_test(a_page_continues_the_one_before),
		cmocka_unit_test(a_namespace_restricts_it),
		cmocka_unit_test(a_group_has_another_path_and_a_selector_is_coded),
		cmocka_unit_test(a_field_selector_picks_one_by_name),
		cmocka_unit_test(a_watch_has_bookmarks_and_an_end),
		cmocka_unit_test(a_streaming_list_is_a_watch_with_all_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
