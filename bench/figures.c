/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>

#include "../agent/base/cleanup.h"
#include "figures.h"

static void free_json(cJSON **json)
{
	cJSON_Delete(*json);
}

static void free_text(char **text)
{
	cJSON_free(*text);
}

void figures_print(const struct figures *figures)
{
	printf("%-36s %9s %12s\n", "path", "ns", "no-op ns");
	for (unsigned i = 0; i < figures->path_count; i++)
		printf("%-36s %9.0f %12.0f\n", figures->paths[i].name, figures->paths[i].ns,
		       figures->paths[i].noop_ns);
	printf("\n%-36s %9s\n", "program", "steps");
	for (unsigned i = 0; i < figures->program_count; i++)
		printf("%-36s %9lu\n", figures->programs[i].name,
		       figures->programs[i].verifier_steps);
}

static cJSON *make_json(const struct figures *figures)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *paths = cJSON_AddArrayToObject(root, "paths");
	cJSON *programs = cJSON_AddArrayToObject(root, "programs");

	for (unsigned i = 0; i < figures->path_count; i++) {
		cJSON *path = cJSON_CreateObject();

		cJSON_AddStringToObject(path, "name", figures->paths[i].name);
		cJSON_AddNumberToObject(path, "ns", figures->paths[i].ns);
		cJSON_AddNumberToObject(path, "noop_ns", figures->paths[i].noop_ns);
		cJSON_AddItemToArray(paths, path);
	}
	for (unsigned i = 0; i < figures->program_count; i++) {
		cJSON *program = cJSON_CreateObject();

		cJSON_AddStringToObject(program, "name", figures->programs[i].name);
		cJSON_AddNumberToObject(program, "verifier_steps",
					(double)figures->programs[i].verifier_steps);
		cJSON_AddItemToArray(programs, program);
	}
	return root;
}

int figures_write(const struct figures *figures, const char *file)
{
	_cleanup_fclose_ FILE *out = fopen(file, "we");
	_cleanup_(free_json) cJSON *json = make_json(figures);
	_cleanup_(free_text) char *text = cJSON_Print(json);

	if (!out)
		return -errno;
	if (!text || fprintf(out, "%s\n", text) < 0 || fflush(out))
		return -EIO;
	return 0;
}
