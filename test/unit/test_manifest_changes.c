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

static void a_written_file_is_read_again(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_start(watched, "synced ");
	manifest_directory_write(watched, "a.yaml", SERVICE("a"));
	manifest_directory_dispatch(watched, "+a ");
	manifest_directory_write(watched, "a.yaml", SERVICE("a") SERVICE("b"));
	manifest_directory_dispatch(watched, "+a +b ");
}

static void an_object_that_is_no_longer_in_its_file_goes(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_write(watched, "a.yaml", SERVICE("a") SERVICE("b"));
	manifest_directory_start(watched, "+a +b synced ");
	manifest_directory_write(watched, "a.yaml", SERVICE("b"));
	manifest_directory_dispatch(watched, "+b -a ");
}

static void a_deleted_file_takes_its_objects_along(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_write(watched, "a.yaml", SERVICE("a") SERVICE("b"));
	manifest_directory_start(watched, "+a +b synced ");
	manifest_directory_delete(watched, "a.yaml");
	manifest_directory_dispatch(watched, "-a -b ");
}

static void a_file_may_be_moved_in_over_and_out(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_start(watched, "synced ");
	manifest_directory_write_at(manifest_directory_path(watched->other, "x"), SERVICE("a"));
	rename(manifest_directory_path(watched->other, "x"),
	       manifest_directory_path(watched->directory, "a.yaml"));
	manifest_directory_dispatch(watched, "+a ");
	manifest_directory_write_at(manifest_directory_path(watched->other, "x"), SERVICE("b"));
	rename(manifest_directory_path(watched->other, "x"),
	       manifest_directory_path(watched->directory, "a.yaml"));
	manifest_directory_dispatch(watched, "+b -a ");
	rename(manifest_directory_path(watched->directory, "a.yaml"),
	       manifest_directory_path(watched->other, "x"));
	manifest_directory_dispatch(watched, "-b ");
}

static void a_swap_of_the_data_link_reads_all_again(void **state)
{
	struct manifest_directory *watched = *state;
	const char *directory = watched->directory;

	mkdir(manifest_directory_path(directory, "..1"), 0700);
	manifest_directory_write(watched, "..1/a.yaml", SERVICE("a"));
	assert_int_equal(symlink("..1", manifest_directory_path(directory, "..data")), 0);
	assert_int_equal(symlink("..data/a.yaml", manifest_directory_path(directory, "a.yaml")), 0);
	manifest_directory_start(watched, "+a synced ");
	mkdir(manifest_directory_path(directory, "..2"), 0700);
	manifest_directory_write(watched, "..2/a.yaml", SERVICE("b"));
	assert_int_equal(symlink("..2", manifest_directory_path(directory, "..data_tmp")), 0);
	assert_int_equal(rename(manifest_directory_path(directory, "..data_tmp"),
				manifest_directory_path(directory, "..data")),
			 0);
	manifest_directory_dispatch(watched, "+b -a ");
}

static void a_new_link_is_read_and_a_dangling_one_is_nothing(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_start(watched, "synced ");
	manifest_directory_write_at(manifest_directory_path(watched->other, "x"), SERVICE("a"));
	assert_int_equal(symlink(manifest_directory_path(watched->other, "x"),
				 manifest_directory_path(watched->directory, "a.yaml")),
			 0);
	assert_int_equal(
		symlink("/nonexistent/b", manifest_directory_path(watched->directory, "b.yaml")),
		0);
	manifest_directory_dispatch(watched, "+a ");
	assert_int_equal(link(manifest_directory_path(watched->other, "x"),
			      manifest_directory_path(watched->other, "y")),
			 0);
	manifest_directory_write_at(manifest_directory_path(watched->other, "y"), SERVICE("b"));
	assert_int_equal(link(manifest_directory_path(watched->other, "y"),
			      manifest_directory_path(watched->directory, "c.yaml")),
			 0);
	manifest_directory_dispatch(watched, "+b ");
}

static void a_file_is_not_read_before_its_writer_has_closed_it(void **state)
{
	struct manifest_directory *watched = *state;
	FILE *file;

	manifest_directory_start(watched, "synced ");
	file = fopen(manifest_directory_path(watched->directory, "a.yaml"), "w");
	assert_non_null(file);
	fputs(SERVICE("a"), file);
	fflush(file);
	manifest_directory_dispatch(watched, "");
	fputs(SERVICE("b"), file);
	fclose(file);
	manifest_directory_dispatch(watched, "+a +b ");
}

static void a_lost_directory_leaves_its_objects_in_force(void **state)
{
	struct manifest_directory *watched = *state;
	char aside[80];

	manifest_directory_write(watched, "a.yaml", SERVICE("a"));
	manifest_directory_start(watched, "+a synced ");
	snprintf(aside, sizeof(aside), "%s/old", watched->other);
	assert_int_equal(rename(watched->directory, aside), 0);
	assert_int_equal(source_dispatch(watched->source), 0);
	assert_int_equal(strncmp(watched->said, "!manifests.", 11), 0);
	watched->said[0] = '\0';
	assert_int_equal(rename(manifest_directory_path(watched->other, "old"), watched->directory),
			 0);
	manifest_directory_dispatch(watched, "+a ");
	manifest_directory_write(watched, "a.yaml", SERVICE("b"));
	manifest_directory_dispatch(watched, "+b -a ");
}

static void a_link_to_a_directory_may_be_turned_to_another(void **state)
{
	struct manifest_directory *watched = *state;
	char link_path[80], name[80];

	snprintf(link_path, sizeof(link_path), "%s/current", watched->other);
	snprintf(name, sizeof(name), "%s/next", watched->other);
	assert_int_equal(mkdir(manifest_directory_path(watched->other, "1"), 0700), 0);
	assert_int_equal(mkdir(manifest_directory_path(watched->other, "2"), 0700), 0);
	manifest_directory_write_at(manifest_directory_path(watched->other, "1/a.yaml"),
				    SERVICE("a"));
	manifest_directory_write_at(manifest_directory_path(watched->other, "2/a.yaml"),
				    SERVICE("b"));
	assert_int_equal(symlink("1", link_path), 0);
	rmdir(watched->directory);
	snprintf(watched->directory, sizeof(watched->directory), "%.60s/", link_path);
	manifest_directory_start(watched, "+a synced ");
	assert_int_equal(symlink("2", name), 0);
	assert_int_equal(rename(name, link_path), 0);
	manifest_directory_dispatch(watched, "+b -a ");
	manifest_directory_write_at(manifest_directory_path(watched->other, "2/a.yaml"),
				    SERVICE("c"));
	manifest_directory_dispatch(watched, "+c -b ");
}

static void what_is_refused_is_counted_until_it_is_mended(void **state)
{
	struct manifest_directory *watched = *state;

	manifest_directory_write(watched, "a.yaml", BROKEN REFUSED("a") SERVICE("b") SERVICE("b"));
	manifest_directory_write(watched, "b.yaml", SERVICE("b") SERVICE("c"));
	manifest_directory_load(watched);
	assert_int_equal(source_refused(watched->source), 4);
	watched->said[0] = '\0';
	manifest_directory_write(watched, "a.yaml", SERVICE("b"));
	manifest_directory_dispatch(watched, "+b ");
	assert_int_equal(source_refused(watched->source), 1);
	manifest_directory_write(watched, "a.yaml", "");
	manifest_directory_dispatch(watched, "-b +b +c ");
	assert_int_equal(source_refused(watched->source), 0);
}

int main(void)
{
#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, manifest_directory_open, manifest_directory_close)
	const struct CMUnitTest tests[] = {
		TEST(a_written_file_is_read_again),
		TEST(an_object_that_is_no_longer_in_its_file_goes),
		TEST(a_deleted_file_takes_its_objects_along),
		TEST(a_file_may_be_moved_in_over_and_out),
		TEST(a_swap_of_the_data_link_reads_all_again),
		TEST(a_new_link_is_read_and_a_dangling_one_is_nothing),
		TEST(a_file_is_not_read_before_its_writer_has_closed_it),
		TEST(a_lost_directory_leaves_its_objects_in_force),
		TEST(what_is_refused_is_counted_until_it_is_mended),
		TEST(a_link_to_a_directory_may_be_turned_to_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
