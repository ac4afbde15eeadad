/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/address_text.h"
#include "agent/route/object_decode.h"
#include "object_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SERVICE "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
#define SLICE                                                    \
	"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n" \
	"metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}\n"

static void a_kind_that_is_nearly_ours_is_refused(void **state)
{
	static const char *const texts[][2] = {
		{"apiVersion: pathroute.io/v1alpha1\nkind: Pathroute\n", "kind: must be PathRoute"},
		{"apiVersion: pathroute.io/v1alpha1\nkind: Route\n", "kind: must be PathRoute"},
		{"apiVersion: pathroutes.io/v1alpha1\nkind: PathRoute\n",
		 "apiVersion: must be pathroute.io/v1alpha1"},
		{"apiVersion: v1\nkind: PathRoute\n", "apiVersion: must be pathroute.io/v1alpha1"},
		{"apiVersion: v1\nkind: service\n", "kind: must be Service"},
		{"apiVersion: discovery.k8s.io/v1\nkind: Endpointslice\n",
		 "kind: must be EndpointSlice"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct rejection rejection = {0};
		struct object *object = NULL;

		assert_int_equal(object_text_decode(texts[i][0], &object, &rejection), -EINVAL);
		assert_string_equal(rejection.message, texts[i][1]);
	}
}

static void objects_of_other_kinds_are_not_ours(void **state)
{
	static const char *const texts[] = {
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n",
		"apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\n",
		"apiVersion: v1\nkind: EndpointSlice\nmetadata: {name: a}\n",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: []\n",
	};
	struct rejection rejection = {0};
	struct object *object = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++)
		assert_int_equal(object_text_decode(texts[i], &object, &rejection), -ENOTSUP);
}

static void a_mistake_is_told_with_its_field(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"[]", "is not an object"},
		{"hello", "is not an object"},
		{"kind: Service", "apiVersion: is missing"},
		{"apiVersion: v1", "kind: is missing"},
		{"apiVersion: 1\nkind: Service", "apiVersion: must be a string"},
		{"apiVersion: v2\nkind: Service", "apiVersion: must be v1"},
		{"apiVersion: pathroute.io/v1\nkind: PathRoute",
		 "apiVersion: must be pathroute.io/v1alpha1"},
		{"apiVersion: v1\nkind: Service", "metadata.name: is missing"},
		{"apiVersion: v1\nkind: Service\nmetadata: x", "metadata: must be a mapping"},
		{"apiVersion: v1\nkind: Service\nmetadata: {name: a.b}", "metadata.name: must be"},
		{"apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: a/b}",
		 "metadata.namespace: must be"},
		{"apiVersion: v1\nkind: Service\nmetadata: {name: a, creationTimestamp: today}",
		 "metadata.creationTimestamp: must be a time"},
		{"apiVersion: v1\nkind: Service\nmetadata: {name: a, generation: -1}",
		 "metadata.generation: -1 is not"},
		{SERVICE, "spec: is missing"},
		{SERVICE "spec: {type: Internal}\n", "spec.type: \"Internal\" is none of"},
		{SERVICE "spec: {ports: [{port: 0}]}\n", "spec.ports[0].port: 0 is not"},
		{SERVICE "spec: {ports: [{port: http}]}\n", "spec.ports[0].port: must be a whole"},
		{SERVICE "spec: {ports: [{port: 80, protocol: TPC}]}\n",
		 "spec.ports[0].protocol: \"TPC\" is none of"},
		{SERVICE "spec: {clusterIPs: [10.0.0.1, ten]}\n",
		 "spec.clusterIPs[1]: must be an IP address"},
		{SERVICE "spec: {publishNotReadyAddresses: 'yes'}\n",
		 "spec.publishNotReadyAddresses: must be true or false"},
		{SERVICE "spec: {}\nstatus: {loadBalancer: {ingress: [{ip: x}]}}\n",
		 "status.loadBalancer.ingress[0].ip: must be an IP address"},
		{SLICE, "addressType: is missing"},
		{SLICE "addressType: IPv5\n", "addressType: \"IPv5\" is none of"},
		{SLICE "addressType: IPv4\nendpoints: [{}]\n",
		 "endpoints[0].addresses: is missing"},
		{SLICE "addressType: IPv4\nendpoints: [{addresses: []}]\n",
		 "endpoints[0].addresses[0]: is missing"},
		{SLICE "addressType: IPv4\nendpoints: [{addresses: ['fd00::1']}]\n",
		 "endpoints[0].addresses[0]: must be an IPv4 address"},
		{SLICE "addressType: IPv6\nendpoints: [{addresses: [10.0.0.1]}]\n",
		 "endpoints[0].addresses[0]: must be an IPv6 address"},
		{SLICE "addressType: IPv6\nendpoints: [{addresses: ['::ffff:10.0.0.1']}]\n",
		 "endpoints[0].addresses[0]: must be an IPv6 address"},
		{SLICE "addressType: IPv4\nendpoints: [{addresses: [10.0.0.1], conditions: 1}]\n",
		 "endpoints[0].conditions: must be a mapping"},
	};
	struct rejection rejection;
	struct object *object = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		rejection = (struct rejection){0};
		if (object_text_decode(cases[i].text, &object, &rejection) != -EINVAL)
			fail_msg("accepted: %s", cases[i].text);
		if (strncmp(rejection.message, cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("%s: %s", cases[i].text, rejection.message);
	}
}

static void metadata_is_read(void **state)
{
	struct object *object = object_text_good(
		"apiVersion: v1\nkind: Service\nspec: {}\nmetadata:\n  name: web\n  uid: u-1\n"
		"  generation: 7\n  creationTimestamp: '2026-01-31T12:00:00Z'\n");

	(void)state;
	assert_int_equal(object->kind, OBJECT_SERVICE);
	assert_string_equal(object->namespace, "default");
	assert_string_equal(object->name, "web");
	assert_string_equal(object->uid, "u-1");
	assert_int_equal(object->generation, 7);
	assert_int_equal(object->created, 1769860800);
	assert_int_equal(object->origin_line, 1);
	object_free(object);
}

static void a_time_may_have_an_offset_or_be_absent(void **state)
{
	struct object *object = object_text_good(
		"apiVersion: v1\nkind: Service\nspec: {}\n"
		"metadata: {name: a, creationTimestamp: '2026-01-31T14:00:00+02:00'}\n");

	(void)state;
	assert_int_equal(object->created, 1769860800);
	object_free(object);
	object = object_text_good("apiVersion: v1\nkind: Service\nspec: {}\n"
				  "metadata: {name: a, creationTimestamp: null}\n");
	assert_true(object->created == OBJECT_CREATED_NEVER);
	object_free(object);
}

static void all_addresses_of_a_service_are_taken_once(void **state)
{
	static const char *const expected[] = {"10.0.0.1", "fd00::1", "192.0.2.1", "192.0.2.2"};
	struct object *object = object_text_good(
		SERVICE "spec: {clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 'fd00::1'],\n"
			"  externalIPs: [192.0.2.1]}\n"
			"status: {loadBalancer: {ingress: [{ip: 192.0.2.2}, {hostname: a.b}]}}\n");
	char text[ADDRESS_TEXT_MAX];
	size_t i;

	(void)state;
	assert_int_equal(object->service.address_count, COUNT(expected));
	for (i = 0; i < COUNT(expected); i++)
		assert_string_equal(address_text(&object->service.addresses[i], text), expected[i]);
	object_free(object);
}

static void a_headless_service_has_no_address(void **state)
{
	struct object *object =
		object_text_good(SERVICE "spec: {clusterIP: None, clusterIPs: [None]}\n");

	(void)state;
	assert_int_equal(object->service.address_count, 0);
	object_free(object);
}

static void an_external_name_has_no_address_and_no_endpoints(void **state)
{
	struct object *object = object_text_good(
		SERVICE "spec: {type: ExternalName, externalName: a.b, externalIPs: [10.0.0.1]}\n");

	(void)state;
	assert_true(object->service.external_name);
	assert_int_equal(object->service.address_count, 0);
	object_free(object);
}

static void only_tcp_ports_are_kept(void **state)
{
	struct object *object = object_text_good(
		SERVICE "spec:\n  ports:\n  - {name: dns, port: 53, protocol: UDP}\n"
			"  - {name: http, port: 80, protocol: TCP, targetPort: web}\n"
			"  - {name: admin, port: 81}\n  - {name: s, port: 9, protocol: SCTP}\n");

	(void)state;
	assert_int_equal(object->service.port_count, 2);
	assert_string_equal(object->service.ports[0].name, "http");
	assert_int_equal(object->service.ports[0].port, 80);
	assert_string_equal(object->service.ports[1].name, "admin");
	object_free(object);
}

static void conditions_that_are_absent_mean_ready(void **state)
{
	struct object *object = object_text_good(
		SLICE "addressType: IPv6\nports: [{name: '', port: 8080}, {name: any}]\n"
		      "endpoints:\n- addresses: ['fd00::1', 'fd00::2']\n"
		      "- {addresses: ['fd00::3'], conditions: {ready: null}}\n"
		      "- addresses: ['fd00::4']\n"
		      "  conditions: {ready: false, serving: true, terminating: true}\n"
		      "- {addresses: ['fd00::5'], conditions: {ready: false}}\n");
	const struct endpoint_slice *slice = &object->endpoint_slice;

	(void)state;
	assert_string_equal(slice->service, "web");
	assert_true(slice->ipv6);
	assert_int_equal(slice->port_count, 1);
	assert_string_equal(slice->ports[0].name, "");
	assert_int_equal(slice->endpoint_count, 4);
	assert_true(slice->endpoints[0].ready && slice->endpoints[0].serving);
	assert_false(slice->endpoints[0].terminating);
	assert_true(slice->endpoints[1].ready);
	assert_false(slice->endpoints[2].ready);
	assert_true(slice->endpoints[2].serving && slice->endpoints[2].terminating);
	assert_false(slice->endpoints[3].serving);
	object_free(object);
}

static void hints_that_are_broken_are_told_by_their_place(void **state)
{
	struct rejection rejection = {0};
	struct object *object;

	(void)state;
	assert_int_equal(object_text_decode(SLICE "addressType: IPv4\nendpoints:\n"
						  "- {addresses: [10.0.0.1], hints: {forZones: "
						  "[{name: a}, {nome: b}]}}\n",
					    &object, &rejection),
			 -EINVAL);
	assert_non_null(
		strstr(rejection.message, "endpoints[0].hints.forZones[1].name: is missing"));
}

static void a_slice_of_names_has_no_endpoints(void **state)
{
	struct object *object =
		object_text_good(SLICE "addressType: FQDN\n"
				       "endpoints: [{addresses: [a.example.com]}]\n");

	(void)state;
	assert_int_equal(object->endpoint_slice.endpoint_count, 0);
	object_free(object);
}

static void a_slice_may_be_empty(void **state)
{
	struct object *object =
		object_text_good("apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
				 "metadata: {name: a}\naddressType: IPv4\n"
				 "ports: null\nendpoints: null\n");

	(void)state;
	assert_string_equal(object->endpoint_slice.service, "");
	assert_int_equal(object->endpoint_slice.endpoint_count, 0);
	object_free(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kind_that_is_nearly_ours_is_refused),
		cmocka_unit_test(objects_of_other_kinds_are_not_ours),
		cmocka_unit_test(a_mistake_is_told_with_its_field),
		cmocka_unit_test(metadata_is_read),
		cmocka_unit_test(a_time_may_have_an_offset_or_be_absent),
		cmocka_unit_test(all_addresses_of_a_service_are_taken_once),
		cmocka_unit_test(a_headless_service_has_no_address),
		cmocka_unit_test(an_external_name_has_no_address_and_no_endpoints),
		cmocka_unit_test(only_tcp_ports_are_kept),
		cmocka_unit_test(conditions_that_are_absent_mean_ready),
		cmocka_unit_test(hints_that_are_broken_are_told_by_their_place),
		cmocka_unit_test(a_slice_of_names_has_no_endpoints),
		cmocka_unit_test(a_slice_may_be_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
