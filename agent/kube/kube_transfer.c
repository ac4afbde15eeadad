/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../base/cleanup.h"
#include "../base/clock.h"
#include "../base/version.h"
#include "kube_client_parts.h"
#include "kube_config.h"
#include "kube_reply.h"

#define IDLE_TIMEOUT_DEFAULT_S 30
#define HEAD_TIMEOUT_S 30
#define TIMEOUT_DEFAULT_S 60
#define CONNECT_TIMEOUT_MS 10000L
#define FAILURE_BODY_MAX (64 * 1024) /* of a reply that is no success */

/* A peer that vanished is noticed by the kernel within a minute. */
#define KEEPALIVE_IDLE_S 20L
#define KEEPALIVE_INTERVAL_S 5L
#define UNACKNOWLEDGED_MS 30000

unsigned kube_transfer_status(const struct kube_request *request)
{
	long status = 0;

	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	return status > 0 ? (unsigned)status : 0;
}

static bool is_success(unsigned status)
{
	return status >= 200 && status < 300;
}

static int collect(struct kube_request *request, const char *bytes, size_t length)
{
	size_t max = is_success(kube_transfer_status(request)) ? KUBE_REPLY_MAX : FAILURE_BODY_MAX;
	char *grown;

	if (length > max - request->length)
		return -EMSGSIZE;
	grown = realloc(request->collected, request->length + length + 1);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + request->length, bytes, length);
	request->collected = grown;
	request->length += length;
	grown[request->length] = '\0';
	return 0;
}

static size_t body_take(char *bytes, size_t size, size_t count, void *context)
{
	struct kube_request *request = context;
	size_t length = size * count;
	int error;

	request->heard_ms = clock_ms();
	if (request->state == KUBE_REQUEST_CANCELLED)
		return 0;
	if (request->call.on_data && is_success(kube_transfer_status(request)))
		error = request->call.on_data(request->call.context, bytes, length);
	else
		error = collect(request, bytes, length);
	request->failure = error;
	/* It may have been cancelled by now. */
	return error || request->state == KUBE_REQUEST_CANCELLED ? 0 : length;
}

static size_t header_take(char *bytes, size_t size, size_t count, void *context)
{
	struct kube_request *request = context;
	size_t length = size * count;

	request->heard_ms = clock_ms();
	/* Neither interim replies nor trailers. */
	if (length != 2 || memcmp(bytes, "\r\n", 2) || request->has_head ||
	    kube_transfer_status(request) < 200)
		return length;
	request->has_head = true;
	kube_client_replied(request->client);
	if (request->call.on_begin && request->state != KUBE_REQUEST_CANCELLED &&
	    is_success(kube_transfer_status(request)))
		request->call.on_begin(request->call.context);
	return length;
}

static int socket_prepare(void *context, curl_socket_t socket, curlsocktype purpose)
{
	const int unacknowledged_ms = UNACKNOWLEDGED_MS;

	(void)context;
	(void)purpose;
	setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms,
		   sizeof(unacknowledged_ms));
	return CURL_SOCKOPT_OK;
}

/* Adds "name: value"; the value is of any length. */
static int header_add(struct kube_request *request, const char *name, const char *value)
{
	_cleanup_free_ char *line = NULL;
	struct curl_slist *grown;

	if (asprintf(&line, "%s: %s", name, value) < 0) {
		line = NULL;
		return -ENOMEM;
	}
	grown = curl_slist_append(request->headers, line);
	explicit_bzero(line, strlen(line));
	if (!grown)
		return -ENOMEM;
	request->headers = grown;
	return 0;
}

static int headers_set(struct kube_request *request, const struct kube_config *config,
		       const struct kube_call *call)
{
	_cleanup_free_ char *bearer = NULL;
	int error = header_add(request, "Accept", "application/json");

	if (!error && call->body)
		error = header_add(request, "Content-Type",
				   call->content_type ?: "application/json");
	if (!error && config->token.bytes) {
		if (asprintf(&bearer, "Bearer %s", config->token.bytes) < 0) {
			bearer = NULL;
			return -ENOMEM;
		}
		error = header_add(request, "Authorization", bearer);
		explicit_bzero(bearer, strlen(bearer));
	}
	curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers);
	return error;
}

/* The name is checked by libcurl against that of the URL, so it stands there; the connection is
 * made to the server all the same. */
static int renamed_url_set(struct kube_request *request, const struct kube_config *config,
			   const char *url)
{
	_cleanup_free_ char *route = NULL, *renamed = NULL;
	const char *host = strstr(url, "://") + 3, *name = config->tls_server_name;
	size_t length = strcspn(host, "/");
	int error;

	if (asprintf(&route, "::%.*s%s", (int)length, host,
		     memchr(strrchr(host, ']') ?: host, ':', length) ? "" : ":443") < 0) {
		route = NULL;
		return -ENOMEM;
	}
	if (asprintf(&renamed, "https://%s%s", name, host + length) < 0) {
		renamed = NULL;
		return -ENOMEM;
	}
	request->connect_to = curl_slist_append(NULL, route);
	error = request->connect_to ? header_add(request, "Host", name) : -ENOMEM;
	curl_easy_setopt(request->easy, CURLOPT_CONNECT_TO, request->connect_to);
	if (!error && curl_easy_setopt(request->easy, CURLOPT_URL, renamed))
		error = -ENOMEM;
	return error;
}

static int url_set(struct kube_request *request, const struct kube_config *config, const char *path)
{
	_cleanup_free_ char *url = NULL;

	if (asprintf(&url, "%s%s", config->server, path) < 0) {
		url = NULL;
		return -ENOMEM;
	}
	if (config->tls_server_name && !strncmp(url, "https:", 6))
		return renamed_url_set(request, config, url);
	return curl_easy_setopt(request->easy, CURLOPT_URL, url) ? -ENOMEM : 0;
}

static int blob_set(CURL *easy, CURLoption option, const struct kube_credential *credential)
{
	struct curl_blob blob = {credential->bytes, credential->length, CURL_BLOB_COPY};

	if (!credential->bytes)
		return 0;
	return curl_easy_setopt(easy, option, &blob) ? -ENOMEM : 0;
}

static int tls_set(CURL *easy, const struct kube_config *config)
{
	int error = blob_set(easy, CURLOPT_CAINFO_BLOB, &config->ca);

	if (!error)
		error = blob_set(easy, CURLOPT_SSLCERT_BLOB, &config->certificate);
	if (!error)
		error = blob_set(easy, CURLOPT_SSLKEY_BLOB, &config->key);
	/* The system's are not trusted beside the cluster's own. */
	if (config->ca.bytes) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, config->insecure ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, config->insecure ? 0L : 2L);
	return error;
}

/* Without TLS it cannot be told beforehand that a server speaks HTTP/2, and who waits for that to
 * turn out, waits for the end of the first watch. */
static void protocol_set(CURL *easy, const struct kube_config *config)
{
	bool tls = !strncmp(config->server, "https:", 6);

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, tls ? "https" : "http");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 tls ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, tls ? 1L : 0L);
}

static void connection_set(CURL *easy, bool fresh)
{
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, socket_prepare);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "pathroute-agent/" PATHROUTE_VERSION);
}

static int call_set(struct kube_request *request, const struct kube_call *call)
{
	CURL *easy = request->easy;
	int failed = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);

	if (call->body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(call->body));
		failed |= curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, call->body);
	}
	curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->curl_error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_take);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
	return failed ? -ENOMEM : 0;
}

void kube_transfer_free(struct kube_request *request)
{
	if (!request)
		return;
	curl_easy_cleanup(request->easy);
	curl_slist_free_all(request->headers);
	curl_slist_free_all(request->connect_to);
	free(request->collected);
	free(request);
}

static void transfer_freep(struct kube_request **request)
{
	kube_transfer_free(*request);
}

int kube_transfer_new(const struct kube_config *config, const struct kube_call *call, bool fresh,
		      struct kube_request **ret_request)
{
	_cleanup_(transfer_freep) struct kube_request *request = calloc(1, sizeof(*request));
	int error;

	if (!request)
		return -ENOMEM;
	request->easy = curl_easy_init();
	if (!request->easy)
		return -ENOMEM;
	request->call = *call;
	request->begun_ms = request->heard_ms = clock_ms();
	protocol_set(request->easy, config);
	connection_set(request->easy, fresh);
	error = call_set(request, call);
	if (!error)
		error = tls_set(request->easy, config);
	if (!error)
		error = url_set(request, config, call->path);
	if (!error)
		error = headers_set(request, config, call);
	if (error)
		return error;
	*ret_request = STEAL(request);
	return 0;
}

uint64_t kube_transfer_deadline(const struct kube_request *request, bool *ret_mute)
{
	const struct kube_call *call = &request->call;
	unsigned idle_s = call->idle_timeout_s ?: IDLE_TIMEOUT_DEFAULT_S;
	uint64_t end = request->begun_ms + 1000ULL * (call->timeout_s ?: TIMEOUT_DEFAULT_S);
	uint64_t silence;

	if (!request->has_head && idle_s > HEAD_TIMEOUT_S)
		idle_s = HEAD_TIMEOUT_S;
	silence = request->heard_ms + 1000ULL * idle_s;
	*ret_mute = !request->has_head && silence < end;
	return silence < end ? silence : end;
}

static int errno_of(CURLcode result)
{
	switch (result) {
	case CURLE_OK:
		return 0;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_COULDNT_CONNECT:
		return -ECONNREFUSED;
	case CURLE_COULDNT_RESOLVE_HOST:
		return -EHOSTUNREACH;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CONNECT_ERROR:
		return -EPROTO;
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return -ECONNRESET;
	default:
		return -EIO;
	}
}

static void error_describe(const struct kube_request *request, int error, char *text, size_t size)
{
	const char *words = request->curl_error;

	if (request->failure == -ETIMEDOUT)
		words = "nothing came for too long";
	else if (request->failure == -EMSGSIZE)
		words = "the reply is too large";
	else if (request->failure)
		words = strerrordesc_np(-error);
	else if (!*words)
		words = curl_easy_strerror(request->result);
	snprintf(text, size, "%s", words ?: "unknown error");
}

/* Of the header; 0: there is none. */
static unsigned retry_after_s(const struct kube_request *request)
{
	curl_off_t seconds = 0;

	curl_easy_getinfo(request->easy, CURLINFO_RETRY_AFTER, &seconds);
	if (seconds > KUBE_RETRY_AFTER_MAX_S)
		return KUBE_RETRY_AFTER_MAX_S;
	return seconds > 0 ? (unsigned)seconds : 0;
}

void kube_transfer_report(struct kube_request *request)
{
	struct kube_failure failure = {0};
	struct kube_reply reply = {
		.error = request->failure ?: errno_of(request->result),
		.status = kube_transfer_status(request),
		.text = failure.text,
		.reason = failure.reason,
		.body = request->collected ?: "",
		.length = request->length,
	};

	if (reply.error)
		error_describe(request, reply.error, failure.text, sizeof(failure.text));
	else if (!is_success(reply.status))
		kube_reply_read(reply.status, reply.body, reply.length, &failure);
	reply.retry_after_s = retry_after_s(request) ?: failure.retry_after_s;
	request->call.on_done(request->call.context, &reply);
}
