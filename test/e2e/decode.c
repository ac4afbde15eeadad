/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent makes of objects: reads one JSON document a line, writes "ok" or "REASON: message"
 * a line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/cleanup.h"
#include "agent/base/rejection.h"
#include "agent/route/object_decode.h"

static void judge(const char *line)
{
	_cleanup_(object_freep) struct object *object = NULL;
	struct rejection rejection = {0};
	cJSON *tree = cJSON_Parse(line);
	int error;

	if (!tree) {
		puts("NotJson: cannot be parsed");
		return;
	}
	error = object_decode(tree, &object, &rejection);
	if (!error)
		puts("ok");
	else if (error == -EINVAL)
		printf("%s: %s\n", rejection.reason, rejection.message);
	else
		printf("Error: %s\n", strerror(-error));
	cJSON_Delete(tree);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		judge(line);
		fflush(stdout);
	}
	free(line);
	return 0;
}
