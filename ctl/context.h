/* SPDX-License-Identifier: Apache-2.0 */
/* What every command is given, and the list of commands. */
#ifndef PATHROUTE_CTL_CONTEXT_H
#define PATHROUTE_CTL_CONTEXT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "../agent/datapath/pins.h"
#include "../agent/datapath/readings.h"
#include "arguments.h"

#define EXIT_OK 0
#define EXIT_NOTHING 1 /* nothing found, or the router is not installed */
#define EXIT_USAGE 2

struct context {
	struct arguments arguments;
	bool json;
	char directory[PINS_PATH_MAX]; /* of the pins */
	struct readings_maps maps;     /* open */
};

/* Each prints its table or JSON to stdout, complaints to stderr, and returns an exit status. */
int command_status(struct context *context);
int command_routes(struct context *context);
int command_backends(struct context *context);
int command_flows(struct context *context);
int command_trace(struct context *context);
int command_top(struct context *context);
int command_tail(struct context *context);
int command_audit(struct context *context);

/* "pathroutectl: text" on stderr; returns `status`. */
int context_complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says what a failed map operation means; returns EXIT_NOTHING. */
int context_complain_errno(const struct context *context, int error);

/* Prints and frees the tree. */
void context_print_json(cJSON *json);

/* The same on one line. */
void context_print_json_line(cJSON *json);

#endif
