/* SPDX-License-Identifier: Apache-2.0 */
#include "check_xdp.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "datapath/pins.h"
#include "datapath/probe.h"
#include "datapath/xdp_survey.h"

#define NAMES_MAX 96 /* bytes of the names in one list; the rest is cut */

/* The names of devices, each with a space in front, by what is to be said of them. */
struct outlook_lists {
	char names[XDP_OUTLOOKS][NAMES_MAX];
	bool has_named; /* a device that --xdp names */
	bool named_cannot;
};

static void device_list(void *context, const char *name, bool named, enum xdp_outlook outlook)
{
	struct outlook_lists *lists = context;
	char *names = lists->names[outlook];
	size_t length = strlen(names);

	snprintf(names + length, NAMES_MAX - length, " %s", name);
	lists->has_named |= named;
	lists->named_cannot |=
		named && outlook != XDP_OUTLOOK_NATIVE && outlook != XDP_OUTLOOK_UNKNOWN;
}

static void lists_print(const struct outlook_lists *lists, char *ret_finding, size_t size)
{
	static const char *const titles[XDP_OUTLOOKS] = {
		[XDP_OUTLOOK_NATIVE] = "native:",
		[XDP_OUTLOOK_UNKNOWN] = "the kernel does not tell before it is tried:",
		[XDP_OUTLOOK_FOREIGN] = "another program is there:",
		[XDP_OUTLOOK_VLANS] = "not below VLANs:",
		[XDP_OUTLOOK_UNSUPPORTED] = "no native mode:",
	};
	size_t length = 0;

	snprintf(ret_finding, size, "no device is to have it");
	for (int i = 0; i < XDP_OUTLOOKS; i++) {
		if (!lists->names[i][0] || length >= size)
			continue;
		length += (size_t)snprintf(ret_finding + length, size - length, "%s%s%s",
					   length ? ", " : "", titles[i], lists->names[i]);
	}
}

static void words_log(void *context, int level, const char *text)
{
	(void)context;
	log_print(level, "%s", text);
}

/* Only what the kernel is asked for is tried. */
static bool program_is_taken(const struct outlook_lists *lists)
{
	const struct report_sink sink = {words_log, NULL};

	return (!lists->names[XDP_OUTLOOK_NATIVE][0] && !lists->names[XDP_OUTLOOK_UNKNOWN][0]) ||
	       !probe_early(&sink);
}

bool check_xdp(const struct options *options, char *ret_finding, size_t size)
{
	char directory[PINS_PATH_MAX];
	struct outlook_lists lists = {.named_cannot = false};
	const struct device_xdp xdp = {
		.directory = directory,
		.patterns = options->xdp.items,
		.pattern_count = options->xdp.count,
	};
	const struct xdp_survey survey = {
		.wanted = {.patterns = options->devices.items,
			   .pattern_count = options->devices.count},
		.xdp = &xdp,
		.context = &lists,
		.found = device_list,
	};

	if (pins_format_directory(options->bpffs, directory, sizeof(directory)) ||
	    xdp_survey_run(&survey)) {
		snprintf(ret_finding, size, "the devices cannot be listed");
		return true;
	}
	if (!program_is_taken(&lists)) {
		snprintf(ret_finding, size, "the kernel refuses the program, tc does its work");
		return !lists.has_named;
	}
	lists_print(&lists, ret_finding, size);
	return !lists.named_cannot;
}
