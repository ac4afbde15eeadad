/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct option_text {
	const char *name; /* without "--" */
	const char *letter;
	unsigned set;  /* ARGUMENTS_*; 0: every command */
	size_t offset; /* in struct arguments: const char *, or bool when there is no value */
	const char *value;
	const char *help;
};

#define IS_LIST 0x8000 /* in `set`: at the offset is a struct arguments_list */
#define AT(field) offsetof(struct arguments, field)

static const struct option_text options[] = {
	{"all", NULL, ARGUMENTS_ALL, AT(all), NULL, "show counters that are 0, too"},
	{"client", NULL, ARGUMENTS_CLIENT, AT(client), "ADDRESS", "only flows of this client"},
	{"state", NULL, ARGUMENTS_STATE, AT(state), "STATE", "only flows in this state"},
	{"limit", NULL, ARGUMENTS_LIMIT, AT(limit), "N", "show at most N (default 100)"},
	{"method", NULL, ARGUMENTS_METHOD, AT(method), "METHOD", "of the request (default GET)"},
	{"listener", NULL, ARGUMENTS_LISTENER, AT(listener), "ADDRESS:PORT",
	 "where the request arrives (default: each listener)"},
	{"count", "-n", ARGUMENTS_COUNT, AT(count), "N", "end after N rounds or requests"},
	{"manifests", NULL, ARGUMENTS_AUDIT, AT(manifests), "DIR", "objects of this directory"},
	{"file", "-f", ARGUMENTS_AUDIT | IS_LIST, AT(files), "FILE",
	 "objects of this file, repeatable; - is stdin"},
	{"class", NULL, ARGUMENTS_AUDIT, AT(class_name), "NAME",
	 "of PathRoutes (default pathroute)"},
	{"node-address", NULL, ARGUMENTS_AUDIT | IS_LIST, AT(node_addresses), "ADDRESS",
	 "of `node` listeners, repeatable (of this host)"},
	{"zone", NULL, ARGUMENTS_AUDIT, AT(zone), "NAME", "of the node, as the agent was told"},
	{"node-name", NULL, ARGUMENTS_AUDIT, AT(node_name), "NAME", "likewise (the host's name)"},
	{"output", "-o", 0, AT(output), "json|table", "JSON for programs, tables for people"},
	{"bpffs", NULL, 0, AT(bpffs), "DIR", "where the BPF file system is (/sys/fs/bpf)"},
	{"help", "-h", 0, AT(help), NULL, "this text"},
};

static bool is_accepted(const struct option_text *option, unsigned accepted)
{
	return !option->set || (option->set & accepted);
}

/* True if `word` is the option; *ret_value is what follows "=", or NULL. */
static bool matches(const struct option_text *option, const char *word, const char **ret_value)
{
	size_t length = strlen(option->name);

	*ret_value = NULL;
	if (option->letter && !strcmp(word, option->letter))
		return true;
	if (strncmp(word, "--", 2) || strncmp(word + 2, option->name, length))
		return false;
	word += 2 + length;
	if (*word == '=')
		*ret_value = word + 1;
	return !*word || *word == '=';
}

static const struct option_text *find(const char *word, unsigned accepted, const char **ret_value)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (is_accepted(&options[i], accepted) && matches(&options[i], word, ret_value))
			return &options[i];
	return NULL;
}

static int complain(char error[100], const char *format, const char *word)
{
	snprintf(error, 100, format, word);
	return -EINVAL;
}

static int list_add(struct arguments_list *list, const char *name, const char *value,
		    char error[100])
{
	if (list->count == ARGUMENTS_LIST_MAX)
		return complain(error, "--%s is given too often", name);
	list->items[list->count++] = value;
	return 0;
}

/* Takes the option at **words and its value; advances to the last word taken. */
static int take_option(char ***words, unsigned accepted, struct arguments *arguments,
		       char error[100])
{
	const char *value;
	const struct option_text *option = find(**words, accepted, &value);
	char *field;

	if (!option)
		return complain(error, "unknown option %.60s", **words);
	field = (char *)arguments + option->offset;
	if (!option->value) {
		if (value)
			return complain(error, "--%s takes no value", option->name);
		*(bool *)field = true;
		return 0;
	}
	if (!value)
		value = *++*words;
	if (!value)
		return complain(error, "--%s needs a value", option->name);
	if (option->set & IS_LIST)
		return list_add((struct arguments_list *)field, option->name, value, error);
	*(const char **)field = value;
	return 0;
}

static int take_operand(const char *word, struct arguments *arguments, char error[100])
{
	if (arguments->operand_count == ARGUMENTS_OPERANDS_MAX)
		return complain(error, "unexpected \"%.60s\"", word);
	arguments->operands[arguments->operand_count++] = word;
	return 0;
}

int arguments_parse(char **words, unsigned accepted, struct arguments *ret_arguments,
		    char ret_error[100])
{
	struct arguments arguments = {0};
	bool only_operands = false;

	for (; *words; words++) {
		int error = 0;

		if (!only_operands && !strcmp(*words, "--"))
			only_operands = true;
		else if (!only_operands && (*words)[0] == '-' && (*words)[1])
			error = take_option(&words, accepted, &arguments, ret_error);
		else
			error = take_operand(*words, &arguments, ret_error);
		if (error)
			return error;
	}
	*ret_arguments = arguments;
	return 0;
}

int arguments_parse_number(const char *text, size_t *ret_number)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !number)
		return -EINVAL;
	*ret_number = number;
	return 0;
}

void arguments_print_options(FILE *out, unsigned accepted)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct option_text *option = &options[i];
		char left[40];

		if (!is_accepted(option, accepted))
			continue;
		snprintf(left, sizeof(left), "%s%s--%s%s%s", option->letter ? option->letter : "",
			 option->letter ? ", " : "", option->name, option->value ? " " : "",
			 option->value ? option->value : "");
		fprintf(out, "  %-26s %s\n", left, option->help);
	}
}
