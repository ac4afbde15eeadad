/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "../base/clock.h"
#include "../base/file_text.h"
#include "kube_config_parts.h"
#include "kube_credential.h"

#define HOST_VARIABLE "KUBERNETES_SERVICE_HOST"
#define PORT_VARIABLE "KUBERNETES_SERVICE_PORT"
#define NAMESPACE_MAX 63

void kube_config_free(struct kube_config *config)
{
	if (!config)
		return;
	free(config->server);
	free(config->tls_server_name);
	free(config->namespace);
	kube_credential_done(&config->ca);
	kube_credential_done(&config->certificate);
	kube_credential_done(&config->key);
	kube_credential_done(&config->token);
	free(config);
}

static int credential_refresh(struct kube_credential *credential, enum kube_credential_kind kind)
{
	const char *why;

	return credential->file ? kube_credential_read(credential, kind, &why) : 0;
}

/* A pair that is replaced between the two readings matches again at the next one. */
int kube_config_refresh(struct kube_config *config, bool now)
{
	uint64_t now_ms = clock_ms();
	int errors[4];

	if (!now && now_ms - config->read_ms < KUBE_CREDENTIAL_AGE_MS)
		return 0;
	config->read_ms = now_ms;
	errors[0] = credential_refresh(&config->ca, KUBE_CREDENTIAL_PEM);
	errors[1] = credential_refresh(&config->certificate, KUBE_CREDENTIAL_PEM);
	errors[2] = credential_refresh(&config->key, KUBE_CREDENTIAL_PEM);
	errors[3] = credential_refresh(&config->token, KUBE_CREDENTIAL_TOKEN);
	return errors[3] ?: errors[2] ?: errors[1] ?: errors[0];
}

static int server_set(struct kube_config *config, char *ret_error)
{
	const char *host = getenv(HOST_VARIABLE), *port = getenv(PORT_VARIABLE);
	bool bare_ipv6 = host && strchr(host, ':');

	if (!host || !*host || !port || !*port) {
		snprintf(ret_error, KUBE_CONFIG_ERROR_MAX,
			 "not in a cluster: " HOST_VARIABLE " or " PORT_VARIABLE " is not set");
		return -EINVAL;
	}
	if (asprintf(&config->server, "https://%s%s%s:%s", bare_ipv6 ? "[" : "", host,
		     bare_ipv6 ? "]" : "", port) < 0) {
		config->server = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int cluster_credential(const char *directory, const char *name,
			      struct kube_credential *credential, char *ret_error)
{
	enum kube_credential_kind kind =
		strcmp(name, "token") ? KUBE_CREDENTIAL_PEM : KUBE_CREDENTIAL_TOKEN;
	const char *why = "";
	int error;

	if (asprintf(&credential->file, "%s/%s", directory, name) < 0) {
		credential->file = NULL;
		return -ENOMEM;
	}
	error = kube_credential_read(credential, kind, &why);
	if (!error || error == -ENOMEM)
		return error;
	snprintf(ret_error, KUBE_CONFIG_ERROR_MAX, "%.500s: %s", credential->file, why);
	return -EINVAL;
}

/* Not every pod has one; then there is none. */
static void cluster_namespace(struct kube_config *config, const char *directory)
{
	_cleanup_free_ char *path = NULL;
	size_t length;

	if (asprintf(&path, "%s/namespace", directory) < 0)
		path = NULL;
	else if (!file_text_read(path, NAMESPACE_MAX + 1, &config->namespace, &length))
		config->namespace[strcspn(config->namespace, "\r\n ")] = '\0';
}

int kube_config_read_cluster(const char *directory, struct kube_config **ret_config,
			     char ret_error[KUBE_CONFIG_ERROR_MAX])
{
	_cleanup_(kube_config_freep) struct kube_config *config = calloc(1, sizeof(*config));
	int error;

	if (!config)
		return -ENOMEM;
	directory = directory ?: KUBE_CLUSTER_DIRECTORY;
	config->read_ms = clock_ms();
	error = server_set(config, ret_error);
	if (!error)
		error = cluster_credential(directory, "token", &config->token, ret_error);
	if (!error)
		error = cluster_credential(directory, "ca.crt", &config->ca, ret_error);
	if (error)
		return error;
	cluster_namespace(config, directory);
	*ret_config = STEAL(config);
	return 0;
}
