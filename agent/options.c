/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/cleanup.h"
#include "datapath/device_xdp.h"
#include "options_spec.h"

#define BPFFS_DEFAULT "/sys/fs/bpf"
#define CLASS_DEFAULT "pathroute"
#define HTTP_LISTEN_DEFAULT "127.0.0.1:9180"
#define HTTP_LISTEN_NONE "none"
#define KUBECONFIG_VARIABLE "KUBECONFIG"
#define CLUSTER_VARIABLE "KUBERNETES_SERVICE_HOST" /* every pod has it */
#define SOURCE_CAP_DEFAULT 256
#define HEAD_TIMEOUT_DEFAULT_S 30
#define IDLE_TIMEOUT_DEFAULT_S 7440 /* above the 2 hours after which TCP keep-alive begins */

/* What getopt_long() returns for options that have no place in the list of values. */
enum { SHORT_HELP = 'h', SHORT_VERSION = 'V', SHORT_OUTPUT = 'o', LONG_FIRST = 256 };

static void texts_free(struct options_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->items[i]);
	free(texts->items);
}

void options_done(struct options *options)
{
	texts_free(&options->devices);
	texts_free(&options->xdp);
	texts_free(&options->uplinks);
	free(options->config);
	free(options->manifests);
	free(options->kubeconfig);
	free(options->kube_context);
	free(options->namespace);
	free(options->node_name);
	free(options->zone);
	free(options->lease_namespace);
	free(options->daemonset);
	free(options->class_name);
	free(options->bpffs);
	free(options->http_listen);
	free(options->access_log);
	free(options->node_addresses);
	*options = (struct options){0};
}

static void long_options_fill(struct option *list)
{
	size_t count = options_spec_count;

	for (size_t i = 0; i < count; i++)
		list[i] = (struct option){options_specs[i].name, required_argument, NULL,
					  LONG_FIRST + (int)i};
	list[count] = (struct option){"help", no_argument, NULL, SHORT_HELP};
	list[count + 1] = (struct option){"version", no_argument, NULL, SHORT_VERSION};
	list[count + 2] = (struct option){"output", required_argument, NULL, SHORT_OUTPUT};
	list[count + 3] = (struct option){0};
}

struct command_line {
	struct options *options;
	bool given[OPTIONS_SPECS_MAX];
	char *error;
};

static int value_take(struct command_line *line, int position, const char *value)
{
	const struct options_spec *spec = &options_specs[position];
	char reason[OPTIONS_ERROR_MAX];
	int error = options_spec_set(line->options, spec, value, reason);

	line->given[position] = true;
	if (error == -EINVAL)
		snprintf(line->error, OPTIONS_ERROR_MAX, "--%s: %.400s", spec->name, reason);
	return error;
}

static int output_take(struct command_line *line, const char *value)
{
	if (strcmp(value, "json") && strcmp(value, "text")) {
		snprintf(line->error, OPTIONS_ERROR_MAX,
			 "--output: unknown value \"%.100s\", one of: text json", value);
		return -EINVAL;
	}
	line->options->json = !strcmp(value, "json");
	return 0;
}

/* An unknown letter is told; of a long name its beginning does, if no other begins so. */
static int unknown_reject(struct command_line *line, const char *word)
{
	if (optopt > 0 && optopt < LONG_FIRST && !strchr("hVo", optopt))
		snprintf(line->error, OPTIONS_ERROR_MAX, "-%c: unknown option", optopt);
	else
		snprintf(line->error, OPTIONS_ERROR_MAX,
			 "%s: unknown option, or the beginning of several", word);
	return -EINVAL;
}

static int option_take(struct command_line *line, int found, char *const *argv)
{
	switch (found) {
	case SHORT_HELP:
		line->options->command = OPTIONS_SHOW_HELP;
		return 0;
	case SHORT_VERSION:
		line->options->command = OPTIONS_SHOW_VERSION;
		return 0;
	case SHORT_OUTPUT:
		return output_take(line, optarg);
	case ':':
		snprintf(line->error, OPTIONS_ERROR_MAX, "%s: needs a value", argv[optind - 1]);
		return -EINVAL;
	case '?':
		return unknown_reject(line, argv[optind - 1]);
	default:
		return value_take(line, found - LONG_FIRST, optarg);
	}
}

static int command_take(struct command_line *line, int argc, char *const *argv)
{
	struct options *options = line->options;

	if (optind == argc || options->command != OPTIONS_RUN)
		return 0;
	if (!strcmp(argv[optind], "check"))
		options->command = OPTIONS_CHECK;
	else if (!strcmp(argv[optind], "uninstall"))
		options->command = OPTIONS_UNINSTALL;
	if (options->command == OPTIONS_RUN || optind + 1 < argc) {
		snprintf(line->error, OPTIONS_ERROR_MAX, "%s: unknown command",
			 argv[options->command == OPTIONS_RUN ? optind : optind + 1]);
		return -EINVAL;
	}
	return 0;
}

static int command_line_read(struct command_line *line, int argc, char *const *argv)
{
	struct option list[OPTIONS_SPECS_MAX + 4];
	int error = 0, found;

	long_options_fill(list);
	optind = 0; /* begins anew, also in a second call */
	opterr = 0;
	while (!error && (found = getopt_long(argc, argv, ":hVo:", list, NULL)) != -1)
		error = option_take(line, found, argv);
	return error ?: command_take(line, argc, argv);
}

static int text_default(char **field, const char *value)
{
	if (!*field)
		*field = strdup(value);
	return *field ? 0 : -ENOMEM;
}

/* A list of files, as kubectl merges them, is more than the agent takes. */
static int kubeconfig_default(struct options *options, char *ret_error)
{
	const char *path = getenv(KUBECONFIG_VARIABLE);

	if (options->command != OPTIONS_RUN || options->manifests || options->kubeconfig || !path ||
	    !*path)
		return 0;
	if (!strchr(path, ':'))
		return text_default(&options->kubeconfig, path);
	snprintf(ret_error, OPTIONS_ERROR_MAX,
		 "$" KUBECONFIG_VARIABLE " names several files, say --kubeconfig FILE");
	return -EINVAL;
}

static int defaults_fill(struct options *options, char *ret_error)
{
	if (text_default(&options->bpffs, BPFFS_DEFAULT) ||
	    text_default(&options->class_name, CLASS_DEFAULT) ||
	    text_default(&options->http_listen, HTTP_LISTEN_DEFAULT))
		return -ENOMEM;
	if (!strcmp(options->http_listen, HTTP_LISTEN_NONE))
		free(STEAL(options->http_listen));
	return kubeconfig_default(options, ret_error);
}

/* What makes no sense together. */
static const char *source_conflict(const struct options *options)
{
	if (options->manifests && options->kubeconfig)
		return "--manifests and --kubeconfig exclude each other";
	if (options->manifests && options->kube_context)
		return "--manifests and --kube-context exclude each other";
	if (options->manifests && options->namespace)
		return "--manifests and --namespace exclude each other";
	if (options->kube_context && !options->kubeconfig)
		return "--kube-context needs --kubeconfig FILE";
	return NULL;
}

static const char *xdp_conflict(const struct options *options)
{
	for (size_t i = 0; i < options->xdp.count; i++) {
		if (options->xdp.count > 1 && !strcmp(options->xdp.items[i], DEVICE_XDP_OFF))
			return "--xdp off and other values of --xdp exclude each other";
	}
	return NULL;
}

static bool has_source(const struct options *options)
{
	return options->manifests || options->kubeconfig || getenv(CLUSTER_VARIABLE);
}

static int options_require(const struct options *options, char *ret_error)
{
	const char *missing = NULL, *conflict = source_conflict(options) ?: xdp_conflict(options);

	if (options->command != OPTIONS_RUN)
		return 0;
	if (conflict) {
		snprintf(ret_error, OPTIONS_ERROR_MAX, "%s", conflict);
		return -EINVAL;
	}
	if (!has_source(options))
		missing = "--manifests DIR or --kubeconfig FILE";
	else if (!options->devices.count)
		missing = "--device NAME";
	if (!missing)
		return 0;
	snprintf(ret_error, OPTIONS_ERROR_MAX, "%s is missing", missing);
	return -EINVAL;
}

int options_read(int argc, char *const *argv, struct options *ret_options,
		 char ret_error[OPTIONS_ERROR_MAX])
{
	_cleanup_(options_done) struct options options = {
		.max_flows = FLOWS_DEFAULT,
		.max_rules = RULES_DEFAULT,
		.max_endpoints = ENDPOINTS_DEFAULT,
		.holds_large = HOLDS_LARGE_DEFAULT,
		.source_cap = SOURCE_CAP_DEFAULT,
		.head_timeout_s = HEAD_TIMEOUT_DEFAULT_S,
		.idle_timeout_s = IDLE_TIMEOUT_DEFAULT_S,
		.nat_ports = {NAT_PORT_FIRST_DEFAULT, NAT_PORT_COUNT_DEFAULT},
		.access_log_sample = 1,
		.log_level = LOG_INFO,
	};
	struct command_line line = {.options = &options, .error = ret_error};
	int error = command_line_read(&line, argc, argv);

	if (!error && options.config)
		error = options_file_read(options.config, line.given, &options, ret_error);
	if (!error)
		error = defaults_fill(&options, ret_error);
	if (!error)
		error = options_require(&options, ret_error);
	if (error)
		return error;
	*ret_options = options;
	options = (struct options){0};
	return 0;
}
