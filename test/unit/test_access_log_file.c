/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../agent/base/cleanup.h"
#include "../../agent/observe/access_log_file.h"

#define LINE "0123456789012345678901234567890123456789012345678901234567890\n"
#define LINE_LENGTH (sizeof(LINE) - 1)

struct scene {
	char directory[40];
	char path[64];
	char moved[64];
	struct access_log_file *file;
};

static int setup(void **state)
{
	static struct scene scene;

	scene = (struct scene){.directory = "/tmp/pathroute-log-XXXXXX"};
	*state = &scene;
	if (!mkdtemp(scene.directory))
		return -1;
	snprintf(scene.path, sizeof(scene.path), "%s/log", scene.directory);
	snprintf(scene.moved, sizeof(scene.moved), "%s/log.1", scene.directory);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	access_log_file_close(scene->file);
	unlink(scene->path);
	unlink(scene->moved);
	return rmdir(scene->directory);
}

static void add(struct scene *scene, const char *line)
{
	access_log_file_add(scene->file, line, strlen(line));
}

static void assert_content(const char *path, const char *expected)
{
	char text[256] = {0};
	_cleanup_fclose_ FILE *in = fopen(path, "re");

	assert_non_null(in);
	assert_int_equal(fread(text, 1, sizeof(text) - 1, in), strlen(expected));
	assert_string_equal(text, expected);
}

/* A pipe of 4 KiB at the path, whose reader takes nothing by itself. */
static int pipe_open(struct scene *scene)
{
	int reader;

	assert_int_equal(mkfifo(scene->path, 0600), 0);
	reader = open(scene->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader >= 0);
	assert_int_equal(fcntl(reader, F_SETPIPE_SZ, 4096), 4096);
	assert_int_equal(access_log_file_open(scene->path, &scene->file), 0);
	return reader;
}

/* More than buffer and pipe take. */
static size_t fill(struct scene *scene)
{
	size_t lines = (ACCESS_LOG_BUFFER + 4096) / LINE_LENGTH + 100;

	for (size_t i = 0; i < lines; i++)
		add(scene, LINE);
	return lines;
}

/* Reads whatever comes while it is flushed. Returns the number of lines; all must be whole. */
static size_t drain(struct scene *scene, int reader)
{
	char text[4096];
	size_t bytes = 0;
	ssize_t length;
	int error;

	do {
		error = access_log_file_flush(scene->file);
		while ((length = read(reader, text, sizeof(text))) > 0) {
			for (ssize_t i = 0; i < length; i++, bytes++)
				assert_int_equal(text[i], LINE[bytes % LINE_LENGTH]);
		}
	} while (error == -EAGAIN);
	assert_int_equal(error, 0);
	assert_int_equal(bytes % LINE_LENGTH, 0);
	return bytes / LINE_LENGTH;
}

static void lines_are_appended_when_flushed(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(access_log_file_open(scene->path, &scene->file), 0);
		add(scene, "a\n");
		add(scene, "b\n");
		assert_int_equal(access_log_file_flush(scene->file), 0);
		assert_content(scene->path, i ? "a\nb\na\nb\n" : "a\nb\n");
		access_log_file_close(STEAL(scene->file));
	}
}

static void others_cannot_read_a_new_file(void **state)
{
	struct scene *scene = *state;
	struct stat info;

	assert_int_equal(access_log_file_open(scene->path, &scene->file), 0);
	assert_int_equal(stat(scene->path, &info), 0);
	assert_int_equal(info.st_mode & 07, 0);
}

static void what_was_not_flushed_is_written_at_the_end(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(access_log_file_open(scene->path, &scene->file), 0);
	add(scene, "last\n");
	access_log_file_close(STEAL(scene->file));
	assert_content(scene->path, "last\n");
}

static void a_renamed_file_is_followed_by_a_new_one(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(access_log_file_open(scene->path, &scene->file), 0);
	add(scene, "old\n");
	assert_int_equal(rename(scene->path, scene->moved), 0);
	assert_int_equal(access_log_file_reopen(scene->file), 0);
	add(scene, "new\n");
	assert_int_equal(access_log_file_flush(scene->file), 0);
	assert_content(scene->moved, "old\n");
	assert_content(scene->path, "new\n");
}

static void a_failed_reopening_keeps_the_old_file(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(access_log_file_open(scene->path, &scene->file), 0);
	assert_int_equal(rename(scene->path, scene->moved), 0);
	assert_int_equal(mkdir(scene->path, 0700), 0);
	assert_int_equal(access_log_file_reopen(scene->file), -EISDIR);
	assert_int_equal(rmdir(scene->path), 0);
	add(scene, "on\n");
	assert_int_equal(access_log_file_flush(scene->file), 0);
	assert_content(scene->moved, "on\n");
}

static void a_slow_reader_costs_lines_but_no_time(void **state)
{
	struct scene *scene = *state;
	_cleanup_close_ int reader = pipe_open(scene);
	size_t added = fill(scene);
	uint64_t dropped = access_log_file_take_dropped(scene->file);

	assert_int_equal(access_log_file_flush(scene->file), -EAGAIN);
	assert_in_range(dropped, 100, added);
	assert_int_equal(access_log_file_take_dropped(scene->file), 0);
	assert_int_equal(drain(scene, reader), added - dropped);
	add(scene, LINE);
	assert_int_equal(drain(scene, reader), 1);
}

static void a_reader_that_has_gone_is_no_end(void **state)
{
	struct scene *scene = *state;

	close(pipe_open(scene));
	add(scene, LINE);
	assert_int_equal(access_log_file_flush(scene->file), -EPIPE);
	fill(scene);
	assert_true(access_log_file_take_dropped(scene->file) > 0);
}

static void a_torn_line_is_not_carried_into_the_next_file(void **state)
{
	struct scene *scene = *state;
	_cleanup_close_ int reader = pipe_open(scene);
	char text[4096];

	assert_true(reader >= 0);
	fill(scene);
	access_log_file_take_dropped(scene->file);
	/* 4096 is no multiple of the line: what is in the pipe ends inside of one. */
	assert_int_not_equal(4096 % LINE_LENGTH, 0);
	assert_int_equal(rename(scene->path, scene->moved), 0);
	assert_int_equal(access_log_file_reopen(scene->file), 0);
	assert_int_equal(access_log_file_take_dropped(scene->file), 1);
	assert_int_equal(access_log_file_flush(scene->file), 0);

	_cleanup_fclose_ FILE *in = fopen(scene->path, "re");

	assert_non_null(in);
	assert_non_null(fgets(text, sizeof(text), in));
	assert_string_equal(text, LINE);
}

static void a_full_disk_is_an_error_that_passes(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(access_log_file_open("/dev/full", &scene->file), 0);
	add(scene, LINE);
	assert_int_equal(access_log_file_flush(scene->file), -ENOSPC);
	assert_int_equal(access_log_file_take_dropped(scene->file), 0);
}

static void what_cannot_be_opened_is_told(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(access_log_file_open("/nowhere/log", &scene->file), -ENOENT);
	assert_int_equal(mkfifo(scene->path, 0600), 0);
	assert_int_equal(access_log_file_open(scene->path, &scene->file), -ENXIO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_are_appended_when_flushed),
		TEST(others_cannot_read_a_new_file),
		TEST(what_was_not_flushed_is_written_at_the_end),
		TEST(a_renamed_file_is_followed_by_a_new_one),
		TEST(a_failed_reopening_keeps_the_old_file),
		TEST(a_slow_reader_costs_lines_but_no_time),
		TEST(a_reader_that_has_gone_is_no_end),
		TEST(a_torn_line_is_not_carried_into_the_next_file),
		TEST(a_full_disk_is_an_error_that_passes),
		TEST(what_cannot_be_opened_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
