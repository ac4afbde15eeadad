/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/version.h"
#include "check.h"
#include "controller.h"
#include "datapath/datapath.h"
#include "options.h"

/* As documented in --help. */
enum exit_status { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_BUSY = 3 };

static enum exit_status status_of(int error)
{
	if (error == -EBUSY)
		return EXIT_BUSY;
	return error ? EXIT_FAILED : EXIT_OK;
}

static void report_log(void *context, int level, const char *text)
{
	(void)context;
	log_print(level, "%s", text);
}

static int uninstall(const struct options *options)
{
	struct report_sink sink = {report_log, NULL};
	int error = datapath_uninstall(options->bpffs, &sink);

	if (!error)
		log_info("nothing of the router is left in %s", options->bpffs);
	return status_of(error);
}

static int command_run(const struct options *options)
{
	switch (options->command) {
	case OPTIONS_SHOW_HELP:
		fputs(options_help(), stdout);
		return EXIT_OK;
	case OPTIONS_SHOW_VERSION:
		puts("pathroute-agent " PATHROUTE_VERSION);
		return EXIT_OK;
	case OPTIONS_CHECK:
		return check_run(options, stdout);
	case OPTIONS_UNINSTALL:
		return uninstall(options);
	case OPTIONS_RUN:
		return status_of(controller_run(options));
	}
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	_cleanup_(options_done) struct options options = {0};
	char text[OPTIONS_ERROR_MAX];
	int error = options_read(argc, argv, &options, text);

	if (error == -EINVAL) {
		fprintf(stderr, "pathroute-agent: %s\nTry --help.\n", text);
		return EXIT_USAGE;
	}
	if (error) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	log_set_level(options.log_level);
	return command_run(&options);
}
