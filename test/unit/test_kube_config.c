/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/kube/kube_config.h"

/* "-----BEGIN X-----\n" */
#define PEM_DATA "LS0tLS1CRUdJTiBYLS0tLS0K"
#define CLUSTER "clusters:\n- name: c\n  cluster: {server: 'https://10.0.0.1:6443'}\n"
#define CONTEXT "contexts:\n- name: x\n  context: {cluster: c, user: u}\ncurrent-context: x\n"

struct scene {
	char directory[64];
	char path[96];
	char error[KUBE_CONFIG_ERROR_MAX];
	struct kube_config *config;
};

static int setup(void **state)
{
	static struct scene scene;

	scene = (struct scene){.directory = "/tmp/kube-config-XXXXXX"};
	assert_non_null(mkdtemp(scene.directory));
	*state = &scene;
	return 0;
}

static char *path_of(struct scene *scene, const char *name)
{
	snprintf(scene->path, sizeof(scene->path), "%s/%s", scene->directory, name);
	return scene->path;
}

static int teardown(void **state)
{
	static const char *const names[] = {"config", "token", "ca.crt", "namespace"};
	struct scene *scene = *state;

	kube_config_free(scene->config);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(scene, names[i]));
	unsetenv("KUBERNETES_SERVICE_HOST");
	unsetenv("KUBERNETES_SERVICE_PORT");
	return rmdir(scene->directory);
}

static void write_file(struct scene *scene, const char *name, const char *text)
{
	FILE *file = fopen(path_of(scene, name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int read_text(struct scene *scene, const char *text, const char *context)
{
	write_file(scene, "config", text);
	return kube_config_read_file(path_of(scene, "config"), context, &scene->config,
				     scene->error);
}

static void expect_refused(struct scene *scene, const char *text, const char *place,
			   const char *message)
{
	char wanted[256];

	assert_int_equal(read_text(scene, text, NULL), -EINVAL);
	snprintf(wanted, sizeof(wanted), "%s/config%s", scene->directory, place);
	if (!strstr(scene->error, wanted) || !strstr(scene->error, message))
		fail_msg("\"%s\" has not \"%s\" and \"%s\"", scene->error, wanted, message);
}

static void the_current_context_says_server_user_and_namespace(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(
		read_text(scene,
			  "apiVersion: v1\nkind: Config\ncurrent-context: second\n"
			  "contexts:\n- name: first\n  context: {cluster: a}\n"
			  "- name: second\n  context: {cluster: b, user: bob, namespace: shop}\n"
			  "clusters:\n- name: a\n  cluster: {server: 'https://a'}\n"
			  "- name: b\n  cluster:\n    server: https://b.example.com:6443/k8s/\n"
			  "    tls-server-name: kubernetes\n"
			  "    certificate-authority-data: " PEM_DATA "\n"
			  "users:\n- name: bob\n  user: {token: s3cret}\n",
			  NULL),
		0);
	assert_string_equal(scene->config->server, "https://b.example.com:6443/k8s");
	assert_string_equal(scene->config->namespace, "shop");
	assert_string_equal(scene->config->tls_server_name, "kubernetes");
	assert_string_equal(scene->config->ca.bytes, "-----BEGIN X-----\n");
	assert_string_equal(scene->config->token.bytes, "s3cret");
	assert_null(scene->config->certificate.bytes);
	assert_false(scene->config->insecure);
}

static void another_context_can_be_asked_for(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(
		read_text(scene,
			  "contexts:\n- name: x\n  context: {cluster: c}\n"
			  "- name: y\n  context: {cluster: d}\ncurrent-context: x\n"
			  "clusters:\n- name: d\n  cluster: {server: 'http://127.0.0.1:8001'}\n",
			  "y"),
		0);
	assert_string_equal(scene->config->server, "http://127.0.0.1:8001");
	assert_null(scene->config->token.bytes);
}

static void files_are_found_beside_the_kubeconfig(void **state)
{
	struct scene *scene = *state;

	write_file(scene, "ca.crt", "-----BEGIN CA-----\n");
	write_file(scene, "token", "from-file\n");
	assert_int_equal(read_text(scene,
				   CONTEXT "clusters:\n- name: c\n  cluster: {server: 'https://c', "
					   "certificate-authority: ca.crt}\n"
					   "users:\n- name: u\n  user: {tokenFile: token, "
					   "client-certificate-data: " PEM_DATA
					   ", client-key-data: " PEM_DATA "}\n",
				   NULL),
			 0);
	assert_string_equal(scene->config->ca.bytes, "-----BEGIN CA-----\n");
	assert_string_equal(scene->config->token.bytes, "from-file");
	assert_string_equal(scene->config->key.bytes, "-----BEGIN X-----\n");
}

static void mistakes_are_told_with_file_and_field(void **state)
{
	static const struct {
		const char *text, *place, *message;
	} mistakes[] = {
		{"", "", "is empty"},
		{"a: [", ":2: ", ""},
		{"contexts: []\n", ":1: current-context: ", "is missing"},
		{"current-context: z\ncontexts: []\n", ":2: contexts: ", "named \"z\""},
		{CONTEXT, ":1: clusters: ", "none of 0 is named \"c\""},
		{CONTEXT "clusters:\n- name: c\n  cluster: {}\n",
		 ":7: clusters[0].cluster.server: ", "is missing"},
		{CONTEXT "clusters:\n- name: c\n  cluster: {server: 'http://10.0.0.1'}\n",
		 ":7: clusters[0].cluster.server: ", "https://"},
		{CONTEXT "clusters:\n- name: c\n  cluster: {server: 'https://x', proxy-url: p}\n",
		 ":7: clusters[0].cluster.proxy-url: ", "not supported"},
		{CONTEXT "clusters:\n- name: c\n  cluster: {server: 'https://x', "
			 "certificate-authority: /does/not/exist}\n",
		 ":7: clusters[0].cluster.certificate-authority: ", "/does/not/exist: No such"},
		{CONTEXT "clusters:\n- name: c\n  cluster: {server: 'https://x', "
			 "certificate-authority-data: '%%%'}\n",
		 ":7: clusters[0].cluster.certificate-authority-data: ", "not base64"},
		{CONTEXT "clusters:\n- name: c\n  cluster: {server: 'https://x', "
			 "certificate-authority-data: eHl6}\n",
		 ":7: clusters[0].cluster.certificate-authority-data: ", "not PEM"},
		{CONTEXT CLUSTER, ":1: users: ", "named \"u\""},
		{CONTEXT CLUSTER "users:\n- name: u\n  user: {exec: {command: x}}\n",
		 ":10: users[0].user.exec: ", "commands are not run"},
		{CONTEXT CLUSTER "users:\n- name: u\n  user: {username: a, password: b}\n",
		 ":10: users[0].user.username: ", "not supported"},
		{CONTEXT CLUSTER "users:\n- name: u\n  user: {token: 12}\n",
		 ":10: users[0].user.token: ", "must be a string"},
		{CONTEXT CLUSTER "users:\n- name: u\n  user: {token: 'a b'}\n",
		 ":10: users[0].user.token: ", "no token"},
		{CONTEXT CLUSTER "users:\n- name: u\n  user: {client-key-data: " PEM_DATA "}\n",
		 ":10: users[0].user: ", "client-certificate is missing"},
		{CONTEXT "clusters:\n- name: c\n  cluster: {server: 'https://x', "
			 "insecure-skip-tls-verify: true, certificate-authority-data: " PEM_DATA
			 "}\n",
		 ":7: clusters[0].cluster.insecure-skip-tls-verify: ", "take one away"},
	};

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		expect_refused(*state, mistakes[i].text, mistakes[i].place, mistakes[i].message);
}

static void a_secret_is_in_no_error(void **state)
{
	struct scene *scene = *state;

	expect_refused(scene, CONTEXT CLUSTER "users:\n- name: u\n  user: {token: 'hush hush'}\n",
		       ":10: users[0].user.token: ", "");
	assert_null(strstr(scene->error, "hush"));
}

static void a_missing_kubeconfig_is_named(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(
		kube_config_read_file("/does/not/exist", NULL, &scene->config, scene->error),
		-EINVAL);
	assert_string_equal(scene->error, "/does/not/exist: No such file or directory");
}

static void enter_cluster(struct scene *scene, const char *host)
{
	setenv("KUBERNETES_SERVICE_HOST", host, 1);
	setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	write_file(scene, "token", "first\n");
	write_file(scene, "ca.crt", "-----BEGIN CA-----\n");
	write_file(scene, "namespace", "pathroute-system");
}

static void a_pod_finds_its_server_and_credentials(void **state)
{
	struct scene *scene = *state;

	enter_cluster(scene, "10.96.0.1");
	assert_int_equal(kube_config_read_cluster(scene->directory, &scene->config, scene->error),
			 0);
	assert_string_equal(scene->config->server, "https://10.96.0.1:443");
	assert_string_equal(scene->config->token.bytes, "first");
	assert_string_equal(scene->config->namespace, "pathroute-system");
}

static void the_server_of_a_pod_may_be_ipv6(void **state)
{
	struct scene *scene = *state;

	enter_cluster(scene, "fd00::1");
	assert_int_equal(kube_config_read_cluster(scene->directory, &scene->config, scene->error),
			 0);
	assert_string_equal(scene->config->server, "https://[fd00::1]:443");
}

static void a_pod_without_a_token_is_told_so(void **state)
{
	struct scene *scene = *state;

	enter_cluster(scene, "10.96.0.1");
	unlink(path_of(scene, "token"));
	assert_int_equal(kube_config_read_cluster(scene->directory, &scene->config, scene->error),
			 -EINVAL);
	assert_non_null(strstr(scene->error, "/token: No such file or directory"));
}

static void outside_of_a_pod_the_reason_is_told(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(kube_config_read_cluster(scene->directory, &scene->config, scene->error),
			 -EINVAL);
	assert_non_null(strstr(scene->error, "KUBERNETES_SERVICE_HOST"));
}

static void a_replaced_token_is_taken_when_its_time_has_come(void **state)
{
	struct scene *scene = *state;

	enter_cluster(scene, "10.96.0.1");
	kube_config_read_cluster(scene->directory, &scene->config, scene->error);
	write_file(scene, "token", "second\n");
	assert_int_equal(kube_config_refresh(scene->config, false), 0);
	assert_string_equal(scene->config->token.bytes, "first");
	scene->config->read_ms -= KUBE_CREDENTIAL_AGE_MS;
	assert_int_equal(kube_config_refresh(scene->config, false), 0);
	assert_string_equal(scene->config->token.bytes, "second");
}

static void a_token_that_makes_no_sense_replaces_none(void **state)
{
	struct scene *scene = *state;

	enter_cluster(scene, "10.96.0.1");
	kube_config_read_cluster(scene->directory, &scene->config, scene->error);
	write_file(scene, "token", "");
	assert_int_equal(kube_config_refresh(scene->config, true), -EINVAL);
	assert_string_equal(scene->config->token.bytes, "first");
	unlink(path_of(scene, "token"));
	assert_int_equal(kube_config_refresh(scene->config, true), -ENOENT);
	assert_string_equal(scene->config->token.bytes, "first");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_current_context_says_server_user_and_namespace),
		TEST(another_context_can_be_asked_for),
		TEST(files_are_found_beside_the_kubeconfig),
		TEST(mistakes_are_told_with_file_and_field),
		TEST(a_secret_is_in_no_error),
		TEST(a_missing_kubeconfig_is_named),
		TEST(a_pod_finds_its_server_and_credentials),
		TEST(the_server_of_a_pod_may_be_ipv6),
		TEST(a_pod_without_a_token_is_told_so),
		TEST(outside_of_a_pod_the_reason_is_told),
		TEST(a_replaced_token_is_taken_when_its_time_has_come),
		TEST(a_token_that_makes_no_sense_replaces_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
