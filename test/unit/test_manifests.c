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
#include <sys/stat.h>
#include <unistd.h>

#include "agent/source/manifests.h"
#include "manifest_directory.h"

static void all_files_are_read_in_the_order_of_their_names(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_write(watched, "b.yml", SERVICE("b1") SERVICE("b2"));
	manifest_directory_write(watched, "a.yaml", SERVICE("a"));
	manifest_directory_write(
		watched, "c.json",
		"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"c\"},"
		"\"spec\":{}}");
	manifest_directory_write(watched, ".hidden.yaml", BROKEN);
	manifest_directory_write(watched, "notes.txt", BROKEN);
	manifest_directory_write(watched, "empty.yaml", "# nothing\n");
	manifest_directory_start(watched, "+a +b1 +b2 +c synced ");
}

static void an_empty_directory_is_in_sync_at_once(void **state)
{
	manifest_directory_start(*state, "synced ");
}

static void a_directory_that_is_none_is_an_error(void **state)
{
	struct manifest_directory *watched = *state;
	struct source_sink sink = manifest_directory_sink(watched);
	struct object_source *source = NULL;

	manifest_directory_write(watched, "file", "");
	assert_int_equal(manifests_new("/nonexistent/manifests", &sink, &source), -ENOENT);
	assert_int_equal(
		manifests_new(manifest_directory_path(watched->directory, "file"), &sink, &source),
		-ENOTDIR);
	assert_null(source);
}

static void a_list_is_taken_apart(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_write(
		watched, "a.yaml",
		"apiVersion: v1\nkind: List\nitems:\n"
		"- {apiVersion: v1, kind: Service, metadata: {name: a}, spec: {}}\n"
		"- {apiVersion: v1, kind: Service, metadata: {name: b}, spec: {type: Odd}}\n"
		"- {apiVersion: v1, kind: Service, metadata: {name: c}, spec: {}}\n");
	manifest_directory_write(
		watched, "b.json",
		"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n"
		"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"d\"},"
		"\"spec\":{}}]}");
	manifest_directory_start(watched, "+a !a.yaml:5:UnsupportedValue +c +d synced ");
}

static void objects_of_other_kinds_are_counted_not_refused(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_write(
		watched, "a.yaml",
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n" SERVICE("a"));
	manifest_directory_start(watched, "+a ?a.yaml:0:OtherKinds synced ");
}

static void a_broken_document_leaves_the_others_as_they_are(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_write(watched, "a.yaml",
				 SERVICE("a") BROKEN SERVICE("b") REFUSED("c") SERVICE("d"));
	manifest_directory_write(watched, "b.yaml", SERVICE("e"));
	manifest_directory_start(
		watched, "+a !a.yaml:8:SyntaxError +b !a.yaml:18:UnsupportedValue +d +e synced ");
}

static void a_field_that_a_route_does_not_have_is_refused(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_write(watched, "a.yaml",
				 "apiVersion: pathroute.io/v1alpha1\nkind: PathRoute\n"
				 "metadata: {name: a}\nspec:\n"
				 "  listeners: [{node: {port: 80}}]\n  rules:\n"
				 "  - match: {path: {value: /}}\n    redirect: {path: /new}\n"
				 "  - match: {path: {value: /a}}\n    redirect:\n"
				 "      path: /new\n      code: 301\n");
	manifest_directory_write(watched, "b.yaml",
				 "apiVersion: v1\nkind: Service\nmetadata: {name: b}\n"
				 "spec: {sessionAffinity: None}\n");
	manifest_directory_start(watched, "!a.yaml:11:UnsupportedValue +b synced ");
}

static void the_last_good_version_of_a_refused_object_stays(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_write(watched, "a.yaml", SERVICE("a") SERVICE("b"));
	manifest_directory_start(watched, "+a +b synced ");
	manifest_directory_write(watched, "a.yaml", REFUSED("a") SERVICE("b"));
	manifest_directory_dispatch(watched, "!a.yaml:5:UnsupportedValue +b ");
	assert_int_equal(route_store_count(watched->store, OBJECT_SERVICE), 2);
	manifest_directory_write(watched, "a.yaml", SERVICE("b"));
	manifest_directory_dispatch(watched, "+b -a ");
}

static void while_a_document_is_no_yaml_no_object_of_its_file_goes(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_write(watched, "a.yaml", SERVICE("a") SERVICE("b"));
	manifest_directory_start(watched, "+a +b synced ");
	manifest_directory_write(watched, "a.yaml", BROKEN SERVICE("c"));
	manifest_directory_dispatch(watched, "!a.yaml:3:SyntaxError +c ");
	assert_int_equal(route_store_count(watched->store, OBJECT_SERVICE), 3);
	manifest_directory_write(watched, "a.yaml", SERVICE("c"));
	manifest_directory_dispatch(watched, "+c -a -b ");
}

static void a_file_that_is_too_large_changes_nothing(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_write(watched, "a.yaml", SERVICE("a"));
	manifest_directory_start(watched, "+a synced ");
	assert_int_equal(truncate(manifest_directory_path(watched->directory, "a.yaml"),
				  MANIFEST_FILE_MAX + 1),
			 0);
	rename(manifest_directory_path(watched->directory, "a.yaml"),
	       manifest_directory_path(watched->other, "x"));
	rename(manifest_directory_path(watched->other, "x"),
	       manifest_directory_path(watched->directory, "a.yaml"));
	manifest_directory_dispatch(watched, "!a.yaml:0:TooLarge ");
	assert_int_equal(route_store_count(watched->store, OBJECT_SERVICE), 1);
}

static void what_is_not_a_file_is_refused_without_waiting_for_it(void **state)
{
	struct manifest_directory *watched = *state;

	assert_int_equal(mkfifo(manifest_directory_path(watched->directory, "a.yaml"), 0600), 0);
	assert_int_equal(mkdir(manifest_directory_path(watched->directory, "b.yaml"), 0700), 0);
	manifest_directory_start(watched, "!a.yaml:0:Unreadable !b.yaml:0:Unreadable synced ");
}

static void of_two_files_the_first_by_name_has_the_object(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_write(watched, "b.yaml", SERVICE("a") SERVICE("b"));
	manifest_directory_write(watched, "c.yaml", SERVICE("a") SERVICE("c"));
	manifest_directory_start(watched, "+a +b !c.yaml:2:Duplicate +c synced ");
	manifest_directory_write(watched, "a.yaml", SERVICE("a"));
	manifest_directory_dispatch(watched, "!b.yaml:2:Duplicate +a ");
	manifest_directory_delete(watched, "b.yaml");
	manifest_directory_dispatch(watched, "-b ");
	manifest_directory_delete(watched, "a.yaml");
	manifest_directory_dispatch(watched, "-a +a +c ");
	manifest_directory_delete(watched, "c.yaml");
	manifest_directory_dispatch(watched, "-a -c ");
}

static void of_two_in_a_file_the_first_counts(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_write(watched, "a.yaml", SERVICE("a") SERVICE("b") SERVICE("a"));
	manifest_directory_start(watched, "+a +b !a.yaml:12:Duplicate synced ");
}

static void of_many_problems_of_a_file_only_some_are_told(void **state)
{
	struct manifest_directory *watched = *state;
	char text[(MANIFEST_PROBLEMS_MAX + 5) * sizeof(BROKEN)] = "";
	size_t i;

	for (i = 0; i < MANIFEST_PROBLEMS_MAX + 5; i++)
		memcpy(text + i * (sizeof(BROKEN) - 1), BROKEN, sizeof(BROKEN));
	manifest_directory_write(watched, "a.yaml", text);
	manifest_directory_load(watched);
	assert_int_equal(watched->problems, MANIFEST_PROBLEMS_MAX + 1);
	assert_non_null(strstr(watched->said, "!a.yaml:0:TooMany synced "));
}

static void a_file_has_at_most_32768_objects(void **state)
{
	struct manifest_directory *watched = *state;
	char *text = malloc((MANIFEST_OBJECTS_MAX + 1) * (sizeof("---\nx\n") - 1) + 1);
	size_t i;

	assert_non_null(text);
	for (i = 0; i < MANIFEST_OBJECTS_MAX + 1; i++)
		memcpy(text + i * 6, "---\nx\n", 7);
	manifest_directory_write(watched, "a.yaml", text);
	manifest_directory_start(watched, "!a.yaml:0:TooLarge synced ");
	free(text);
}

int main(void)
{
#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, manifest_directory_open, manifest_directory_close)
	const struct CMUnitTest tests[] = {
		TEST(all_files_are_read_in_the_order_of_their_names),
		TEST(an_empty_directory_is_in_sync_at_once),
		TEST(a_directory_that_is_none_is_an_error),
		TEST(a_list_is_taken_apart),
		TEST(objects_of_other_kinds_are_counted_not_refused),
		TEST(a_broken_document_leaves_the_others_as_they_are),
		TEST(a_field_that_a_route_does_not_have_is_refused),
		TEST(the_last_good_version_of_a_refused_object_stays),
		TEST(while_a_document_is_no_yaml_no_object_of_its_file_goes),
		TEST(a_file_that_is_too_large_changes_nothing),
		TEST(what_is_not_a_file_is_refused_without_waiting_for_it),
		TEST(of_two_files_the_first_by_name_has_the_object),
		TEST(of_two_in_a_file_the_first_counts),
		TEST(of_many_problems_of_a_file_only_some_are_told),
		TEST(a_file_has_at_most_32768_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
