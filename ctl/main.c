/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../agent/base/version.h"
#include "allocate.h"
#include "context.h"

#define DEFAULT_BPFFS "/sys/fs/bpf"

struct command {
	const char *name;
	const char *operands;
	const char *summary;
	unsigned options; /* ARGUMENTS_* */
	size_t operand_count;
	int (*run)(struct context *context);
};

#define ANY_NUMBER SIZE_MAX

static const struct command commands[] = {
	{"status", "", "devices, tables, packets by reason, connections by state", ARGUMENTS_ALL, 0,
	 command_status},
	{"routes", "", "listeners, hosts and paths, and the rule that each leads to", 0, 0,
	 command_routes},
	{"backends", "", "endpoints of each rule, with their load and failures", 0, 0,
	 command_backends},
	{"flows", "", "connections that are routed now",
	 ARGUMENTS_CLIENT | ARGUMENTS_STATE | ARGUMENTS_LIMIT, 0, command_flows},
	{"trace", "HOST PATH", "which rule and endpoints a request would get, and why",
	 ARGUMENTS_METHOD | ARGUMENTS_LISTENER, 2, command_trace},
	{"top", "", "requests, errors, times and bytes of each rule, once a second",
	 ARGUMENTS_COUNT | ARGUMENTS_LIMIT, 0, command_top},
	{"tail", "", "requests as they end", ARGUMENTS_COUNT, 0, command_tail},
	{"audit", "[FILE|-]", "whether the tables hold what given objects say", ARGUMENTS_AUDIT,
	 ANY_NUMBER, command_audit},
};

static const char exit_help[] = "\nExit status: 0 ok, 1 nothing found, not installed, or (audit) "
				"different, 2 wrong usage.\n";

static void print_help(FILE *out)
{
	fputs("pathroutectl (kubectl pathroute): looks into the path router of this node\n\n"
	      "Usage: pathroutectl COMMAND [OPTIONS]\n\nCommands:\n",
	      out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char left[40];

		snprintf(left, sizeof(left), "%s %s", commands[i].name, commands[i].operands);
		fprintf(out, "  %-17s %s\n", left, commands[i].summary);
	}
	fputs("\n`pathroutectl COMMAND --help` shows the options, `pathroutectl --version` "
	      "the\nversion. It reads the tables in the kernel and needs no running agent.\n",
	      out);
	fputs(exit_help, out);
}

static void print_command_help(const struct command *command)
{
	printf("Usage: pathroutectl %s%s%s [OPTIONS]\n\n%s.\n\nOptions:\n", command->name,
	       *command->operands ? " " : "", command->operands, command->summary);
	arguments_print_options(stdout, command->options);
	fputs(exit_help, stdout);
}

int context_complain(int status, const char *format, ...)
{
	va_list arguments;

	fputs("pathroutectl: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return status;
}

int context_complain_errno(const struct context *context, int error)
{
	const char *directory = context->directory;

	if (error == -ENOENT)
		return context_complain(
			EXIT_NOTHING, "PathRoute is not installed here: no pins in %s", directory);
	if (error == -EPERM || error == -EACCES)
		return context_complain(EXIT_NOTHING, "not allowed to read %s: root is needed",
					directory);
	return context_complain(EXIT_NOTHING, "cannot read the tables in %s: %s", directory,
				strerror(-error));
}

static void print_and_free(char *text, cJSON *json)
{
	if (!text)
		allocate_failed();
	puts(text);
	free(text);
	cJSON_Delete(json);
}

void context_print_json(cJSON *json)
{
	print_and_free(cJSON_Print(json), json);
}

void context_print_json_line(cJSON *json)
{
	print_and_free(cJSON_PrintUnformatted(json), json);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

static int check_arguments(const struct command *command, struct context *context)
{
	const struct arguments *arguments = &context->arguments;
	const char *bpffs = arguments->bpffs ? arguments->bpffs : DEFAULT_BPFFS;

	if (command->operand_count != ANY_NUMBER &&
	    arguments->operand_count != command->operand_count)
		return context_complain(EXIT_USAGE, "usage: pathroutectl %s%s%s [OPTIONS]",
					command->name, *command->operands ? " " : "",
					command->operands);
	context->json = arguments->output && !strcmp(arguments->output, "json");
	if (arguments->output && !context->json && strcmp(arguments->output, "table"))
		return context_complain(EXIT_USAGE, "--output is json or table, not \"%s\"",
					arguments->output);
	if (pins_format_directory(bpffs, context->directory, sizeof(context->directory)))
		return context_complain(EXIT_USAGE, "--bpffs is too long");
	return EXIT_OK;
}

static int run(const struct command *command, struct context *context)
{
	int error = readings_open(context->directory, &context->maps);
	int status;

	if (error)
		return context_complain_errno(context, error);
	status = command->run(context);
	readings_close(&context->maps);
	return status;
}

/* A tree that lacks a part for want of memory must not be printed. */
static void *json_allocate(size_t size)
{
	return allocate_zeroed(1, size);
}

int main(int argc, char **argv)
{
	cJSON_Hooks hooks = {.malloc_fn = json_allocate, .free_fn = free};
	const struct command *command;
	struct context context = {0};
	char error[100];
	int status;

	cJSON_InitHooks(&hooks);
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("pathroutectl " PATHROUTE_VERSION);
		return EXIT_OK;
	}
	command = find_command(argv[1]);
	if (!command)
		return context_complain(EXIT_USAGE, "unknown command \"%s\", see --help", argv[1]);
	if (arguments_parse(argv + 2, command->options, &context.arguments, error))
		return context_complain(EXIT_USAGE, "%s, see pathroutectl %s --help", error,
					command->name);
	if (context.arguments.help) {
		print_command_help(command);
		return EXIT_OK;
	}
	status = check_arguments(command, &context);
	return status ? status : run(command, &context);
}
