/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "../base/cleanup.h"
#include "../base/clock.h"
#include "../base/file_text.h"
#include "../base/json_read.h"
#include "../base/yaml_json.h"
#include "kube_config.h"
#include "kube_config_parts.h"
#include "kube_credential.h"

#define REASON_BAD_CONFIG "BadKubeconfig"
#define ENTRIES_MAX 4096
#define TEXT_MAX 4096

struct reading {
	const char *path;
	struct kube_config *config;
};

static void delete_treep(cJSON **tree)
{
	cJSON_Delete(*tree);
}

/* Files are named relative to the kubeconfig's directory. */
static int path_resolve(const char *config_path, const char *name, char **ret_path)
{
	const char *slash = strrchr(config_path, '/');
	int length = slash && *name != '/' ? (int)(slash - config_path + 1) : 0;

	if (asprintf(ret_path, "%.*s%s", length, config_path, name) >= 0)
		return 0;
	*ret_path = NULL;
	return -ENOMEM;
}

/* The member `key` of the list's entry of that name, as in {name: x, cluster: {...}}; the steps
 * to it are kept for its path. */
struct named {
	struct json_value list;
	struct json_value entry;
	struct json_value content;
};

static int named_find(const struct json_value *root, const char *list, const char *key,
		      const char *name, struct named *named)
{
	const cJSON *item;
	size_t count = 0, index = 0;
	int error;

	named->list = json_member(root, list);
	error = json_read_array(&named->list, ENTRIES_MAX, &count);
	if (error)
		return error;
	cJSON_ArrayForEach (item, named->list.json) {
		const cJSON *found = cJSON_GetObjectItemCaseSensitive(item, "name");

		if (cJSON_IsString(found) && !strcmp(found->valuestring, name)) {
			named->entry = json_element(&named->list, item, index);
			named->content = json_member(&named->entry, key);
			return json_require(&named->content) ?: json_read_object(&named->content);
		}
		index++;
	}
	return json_reject(&named->list, REASON_BAD_CONFIG, "none of %zu is named \"%s\"", count,
			   name);
}

static int credential_reject(const struct json_value *value, const char *file, const char *why)
{
	if (file)
		return json_reject(value, REASON_BAD_CONFIG, "%s: %s", file, why);
	return json_reject(value, REASON_BAD_CONFIG, "%s", why);
}

static int credential_inline(const struct json_value *value, enum kube_credential_kind kind,
			     struct kube_credential *credential)
{
	const char *text = NULL, *why = "";
	int error = json_read_text(value, 2 * KUBE_CREDENTIAL_MAX, &text);

	if (error || !text)
		return error;
	error = kube_credential_set(credential, kind, text, &why);
	return error == -EINVAL ? credential_reject(value, NULL, why) : error;
}

static int credential_file(const struct reading *reading, const struct json_value *value,
			   enum kube_credential_kind kind, struct kube_credential *credential)
{
	const char *name = NULL, *why = "";
	int error = json_read_text(value, TEXT_MAX, &name);

	if (error || !name)
		return error;
	error = path_resolve(reading->path, name, &credential->file);
	if (!error)
		error = kube_credential_read(credential, kind, &why);
	if (!error || error == -ENOMEM)
		return error;
	return credential_reject(value, credential->file, why);
}

/* `name`-data wins over `name`, as everywhere. */
static int pem_read(const struct reading *reading, const struct json_value *object,
		    const char *name, const char *data_name, struct kube_credential *credential)
{
	struct json_value file = json_member(object, name);
	struct json_value data = json_member(object, data_name);
	int error = credential_inline(&data, KUBE_CREDENTIAL_PEM, credential);

	if (error || credential->bytes)
		return error;
	return credential_file(reading, &file, KUBE_CREDENTIAL_PEM, credential);
}

static bool is_loopback(const char *host)
{
	size_t length = strcspn(host, ":/");
	char address[INET_ADDRSTRLEN];
	struct in_addr parsed;

	if (!strncmp(host, "[::1]", 5))
		return true;
	if (length == strlen("localhost") && !strncmp(host, "localhost", length))
		return true;
	snprintf(address, sizeof(address), "%.*s", (int)length, host);
	return length < sizeof(address) && inet_pton(AF_INET, address, &parsed) == 1 &&
	       ntohl(parsed.s_addr) >> 24 == 127;
}

static int server_check(const struct json_value *value, const char *server)
{
	if (!strncmp(server, "https://", 8) && server[8])
		return strpbrk(server + 8, "@?# ") ? json_reject(value, REASON_BAD_CONFIG,
								 "must be scheme, host, port "
								 "and path only")
						   : 0;
	if (!strncmp(server, "http://", 7) && is_loopback(server + 7))
		return 0;
	return json_reject(value, REASON_BAD_CONFIG,
			   "must begin with https:// (http:// only to a loopback address)");
}

static int server_read(const struct json_value *cluster, struct kube_config *config)
{
	struct json_value value = json_member(cluster, "server");
	const char *text = "";
	size_t length;
	int error = json_require(&value);

	if (!error)
		error = json_read_text(&value, TEXT_MAX, &text);
	if (!error)
		error = server_check(&value, text);
	if (error)
		return error;
	length = strlen(text);
	while (text[length - 1] == '/')
		length--;
	config->server = strndup(text, length);
	return config->server ? 0 : -ENOMEM;
}

static int refuse_members(const struct json_value *object, const struct json_word *words)
{
	for (; words->text; words++) {
		struct json_value value = json_member(object, words->text);

		if (value.json)
			return json_reject(&value, REASON_BAD_CONFIG, "%s",
					   words->value ? "commands are not run; use a token, a "
							  "tokenFile or a client certificate"
							: "is not supported");
	}
	return 0;
}

static int cluster_read(const struct reading *reading, const struct json_value *cluster)
{
	static const struct json_word refused[] = {{"proxy-url", 0}, {NULL, 0}};
	struct json_value insecure = json_member(cluster, "insecure-skip-tls-verify");
	struct json_value name = json_member(cluster, "tls-server-name");
	struct kube_config *config = reading->config;
	int error = refuse_members(cluster, refused);

	if (!error)
		error = server_read(cluster, config);
	if (!error)
		error = json_copy_text(&name, TEXT_MAX, &config->tls_server_name);
	if (!error)
		error = json_read_bool(&insecure, &config->insecure);
	if (!error)
		error = pem_read(reading, cluster, "certificate-authority",
				 "certificate-authority-data", &config->ca);
	if (!error && config->insecure && config->ca.bytes)
		error = json_reject(&insecure, REASON_BAD_CONFIG,
				    "there is a certificate authority as well; take one away");
	return error;
}

static int token_read(const struct reading *reading, const struct json_value *user)
{
	struct json_value file = json_member(user, "tokenFile");
	struct json_value token = json_member(user, "token");
	struct kube_credential *credential = &reading->config->token;
	int error = credential_file(reading, &file, KUBE_CREDENTIAL_TOKEN, credential);

	if (error || credential->bytes)
		return error;
	return credential_inline(&token, KUBE_CREDENTIAL_TOKEN, credential);
}

static int user_read(const struct reading *reading, const struct json_value *user)
{
	static const struct json_word refused[] = {
		{"exec", 1}, {"auth-provider", 1}, {"username", 0},  {"password", 0},
		{"as", 0},   {"as-uid", 0},        {"as-groups", 0}, {"as-user-extra", 0},
		{NULL, 0},
	};
	struct kube_config *config = reading->config;
	int error = refuse_members(user, refused);

	if (!error)
		error = pem_read(reading, user, "client-certificate", "client-certificate-data",
				 &config->certificate);
	if (!error)
		error = pem_read(reading, user, "client-key", "client-key-data", &config->key);
	if (!error && !config->certificate.bytes != !config->key.bytes)
		error = json_reject(user, REASON_BAD_CONFIG, "client-%s is missing",
				    config->key.bytes ? "certificate" : "key");
	return error ?: token_read(reading, user);
}

static int context_name(const struct json_value *root, const char **name)
{
	struct json_value value = json_member(root, "current-context");
	int error;

	if (*name)
		return 0;
	error = json_read_text(&value, TEXT_MAX, name);
	if (error || (*name && **name))
		return error;
	return json_reject(&value, REASON_BAD_CONFIG,
			   "is missing, and no other context is asked "
			   "for");
}

static int config_read(const struct reading *reading, const cJSON *tree, const char *context,
		       struct rejection *rejection)
{
	struct json_value root = json_root(tree, rejection);
	struct named of_context, of_cluster, of_user;
	struct json_value cluster, user, namespace;
	const char *cluster_name = "", *user_name = "";
	int error = json_read_object(&root) ?: context_name(&root, &context);

	if (!error)
		error = named_find(&root, "contexts", "context", context, &of_context);
	if (error)
		return error;
	cluster = json_member(&of_context.content, "cluster");
	user = json_member(&of_context.content, "user");
	namespace = json_member(&of_context.content, "namespace");
	error = json_require(&cluster) ?: json_read_text(&cluster, TEXT_MAX, &cluster_name);
	if (!error)
		error = json_read_text(&user, TEXT_MAX, &user_name);
	if (!error)
		error = json_copy_text(&namespace, TEXT_MAX, &reading->config->namespace);
	if (!error)
		error = named_find(&root, "clusters", "cluster", cluster_name, &of_cluster);
	if (!error)
		error = cluster_read(reading, &of_cluster.content);
	if (!error && *user_name)
		error = named_find(&root, "users", "user", user_name, &of_user)
				?: user_read(reading, &of_user.content);
	return error;
}

static int tree_read(const char *path, cJSON **ret_tree, struct rejection *rejection)
{
	_cleanup_free_ char *text = NULL;
	size_t length = 0;
	struct yaml_document document;
	struct yaml_stream stream;
	int error = file_text_read(path, KUBE_CONFIG_FILE_MAX, &text, &length);

	if (error && error != -ENOMEM) {
		snprintf(rejection->message, sizeof(rejection->message), "%s",
			 error == -EINVAL ? "is not a regular file" : strerrordesc_np(-error));
		return -EINVAL;
	}
	if (error)
		return error;
	stream = (struct yaml_stream){text, length, 1};
	error = yaml_stream_next(&stream, &document)
			? yaml_json_parse(&document, ret_tree, rejection)
			: -ENODATA;
	explicit_bzero(text, length);
	if (error != -ENODATA)
		return error;
	snprintf(rejection->message, sizeof(rejection->message), "is empty");
	return -EINVAL;
}

int kube_config_read_file(const char *path, const char *context, struct kube_config **ret_config,
			  char ret_error[KUBE_CONFIG_ERROR_MAX])
{
	_cleanup_(kube_config_freep) struct kube_config *config = calloc(1, sizeof(*config));
	_cleanup_(delete_treep) cJSON *tree = NULL;
	struct reading reading = {path, config};
	struct rejection rejection = {0};
	int error;

	if (!config)
		return -ENOMEM;
	config->read_ms = clock_ms();
	error = tree_read(path, &tree, &rejection);
	if (!error)
		error = config_read(&reading, tree, context, &rejection);
	if (error == -EINVAL && rejection.line)
		snprintf(ret_error, KUBE_CONFIG_ERROR_MAX, "%.400s:%u: %s", path, rejection.line,
			 rejection.message);
	else if (error == -EINVAL)
		snprintf(ret_error, KUBE_CONFIG_ERROR_MAX, "%.400s: %s", path, rejection.message);
	if (!error)
		*ret_config = STEAL(config);
	return error;
}
