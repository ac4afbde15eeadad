/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "check_xdp.h"
#include "datapath/devices.h"
#include "datapath/pins.h"
#include "datapath/probe.h"

#define FINDING_MAX 256
#define FIRST_STATUS 10
#define BTF_PATH "/sys/kernel/btf/vmlinux"

struct check_result {
	bool passed;
	char finding[FINDING_MAX];
	const char *remedy; /* static; printed if it failed */
};

__attribute__((format(printf, 3, 4))) static void result_set(struct check_result *result,
							     bool passed, const char *format, ...)
{
	va_list arguments;

	result->passed = passed;
	va_start(arguments, format);
	vsnprintf(result->finding, sizeof(result->finding), format, arguments);
	va_end(arguments);
}

/* The effective capabilities as a mask, from /proc/self/status. */
static uint64_t capabilities_read(void)
{
	static const char key[] = "CapEff:";
	_cleanup_fclose_ FILE *file = fopen("/proc/self/status", "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, key, sizeof(key) - 1))
			return strtoull(line + sizeof(key) - 1, NULL, 16);
	}
	return 0;
}

static bool capability_is_in(uint64_t mask, int capability)
{
	return mask >> capability & 1;
}

static void check_capabilities(const struct options *options, struct check_result *result)
{
	uint64_t mask = capabilities_read();
	bool all = capability_is_in(mask, CAP_SYS_ADMIN);
	bool bpf = all || capability_is_in(mask, CAP_BPF);
	bool net = capability_is_in(mask, CAP_NET_ADMIN);

	(void)options;
	result->remedy = "run as root or with the capabilities BPF, NET_ADMIN and PERFMON";
	result_set(result, bpf && net, "%sBPF, %sNET_ADMIN, %sPERFMON", bpf ? "" : "no ",
		   net ? "" : "no ", all || capability_is_in(mask, CAP_PERFMON) ? "" : "no ");
}

static void check_bpffs(const struct options *options, struct check_result *result)
{
	bool mounted = pins_is_bpffs(options->bpffs);

	result->remedy = "mount a BPF file system there: mount -t bpf bpf /sys/fs/bpf";
	result_set(result, mounted, "%s is %s BPF file system", options->bpffs,
		   mounted ? "a" : "no");
}

static void check_jit(const struct options *options, struct check_result *result)
{
	bool compiled = probe_jit();

	(void)options;
	result->remedy = "sysctl net.core.bpf_jit_enable=1, and the right to load programs";
	result_set(result, compiled, "programs are %scompiled", compiled ? "" : "not ");
}

static void words_log(void *context, int level, const char *text)
{
	(void)context;
	log_print(level, "%s", text);
}

static void check_programs(const struct options *options, struct check_result *result)
{
	const struct report_sink sink = {words_log, NULL};
	struct utsname kernel;
	unsigned count = 0;
	int error = probe_programs(options->delivery, &sink, &count);

	uname(&kernel);
	result->remedy = "use a newer kernel (6.1 or later), or more rights";
	if (error)
		result_set(result, false, "Linux %.60s refuses them: %s", kernel.release,
			   strerror(-error));
	else
		result_set(result, true, "Linux %.60s takes all %u for delivery %s", kernel.release,
			   count, options->delivery == DELIVERY_CHAIN ? "chain" : "fast");
}

static void check_attach(const struct options *options, struct check_result *result)
{
	bool tcx = probe_tcx();

	result->remedy = "use --attach auto, or Linux 6.6 or later";
	result_set(result, tcx || options->attach != ATTACH_WISH_TCX, "%s",
		   tcx ? "tcx" : "no tcx, clsact is used");
}

static void check_btf(const struct options *options, struct check_result *result)
{
	(void)options;
	result_set(result, true, "%s, not needed",
		   access(BTF_PATH, R_OK) ? "no " BTF_PATH : BTF_PATH);
}

static bool lro_is_on(int fd, const char *name)
{
	struct ethtool_value value = {.cmd = ETHTOOL_GFLAGS};
	struct ifreq request = {.ifr_data = (void *)&value};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return !ioctl(fd, SIOCETHTOOL, &request) && value.data & ETH_FLAG_LRO;
}

struct device_survey {
	size_t matching;
	char with_lro[FINDING_MAX / 2];
};

static void devices_survey(const struct options *options, struct device_survey *survey)
{
	const struct devices wanted = {
		.patterns = options->devices.items,
		.pattern_count = options->devices.count,
	};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct if_nameindex *list = if_nameindex();

	for (const struct if_nameindex *item = list; item && item->if_index; item++) {
		size_t length = strlen(survey->with_lro);

		if (!devices_match(&wanted, item->if_name))
			continue;
		survey->matching++;
		if (lro_is_on(fd, item->if_name))
			snprintf(survey->with_lro + length, sizeof(survey->with_lro) - length,
				 " %s", item->if_name);
	}
	if (list)
		if_freenameindex(list);
}

static void check_devices(const struct options *options, struct check_result *result)
{
	struct device_survey survey = {0};

	devices_survey(options, &survey);
	if (options->devices.count)
		result_set(result, true, "%zu match now", survey.matching);
	else
		result_set(result, true, "no --device given, none looked at");
}

static void check_lro(const struct options *options, struct check_result *result)
{
	struct device_survey survey = {0};

	devices_survey(options, &survey);
	result->remedy = "ethtool -K DEVICE lro off: merged segments cannot be forwarded";
	result_set(result, !survey.with_lro[0], survey.with_lro[0] ? "on:%s" : "off%s",
		   survey.with_lro);
}

/* Reads "A", "A-B" and lists of them, as the kernel writes its ports, into a table by port. */
static void ports_read(const char *path, bool *taken)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	char *start = NULL, *end;

	if (!file || getline(&line, &size, file) < 0)
		return;
	for (end = line; end != start; end += *end == ',') {
		unsigned long first, last;

		start = end;
		first = last = strtoul(start, &end, 10);
		if (*end == '-' || *end == '\t')
			last = strtoul(end + 1, &end, 10);
		for (unsigned long port = first; port <= last && port <= UINT16_MAX; port++)
			taken[port] = end != start;
	}
}

/* A connection of the node's own to a pod must not get a port of one that is routed. */
static void check_nat_ports(const struct options *options, struct check_result *result)
{
	static bool own[UINT16_MAX + 1], reserved[UINT16_MAX + 1];
	unsigned first = options->nat_ports.first, count = options->nat_ports.count, shared = 0;

	ports_read("/proc/sys/net/ipv4/ip_local_port_range", own);
	ports_read("/proc/sys/net/ipv4/ip_local_reserved_ports", reserved);
	for (unsigned port = first; port < first + count; port++)
		shared += own[port] && !reserved[port];
	result->remedy = "name them in net.ipv4.ip_local_reserved_ports, or use --nat-ports";
	result_set(result, !shared, "%u-%u, %u of them are the node's own too", first,
		   first + count - 1, shared);
}

static void check_early(const struct options *options, struct check_result *result)
{
	result->remedy = "leave out --xdp for these devices: tc does its work";
	result->passed = check_xdp(options, result->finding, sizeof(result->finding));
}

static const struct {
	const char *name;
	void (*check)(const struct options *options, struct check_result *result);
} checks[] = {
	{"capabilities", check_capabilities},
	{"bpffs", check_bpffs},
	{"jit", check_jit},
	{"programs", check_programs},
	{"attach", check_attach},
	{"btf", check_btf},
	{"devices", check_devices},
	{"lro", check_lro},
	{"nat-ports", check_nat_ports},
	{"xdp", check_early},
};

#define CHECK_COUNT (sizeof(checks) / sizeof(checks[0]))

/* Findings may hold a file name or the kernel's words. */
static void json_print_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(out, "\\u%04x", (unsigned char)*text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void result_print_json(FILE *out, size_t index, const struct check_result *result)
{
	fprintf(out, "%s  {\"name\": \"%s\", \"ok\": %s, \"finding\": ", index ? ",\n" : "[\n",
		checks[index].name, result->passed ? "true" : "false");
	json_print_text(out, result->finding);
	if (!result->passed) {
		fputs(", \"remedy\": ", out);
		json_print_text(out, result->remedy);
	}
	fputs(index + 1 == CHECK_COUNT ? "}\n]\n" : "}", out);
}

static void result_print_text(FILE *out, size_t index, const struct check_result *result)
{
	if (result->passed)
		fprintf(out, "ok   %s: %s\n", checks[index].name, result->finding);
	else
		fprintf(out, "FAIL %s: %s; %s\n", checks[index].name, result->finding,
			result->remedy);
}

int check_run(const struct options *options, FILE *out)
{
	int status = 0;

	for (size_t i = 0; i < CHECK_COUNT; i++) {
		struct check_result result = {.remedy = ""};

		checks[i].check(options, &result);
		if (options->json)
			result_print_json(out, i, &result);
		else
			result_print_text(out, i, &result);
		if (!result.passed && !status)
			status = FIRST_STATUS + (int)i;
	}
	return status;
}
