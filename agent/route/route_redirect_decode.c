/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "route_rule_decode.h"
#include "route_text.h"

enum scheme { SCHEME_NONE, SCHEME_HTTP, SCHEME_HTTPS };

static const struct json_word schemes[] = {
	{"http", SCHEME_HTTP},
	{"https", SCHEME_HTTPS},
	{NULL, 0},
};

struct target {
	int scheme;
	const char *hostname; /* NULL: none */
	int64_t port;         /* 0: none */
};

static int read_status(const struct json_value *value, struct redirect *redirect)
{
	int64_t status = 302;
	int error;

	error = json_read_integer(value, 0, UINT16_MAX, &status);
	if (error)
		return error;
	if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308)
		return json_reject(value, REASON_UNSUPPORTED_VALUE,
				   "is none of 301, 302, 303, 307, 308");
	redirect->status = (__u16)status;
	return 0;
}

static int read_hostname(const struct json_value *value, const char **ret_hostname)
{
	const char *wrong;
	int error;

	error = json_read_text(value, ROUTE_HOST_MAX, ret_hostname);
	if (error || !*ret_hostname)
		return error;
	wrong = route_text_check_host(*ret_hostname);
	if (!wrong && **ret_hostname == '*')
		wrong = "must not have a '*'";
	return wrong ? json_reject(value, REASON_UNSUPPORTED_VALUE, "%s", wrong) : 0;
}

static int read_target(const struct json_value *value, struct target *ret_target)
{
	struct json_value scheme = json_member(value, "scheme");
	struct json_value hostname = json_member(value, "hostname");
	struct json_value port = json_member(value, "port");
	int error;

	error = json_read_word(&scheme, schemes, &ret_target->scheme);
	if (!error)
		error = read_hostname(&hostname, &ret_target->hostname);
	if (!error)
		error = json_read_integer(&port, 1, UINT16_MAX, &ret_target->port);
	if (!error && ret_target->port && !ret_target->hostname)
		error = json_reject(&port, REASON_UNSUPPORTED_VALUE,
				    "is possible only together with hostname");
	return error;
}

static void write_origin(const struct target *target, struct redirect *redirect)
{
	const char *scheme = target->scheme == SCHEME_HTTPS ? "https" : "http";
	int length;

	redirect->scheme_https = target->scheme == SCHEME_HTTPS;
	if (!target->hostname)
		return;
	length = snprintf(redirect->origin, sizeof(redirect->origin),
			  target->port ? "%s://%s:%u" : "%s://%s", scheme, target->hostname,
			  (unsigned)target->port);
	redirect->origin_length = (__u16)length;
}

static int read_path(const struct json_value *value, struct redirect *redirect, __u16 flag)
{
	const char *path = NULL, *wrong;
	size_t length;
	int error;

	error = json_read_text(value, SIZE_MAX, &path);
	if (error || !path)
		return error;
	wrong = route_text_check_redirect_path(path);
	if (wrong)
		return json_reject(value, REASON_INVALID_PATH, "%s", wrong);
	length = strlen(path);
	/* What follows the prefix in the request begins with a slash of its own. */
	if (flag == REDIRECT_REPLACE_PREFIX && path[length - 1] == '/')
		length--;
	memcpy(redirect->path, path, length);
	redirect->path_length = (__u16)length;
	redirect->flags = flag;
	return 0;
}

static int read_paths(const struct json_value *value, const struct route_rule *rule,
		      struct redirect *redirect)
{
	struct json_value path = json_member(value, "path");
	struct json_value prefix = json_member(value, "replacePrefix");

	if (path.json && prefix.json)
		return json_reject(value, REASON_UNSUPPORTED_VALUE,
				   "must not have both path and replacePrefix");
	if (!prefix.json)
		return read_path(&path, redirect, REDIRECT_HAS_PATH);
	if (rule->kind != PATH_PREFIX)
		return json_reject(&prefix, REASON_UNSUPPORTED_VALUE,
				   "is possible only with match.path.type Prefix");
	redirect->prefix_length = (__u16)strlen(rule->path);
	return read_path(&prefix, redirect, REDIRECT_REPLACE_PREFIX);
}

int route_redirect_decode(const struct json_value *value, const struct route_rule *rule,
			  struct redirect *redirect)
{
	struct json_value status = json_member(value, "statusCode");
	struct target target = {.scheme = SCHEME_NONE};
	int error;

	error = json_read_object(value);
	if (!error)
		error = read_status(&status, redirect);
	if (!error)
		error = read_target(value, &target);
	if (!error)
		error = read_paths(value, rule, redirect);
	if (error)
		return error;
	if (target.scheme != SCHEME_HTTPS && !target.hostname && !redirect->flags)
		return json_reject(value, REASON_UNSUPPORTED_VALUE,
				   "leads to the same place: it must have a hostname, path, "
				   "replacePrefix, or the scheme https");
	write_origin(&target, redirect);
	return 0;
}
