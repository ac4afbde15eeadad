/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../agent/refused_files.h"

struct scene {
	struct refused_files files;
	char a[64];
	char b[64];
};

static void file_make(char *path, size_t size)
{
	int fd;

	snprintf(path, size, "/tmp/pathroute-refused-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
}

static int setup(void **state)
{
	static struct scene scene;

	scene = (struct scene){0};
	*state = &scene;
	file_make(scene.a, sizeof(scene.a));
	file_make(scene.b, sizeof(scene.b));
	refused_files_begin(&scene.files);
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	unlink(scene->a);
	unlink(scene->b);
	refused_files_done(&scene->files);
	return 0;
}

static void documents_of_all_files_add_up(void **state)
{
	struct scene *scene = *state;

	refused_files_add(&scene->files, scene->a);
	refused_files_add(&scene->files, scene->a);
	refused_files_add(&scene->files, scene->b);
	assert_int_equal(refused_files_total(&scene->files), 3);
}

static void a_file_read_again_is_counted_anew(void **state)
{
	struct scene *scene = *state;

	refused_files_add(&scene->files, scene->a);
	refused_files_add(&scene->files, scene->a);
	refused_files_begin(&scene->files);
	refused_files_add(&scene->files, scene->a);
	assert_int_equal(refused_files_total(&scene->files), 1);
}

static void a_repaired_file_counts_no_more(void **state)
{
	struct scene *scene = *state;

	refused_files_add(&scene->files, scene->a);
	refused_files_clear(&scene->files, scene->a);
	assert_int_equal(refused_files_total(&scene->files), 1); /* a good and a bad document */
	refused_files_begin(&scene->files);
	refused_files_clear(&scene->files, scene->a);
	assert_int_equal(refused_files_total(&scene->files), 0);
}

static void a_deleted_file_counts_no_more(void **state)
{
	struct scene *scene = *state;

	refused_files_add(&scene->files, scene->a);
	refused_files_add(&scene->files, scene->b);
	unlink(scene->a);
	assert_int_equal(refused_files_total(&scene->files), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(documents_of_all_files_add_up),
		TEST(a_file_read_again_is_counted_anew),
		TEST(a_repaired_file_counts_no_more),
		TEST(a_deleted_file_counts_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
