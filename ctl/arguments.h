/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: `pathroutectl COMMAND [options] [operands]`. */
#ifndef PATHROUTE_CTL_ARGUMENTS_H
#define PATHROUTE_CTL_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define ARGUMENTS_OPERANDS_MAX 2
#define ARGUMENTS_LIST_MAX 64

/* Options that only some commands take. Every command takes --bpffs, -o and --help. */
#define ARGUMENTS_ALL 0x01
#define ARGUMENTS_CLIENT 0x02
#define ARGUMENTS_STATE 0x04
#define ARGUMENTS_LIMIT 0x08
#define ARGUMENTS_METHOD 0x10
#define ARGUMENTS_LISTENER 0x20
#define ARGUMENTS_COUNT 0x40
#define ARGUMENTS_AUDIT 0x80

/* What a repeatable option was given. */
struct arguments_list {
	const char *items[ARGUMENTS_LIST_MAX];
	size_t count;
};

/* All texts belong to argv. Absent ones are NULL. */
struct arguments {
	const char *bpffs;
	const char *output;
	const char *client;
	const char *state;
	const char *limit;
	const char *method;
	const char *listener;
	const char *count;
	const char *manifests;
	const char *class_name;
	const char *zone;
	const char *node_name;
	struct arguments_list files;
	struct arguments_list node_addresses;
	bool all;
	bool help;
	const char *operands[ARGUMENTS_OPERANDS_MAX];
	size_t operand_count;
};

/* Reads what stands behind the command. `accepted` is a set of ARGUMENTS_*. Returns 0, or -EINVAL
 * with what is wrong in `ret_error`. */
int arguments_parse(char **words, unsigned accepted, struct arguments *ret_arguments,
		    char ret_error[100]);

/* A positive number that is the value of an option. Returns 0 or -EINVAL. */
int arguments_parse_number(const char *text, size_t *ret_number);

/* One line for each option of the set. */
void arguments_print_options(FILE *out, unsigned accepted);

#endif
