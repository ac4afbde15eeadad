/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/status/lease.h"

static const struct lease_owner nobody;
static const struct lease_labels labels = {"pathroute-system", "pathroute", LEASE_ROLE_NODE,
					   &nobody};

static struct lease sample(void)
{
	return (struct lease){
		.name = "pathroute-node-a",
		.resource_version = "123",
		.holder = "a \"quoted\" \\ name",
		.acquire_time = "2026-01-31T12:00:00.000001Z",
		.renew_time = "2026-01-31T12:00:02.000001Z",
		.duration_s = 900,
		.transitions = 3,
		.nodes = 5000,
		.has_digest = true,
		.digest = 0xfedcba9876543210,
		.agent_version = "0.1.0",
	};
}

static void what_is_written_is_read_again(void **state)
{
	struct lease lease = sample(), read;
	char *text = lease_encode(&lease, &labels);

	(void)state;
	memset(&read, 0, sizeof(read));
	assert_int_equal(lease_decode_text(text, &read), 0);
	assert_string_equal(read.name, lease.name);
	assert_string_equal(read.resource_version, lease.resource_version);
	assert_string_equal(read.holder, lease.holder);
	assert_string_equal(read.acquire_time, lease.acquire_time);
	assert_string_equal(read.renew_time, lease.renew_time);
	assert_int_equal(read.duration_s, 900);
	assert_int_equal(read.transitions, 3);
	assert_int_equal(read.nodes, 5000);
	assert_true(read.has_digest && read.digest == lease.digest);
	assert_string_equal(read.agent_version, "0.1.0");
	free(text);
}

static void labels_tell_class_and_role(void **state)
{
	struct lease lease = sample();
	char *text = lease_encode(&lease, &labels);

	(void)state;
	assert_non_null(strstr(text, "\"labels\":{\"pathroute.io/class\":\"pathroute\","
				     "\"pathroute.io/role\":\"node\"}"));
	assert_non_null(strstr(text, "\"namespace\":\"pathroute-system\""));
	free(text);
}

static void an_owner_is_told_if_there_is_one(void **state)
{
	const struct lease_owner owner = {"pathroute-agent", "0b5c-1"};
	const struct lease_labels owned = {"pathroute-system", "pathroute", LEASE_ROLE_NODE,
					   &owner};
	struct lease lease = sample();
	char *with = lease_encode(&lease, &owned), *without = lease_encode(&lease, &labels);

	(void)state;
	assert_non_null(strstr(with, "\"ownerReferences\":[{\"apiVersion\":\"apps/v1\","
				     "\"kind\":\"DaemonSet\",\"name\":\"pathroute-agent\","
				     "\"uid\":\"0b5c-1\"}]"));
	assert_null(strstr(without, "ownerReferences"));
	free(with);
	free(without);
}

static void a_lease_without_what_is_ours_is_read_too(void **state)
{
	struct lease lease;

	(void)state;
	assert_int_equal(lease_decode_text("{\"metadata\": {\"name\": \"x\"}}", &lease), 0);
	assert_string_equal(lease.holder, "");
	assert_false(lease.has_digest);
	assert_int_equal(lease.nodes, 0);
}

static void broken_annotations_say_nothing(void **state)
{
	static const char text[] =
		"{\"metadata\": {\"name\": \"x\", \"annotations\": {\"pathroute.io/nodes\": "
		"\"-4\", \"pathroute.io/programmed\": \"12zz\"}}}";
	struct lease lease;

	(void)state;
	assert_int_equal(lease_decode_text(text, &lease), 0);
	assert_int_equal(lease.nodes, 0);
	assert_false(lease.has_digest);
}

static void what_is_no_lease_is_refused(void **state)
{
	static const char *const texts[] = {"", "[]", "{}", "{\"metadata\": {\"name\": 7}}"};
	struct lease lease;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(lease_decode_text(texts[i], &lease), -EINVAL);
}

static void names_of_nodes_of_two_classes_differ(void **state)
{
	char first[LEASE_NAME_MAX], second[LEASE_NAME_MAX], third[LEASE_NAME_MAX];

	(void)state;
	lease_node_name("pathroute", "node-1", first);
	lease_node_name("edge", "node-1", second);
	lease_node_name("other", "node-1", third);
	assert_string_equal(first, "pathroute-node-node-1");
	assert_string_not_equal(first, second);
	assert_string_not_equal(second, third);
}

static void long_names_stay_apart_and_within_the_limit(void **state)
{
	char long_a[254], long_b[254], first[LEASE_NAME_MAX], second[LEASE_NAME_MAX];

	(void)state;
	memset(long_a, 'n', sizeof(long_a) - 1);
	long_a[sizeof(long_a) - 1] = '\0';
	memcpy(long_b, long_a, sizeof(long_b));
	long_b[sizeof(long_b) - 2] = 'm';
	lease_node_name("pathroute", long_a, first);
	lease_node_name("pathroute", long_b, second);
	assert_true(strlen(first) <= 253);
	assert_string_not_equal(first, second);
}

static void a_class_that_is_no_label_is_hashed(void **state)
{
	char label[LEASE_LABEL_MAX], class_name[128], name[LEASE_NAME_MAX];

	(void)state;
	lease_class_label("edge", label);
	assert_string_equal(label, "edge");
	memset(class_name, 'c', sizeof(class_name) - 1);
	class_name[sizeof(class_name) - 1] = '\0';
	lease_class_label(class_name, label);
	assert_true(strlen(label) == 18);
	lease_class_label("no/label", label);
	assert_null(strchr(label, '/'));
	lease_leader_name("edge", name);
	assert_string_equal(name, "pathroute-agent-edge");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(labels_tell_class_and_role),
		cmocka_unit_test(an_owner_is_told_if_there_is_one),
		cmocka_unit_test(a_lease_without_what_is_ours_is_read_too),
		cmocka_unit_test(broken_annotations_say_nothing),
		cmocka_unit_test(what_is_no_lease_is_refused),
		cmocka_unit_test(names_of_nodes_of_two_classes_differ),
		cmocka_unit_test(long_names_stay_apart_and_within_the_limit),
		cmocka_unit_test(a_class_that_is_no_label_is_hashed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
