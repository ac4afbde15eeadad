/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../agent/options.h"

#define ARGUMENTS_MAX 16
#define REQUIRED "--manifests", "/m", "--device", "eth0"

struct scene {
	struct options options;
	char error[OPTIONS_ERROR_MAX];
	char file[64];
};

static int setup(void **state)
{
	static struct scene scene;

	scene = (struct scene){0};
	*state = &scene;
	unsetenv("KUBECONFIG");
	unsetenv("KUBERNETES_SERVICE_HOST");
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	options_done(&scene->options);
	if (scene->file[0])
		unlink(scene->file);
	return 0;
}

/* The list ends with NULL. */
static int read_list(struct scene *scene, const char *const *arguments)
{
	char *argv[ARGUMENTS_MAX + 2] = {(char *)"pathroute-agent"};
	int argc = 1;

	for (; *arguments; arguments++)
		argv[argc++] = (char *)*arguments;
	return options_read(argc, argv, &scene->options, scene->error);
}

#define READ(scene, ...) read_list(scene, (const char *const[]){__VA_ARGS__, NULL})

static void file_write(struct scene *scene, const char *text)
{
	FILE *file;
	int fd;

	snprintf(scene->file, sizeof(scene->file), "/tmp/pathroute-options-XXXXXX");
	fd = mkstemp(scene->file);
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void defaults_fill_what_is_not_said(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(READ(scene, REQUIRED), 0);
	assert_int_equal(scene->options.command, OPTIONS_RUN);
	assert_string_equal(scene->options.bpffs, "/sys/fs/bpf");
	assert_string_equal(scene->options.class_name, "pathroute");
	assert_string_equal(scene->options.http_listen, "127.0.0.1:9180");
	assert_int_equal(scene->options.max_flows, FLOWS_DEFAULT);
	assert_int_equal(scene->options.head_timeout_s, 30);
	assert_int_equal(scene->options.log_level, LOG_INFO);
	assert_null(scene->options.access_log);
	assert_int_equal(scene->options.access_log_format, OPTIONS_LOG_JSON);
	assert_int_equal(scene->options.access_log_sample, 1);
}

static void a_repeated_device_adds_up(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(READ(scene, REQUIRED, "--device", "veth*"), 0);
	assert_int_equal(scene->options.devices.count, 2);
	assert_string_equal(scene->options.devices.items[1], "veth*");
}

static void none_switches_the_http_server_off(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(READ(scene, REQUIRED, "--http-listen", "none"), 0);
	assert_null(scene->options.http_listen);
}

static void addresses_of_both_families_have_one_form(void **state)
{
	struct scene *scene = *state;
	const unsigned char v4[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1};

	assert_int_equal(READ(scene, REQUIRED, "--node-address", "192.0.2.1", "--node-address",
			      "2001:db8::1"),
			 0);
	assert_int_equal(scene->options.node_address_count, 2);
	assert_memory_equal(&scene->options.node_addresses[0], v4, sizeof(v4));
}

static void a_range_of_ports_has_both_ends(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(READ(scene, REQUIRED), 0);
	assert_int_equal(scene->options.nat_ports.first, 10000);
	assert_int_equal(scene->options.nat_ports.count, 20000);
	options_done(&scene->options);
	assert_int_equal(READ(scene, REQUIRED, "--nat-ports", "1024-65535"), 0);
	assert_int_equal(scene->options.nat_ports.first, 1024);
	assert_int_equal(scene->options.nat_ports.count, 64512);
}

static void commands_are_found_behind_and_before_options(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(READ(scene, "check", "--device", "eth0", "-o", "json"), 0);
	assert_int_equal(scene->options.command, OPTIONS_CHECK);
	assert_true(scene->options.json);
	options_done(&scene->options);
	assert_int_equal(READ(scene, "--bpffs", "/x", "uninstall"), 0);
	assert_int_equal(scene->options.command, OPTIONS_UNINSTALL);
}

static void mistakes_name_the_option(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(READ(scene, REQUIRED, "--max-flows", "many"), -EINVAL);
	assert_string_equal(scene->error, "--max-flows: must be a whole number from 64 to "
					  "16777216, not \"many\"");
	assert_int_equal(READ(scene, REQUIRED, "--max-flows", "-64"), -EINVAL);
	assert_int_equal(READ(scene, REQUIRED, "--max-flows", "64k"), -EINVAL);
	assert_int_equal(READ(scene, REQUIRED, "--attach", "xdp"), -EINVAL);
	assert_string_equal(scene->error,
			    "--attach: unknown value \"xdp\", one of: auto tcx clsact");
	assert_int_equal(READ(scene, REQUIRED, "--node-address", "node-1"), -EINVAL);
	assert_string_equal(scene->error, "--node-address: \"node-1\" is no IP address");
	assert_int_equal(READ(scene, REQUIRED, "--flows", "1"), -EINVAL);
	assert_string_equal(scene->error, "--flows: unknown option, or the beginning of several");
	assert_int_equal(READ(scene, REQUIRED, "--node", "a"), -EINVAL);
	assert_string_equal(scene->error, "--node: unknown option, or the beginning of several");
	assert_int_equal(READ(scene, REQUIRED, "-xV"), -EINVAL);
	assert_string_equal(scene->error, "-x: unknown option");
	assert_int_equal(READ(scene, REQUIRED, "--bpffs"), -EINVAL);
	assert_string_equal(scene->error, "--bpffs: needs a value");
	assert_int_equal(READ(scene, REQUIRED, "--access-log-sample", "0"), -EINVAL);
	assert_int_equal(READ(scene, REQUIRED, "--access-log-format", "xml"), -EINVAL);
	assert_string_equal(scene->error,
			    "--access-log-format: unknown value \"xml\", one of: json combined");
	assert_int_equal(READ(scene, REQUIRED, "--nat-ports", "20000"), -EINVAL);
	assert_string_equal(scene->error, "--nat-ports: must be FIRST-LAST with at least 256 ports "
					  "from 1024 to 65535, not \"20000\"");
	assert_int_equal(READ(scene, REQUIRED, "--nat-ports", "20000-20100"), -EINVAL);
	assert_int_equal(READ(scene, REQUIRED, "--nat-ports", "65000-65999"), -EINVAL);
	assert_int_equal(READ(scene, REQUIRED, "--nat-ports=-5-2000"), -EINVAL);
	assert_int_equal(READ(scene, REQUIRED, "run"), -EINVAL);
	assert_string_equal(scene->error, "run: unknown command");
}

static void what_a_run_needs_must_be_there(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(READ(scene, "--device", "eth0"), -EINVAL);
	assert_string_equal(scene->error, "--manifests DIR or --kubeconfig FILE is missing");
	assert_int_equal(READ(scene, "--manifests", "/m"), -EINVAL);
	assert_string_equal(scene->error, "--device NAME is missing");
}

static void there_is_one_source(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(READ(scene, REQUIRED, "--kubeconfig", "/k"), -EINVAL);
	assert_string_equal(scene->error, "--manifests and --kubeconfig exclude each other");
	assert_int_equal(READ(scene, REQUIRED, "--kube-context", "x"), -EINVAL);
	assert_string_equal(scene->error, "--manifests and --kube-context exclude each other");
	assert_int_equal(READ(scene, REQUIRED, "--namespace", "x"), -EINVAL);
	assert_string_equal(scene->error, "--manifests and --namespace exclude each other");
}

static void xdp_is_off_or_on_some_devices(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(READ(scene, REQUIRED, "--xdp", "auto", "--xdp", "bond*"), 0);
	assert_int_equal(scene->options.xdp.count, 2);
	assert_string_equal(scene->options.xdp.items[1], "bond*");
	options_done(&scene->options);
	assert_int_equal(READ(scene, REQUIRED, "--xdp", "eth0", "--xdp", "off"), -EINVAL);
	assert_string_equal(scene->error, "--xdp off and other values of --xdp exclude each other");
}

static void a_kubeconfig_is_a_source(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(READ(scene, "--kubeconfig", "/k", "--kube-context", "x", "--namespace",
			      "shop", "--device", "eth0"),
			 0);
	assert_string_equal(scene->options.kubeconfig, "/k");
	assert_string_equal(scene->options.kube_context, "x");
	assert_string_equal(scene->options.namespace, "shop");
}

static void the_environment_names_a_kubeconfig(void **state)
{
	struct scene *scene = *state;

	setenv("KUBECONFIG", "/env/config", 1);
	assert_int_equal(READ(scene, "--device", "eth0"), 0);
	assert_string_equal(scene->options.kubeconfig, "/env/config");
}

static void a_given_source_wins_over_the_environment(void **state)
{
	struct scene *scene = *state;

	setenv("KUBECONFIG", "/env/config", 1);
	setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
	assert_int_equal(READ(scene, REQUIRED), 0);
	assert_null(scene->options.kubeconfig);
}

static void several_kubeconfigs_are_refused(void **state)
{
	struct scene *scene = *state;

	setenv("KUBECONFIG", "/a:/b", 1);
	assert_int_equal(READ(scene, "--device", "eth0"), -EINVAL);
	assert_string_equal(scene->error, "$KUBECONFIG names several files, say --kubeconfig FILE");
}

static void a_pod_needs_no_kubeconfig(void **state)
{
	struct scene *scene = *state;

	setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
	assert_int_equal(READ(scene, "--device", "eth0"), 0);
	assert_int_equal(READ(scene, "--device", "eth0", "--kube-context", "x"), -EINVAL);
	assert_string_equal(scene->error, "--kube-context needs --kubeconfig FILE");
}

static void the_file_has_the_same_keys(void **state)
{
	struct scene *scene = *state;

	file_write(scene, "manifests: /etc/pathroute\n"
			  "device: [eth0, 'veth*']\n"
			  "max-flows: 4096\n"
			  "access-log: /var/log/pathroute.log\n"
			  "access-log-format: combined\n"
			  "access-log-sample: 100\n"
			  "log-level: debug\n");
	assert_int_equal(READ(scene, "--config", scene->file), 0);
	assert_string_equal(scene->options.manifests, "/etc/pathroute");
	assert_int_equal(scene->options.devices.count, 2);
	assert_int_equal(scene->options.max_flows, 4096);
	assert_string_equal(scene->options.access_log, "/var/log/pathroute.log");
	assert_int_equal(scene->options.access_log_format, OPTIONS_LOG_COMBINED);
	assert_int_equal(scene->options.access_log_sample, 100);
	assert_int_equal(scene->options.log_level, LOG_DEBUG);
}

static void the_command_line_wins_over_the_file(void **state)
{
	struct scene *scene = *state;

	file_write(scene, "manifests: /file\ndevice: eth9\nmax-flows: 4096\n");
	assert_int_equal(
		READ(scene, "--config", scene->file, "--device", "eth0", "--max-flows", "128"), 0);
	assert_string_equal(scene->options.manifests, "/file");
	assert_int_equal(scene->options.devices.count, 1);
	assert_string_equal(scene->options.devices.items[0], "eth0");
	assert_int_equal(scene->options.max_flows, 128);
}

static void expect_file_error(struct scene *scene, const char *text, const char *expected)
{
	char whole[OPTIONS_ERROR_MAX];

	file_write(scene, text);
	assert_int_equal(READ(scene, REQUIRED, "--config", scene->file), -EINVAL);
	snprintf(whole, sizeof(whole), "%s:%s", scene->file, expected);
	assert_string_equal(scene->error, whole);
	unlink(scene->file);
}

static void mistakes_in_the_file_name_the_line(void **state)
{
	struct scene *scene = *state;

	expect_file_error(scene, "\nmax-flows: 1\n",
			  "2: max-flows: must be a whole number from 64 to 16777216, not \"1\"");
	expect_file_error(scene, "bpffs: /x\nflows: 1\n", "2: unknown key \"flows\"");
	expect_file_error(scene, "config: /x\n", "1: unknown key \"config\"");
	expect_file_error(scene, "bpffs: [/x]\n", "1: bpffs: must be a single value");
	expect_file_error(scene, "- a\n", "1: must be a mapping of options to values");
	expect_file_error(scene, "a: [\n", "2: did not find expected node content");
}

static void a_file_that_is_not_there_is_a_mistake(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(READ(scene, REQUIRED, "--config", "/nowhere/agent.yaml"), -EINVAL);
	assert_string_equal(scene->error,
			    "--config /nowhere/agent.yaml: No such file or directory");
}

static void help_names_every_option(void **state)
{
	static const char *const names[] = {
		"--manifests",
		"--kubeconfig",
		"--kube-context",
		"--namespace",
		"--device",
		"--config",
		"--class",
		"--bpffs",
		"--attach",
		"--node-address",
		"--http-listen",
		"--max-flows",
		"--max-rules",
		"--max-endpoints",
		"--holds-large",
		"--source-cap",
		"--head-timeout",
		"--idle-timeout",
		"--mss",
		"--log-level",
		"--output",
		"--version",
		"--help",
		"--access-log FILE",
		"--access-log-format",
		"--access-log-sample",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(strstr(options_help(), names[i]));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults_fill_what_is_not_said),
		TEST(a_repeated_device_adds_up),
		TEST(none_switches_the_http_server_off),
		TEST(addresses_of_both_families_have_one_form),
		TEST(a_range_of_ports_has_both_ends),
		TEST(commands_are_found_behind_and_before_options),
		TEST(mistakes_name_the_option),
		TEST(what_a_run_needs_must_be_there),
		TEST(there_is_one_source),
		TEST(xdp_is_off_or_on_some_devices),
		TEST(a_kubeconfig_is_a_source),
		TEST(the_environment_names_a_kubeconfig),
		TEST(a_given_source_wins_over_the_environment),
		TEST(several_kubeconfigs_are_refused),
		TEST(a_pod_needs_no_kubeconfig),
		TEST(the_file_has_the_same_keys),
		TEST(the_command_line_wins_over_the_file),
		TEST(mistakes_in_the_file_name_the_line),
		TEST(a_file_that_is_not_there_is_a_mistake),
		TEST(help_names_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
