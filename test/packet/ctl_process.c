/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl_process.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../agent/base/cleanup.h"

#define WORDS_MAX 16

static const char *program_path(char path[PATH_MAX])
{
	const char *given = getenv("PATHROUTECTL");
	const char *build = getenv("BUILD_DIR");

	if (given)
		return given;
	snprintf(path, PATH_MAX, "%s/pathroutectl", build ? build : "build");
	return path;
}

static void execute(const char *bpffs, const char *const *words, bool json, int out)
{
	char path[PATH_MAX];
	const char *line[WORDS_MAX + 6] = {program_path(path)};
	size_t count = 1;

	while (*words && count < WORDS_MAX)
		line[count++] = *words++;
	line[count++] = "--bpffs";
	line[count++] = bpffs;
	if (json)
		line[count++] = "--output=json";
	dup2(out, STDOUT_FILENO);
	execv(line[0], (char *const *)line);
	_exit(127);
}

static char *read_all(int fd)
{
	_cleanup_fclose_ FILE *in = fdopen(fd, "r");
	char *text = NULL;
	size_t size = 0;

	if (in && getdelim(&text, &size, '\0', in) < 0 && text)
		*text = '\0';
	return text;
}

int ctl_process_run(const char *bpffs, const char *const *words, bool json, char **ret_output)
{
	int ends[2], status;
	pid_t child;

	if (pipe(ends))
		return -1;
	fflush(NULL);
	child = fork();
	if (!child)
		execute(bpffs, words, json, ends[1]);
	close(ends[1]);
	*ret_output = read_all(ends[0]);
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}
