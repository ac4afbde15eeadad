/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the API server is and what to show it: from a kubeconfig file, or from the files that a
 * pod finds. What comes from files is kept as bytes and read again, since it is replaced while
 * the agent runs: tokens every hour or so, certificates before they expire.
 *
 * Commands (`exec`), `auth-provider`, passwords, `as` and `proxy-url` are refused, not ignored.
 * Nothing here is ever to be logged but server, context and names of files.
 */
#ifndef PATHROUTE_KUBE_CONFIG_H
#define PATHROUTE_KUBE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KUBE_CONFIG_ERROR_MAX 768
#define KUBE_CONFIG_FILE_MAX (1024 * 1024) /* bytes of a kubeconfig */
#define KUBE_CREDENTIAL_MAX (1024 * 1024)  /* bytes of a CA, certificate, key or token */
#define KUBE_CREDENTIAL_AGE_MS (50 * 1000) /* then files are read again, within the minute */

#define KUBE_CLUSTER_DIRECTORY "/var/run/secrets/kubernetes.io/serviceaccount"

/* One credential. */
struct kube_credential {
	char *file;  /* NULL: it was given as text, or there is none */
	char *bytes; /* with a NUL behind; NULL: there is none */
	size_t length;
};

struct kube_config {
	char *server;          /* "https://10.96.0.1:443", also with a path; no slash at the end */
	char *tls_server_name; /* the name the certificate is for; NULL: the server's own */
	char *namespace;       /* of the context or of the pod; NULL: none is said */
	bool insecure;         /* the server's certificate is not checked */
	struct kube_credential ca; /* PEM; none: the system's */
	struct kube_credential certificate;
	struct kube_credential key;
	struct kube_credential token;
	uint64_t read_ms; /* CLOCK_MONOTONIC of the last reading of files */
};

/*
 * A kubeconfig; `context` NULL: its current-context. 0; -EINVAL with ret_error saying which file,
 * line and field ("/root/.kube/config:12: users[0].user.exec: ..."); -ENOMEM.
 */
int kube_config_read_file(const char *path, const char *context, struct kube_config **ret_config,
			  char ret_error[KUBE_CONFIG_ERROR_MAX]);

/*
 * What a pod is given: $KUBERNETES_SERVICE_HOST, $KUBERNETES_SERVICE_PORT, and files token, ca.crt
 * and namespace in the directory (NULL: KUBE_CLUSTER_DIRECTORY). Same return values.
 */
int kube_config_read_cluster(const char *directory, struct kube_config **ret_config,
			     char ret_error[KUBE_CONFIG_ERROR_MAX]);

/*
 * Reads files again that were read KUBE_CREDENTIAL_AGE_MS ago, or at once if `now` says so. A file
 * that cannot be read or makes no sense leaves what was there before.
 * 0 or the error of the last such file.
 */
int kube_config_refresh(struct kube_config *config, bool now);

/* Accepts NULL. */
void kube_config_free(struct kube_config *config);

#endif
