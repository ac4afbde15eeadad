/* SPDX-License-Identifier: Apache-2.0 */
#include "options_spec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define PORT_MIN 1024
#define PORT_MAX 65535
#define PORTS_MIN 256

static const struct options_word attach_words[] = {
	{"auto", ATTACH_WISH_AUTO},
	{"tcx", ATTACH_WISH_TCX},
	{"clsact", ATTACH_WISH_CLSACT},
	{NULL, 0},
};

static const struct options_word delivery_words[] = {
	{"fast", DELIVERY_FAST},
	{"chain", DELIVERY_CHAIN},
	{NULL, 0},
};

static const struct options_word level_words[] = {
	{"error", LOG_ERR}, {"warning", LOG_WARNING}, {"info", LOG_INFO}, {"debug", LOG_DEBUG},
	{NULL, 0},
};

static const struct options_word log_format_words[] = {
	{"json", OPTIONS_LOG_JSON},
	{"combined", OPTIONS_LOG_COMBINED},
	{NULL, 0},
};

#define FIELD(name) offsetof(struct options, name)

const struct options_spec options_specs[] = {
	{"config", OPTIONS_TEXT, FIELD(config), 0, 0, NULL},
	{"manifests", OPTIONS_TEXT, FIELD(manifests), 0, 0, NULL},
	{"kubeconfig", OPTIONS_TEXT, FIELD(kubeconfig), 0, 0, NULL},
	{"kube-context", OPTIONS_TEXT, FIELD(kube_context), 0, 0, NULL},
	{"namespace", OPTIONS_TEXT, FIELD(namespace), 0, 0, NULL},
	{"node-name", OPTIONS_TEXT, FIELD(node_name), 0, 0, NULL},
	{"zone", OPTIONS_TEXT, FIELD(zone), 0, 0, NULL},
	{"lease-namespace", OPTIONS_TEXT, FIELD(lease_namespace), 0, 0, NULL},
	{"daemonset", OPTIONS_TEXT, FIELD(daemonset), 0, 0, NULL},
	{"device", OPTIONS_TEXTS, FIELD(devices), 0, 0, NULL},
	{"uplink", OPTIONS_TEXTS, FIELD(uplinks), 0, 0, NULL},
	{"nat-ports", OPTIONS_PORTS, FIELD(nat_ports), 0, 0, NULL},
	{"class", OPTIONS_TEXT, FIELD(class_name), 0, 0, NULL},
	{"bpffs", OPTIONS_TEXT, FIELD(bpffs), 0, 0, NULL},
	{"http-listen", OPTIONS_TEXT, FIELD(http_listen), 0, 0, NULL},
	{"node-address", OPTIONS_ADDRESSES, FIELD(node_addresses), 0, 0, NULL},
	{"attach", OPTIONS_WORD, FIELD(attach), 0, 0, attach_words},
	{"delivery", OPTIONS_WORD, FIELD(delivery), 0, 0, delivery_words},
	{"xdp", OPTIONS_TEXTS, FIELD(xdp), 0, 0, NULL},
	{"max-flows", OPTIONS_NUMBER, FIELD(max_flows), 64, 1 << 24, NULL},
	{"max-rules", OPTIONS_NUMBER, FIELD(max_rules), 16, 1 << 22, NULL},
	{"max-endpoints", OPTIONS_NUMBER, FIELD(max_endpoints), 16, 1 << 22, NULL},
	{"holds-large", OPTIONS_NUMBER, FIELD(holds_large), 16, 1 << 20, NULL},
	{"source-cap", OPTIONS_NUMBER, FIELD(source_cap), 1, 1 << 20, NULL},
	{"head-timeout", OPTIONS_NUMBER, FIELD(head_timeout_s), 1, 3600, NULL},
	{"idle-timeout", OPTIONS_NUMBER, FIELD(idle_timeout_s), 1, 1 << 21, NULL},
	{"mss", OPTIONS_NUMBER, FIELD(mss), 536, 65000, NULL},
	{"access-log", OPTIONS_TEXT, FIELD(access_log), 0, 0, NULL},
	{"access-log-format", OPTIONS_WORD, FIELD(access_log_format), 0, 0, log_format_words},
	{"access-log-sample", OPTIONS_NUMBER, FIELD(access_log_sample), 1, 1000000, NULL},
	{"log-level", OPTIONS_WORD, FIELD(log_level), 0, 0, level_words},
};

const size_t options_spec_count = sizeof(options_specs) / sizeof(options_specs[0]);

_Static_assert(sizeof(options_specs) / sizeof(options_specs[0]) <= OPTIONS_SPECS_MAX, "raise it");
_Static_assert(sizeof(enum attach_wish) == sizeof(int), "words are ints");
_Static_assert(sizeof(enum delivery) == sizeof(int), "words are ints");
_Static_assert(sizeof(enum options_log_format) == sizeof(int), "words are ints");

int options_spec_find(const char *name)
{
	for (size_t i = 0; i < options_spec_count; i++) {
		if (!strcmp(options_specs[i].name, name))
			return (int)i;
	}
	return -1;
}

static int text_set(char **field, const char *value, char *ret_error)
{
	char *copy;

	if (!*value) {
		snprintf(ret_error, OPTIONS_ERROR_MAX, "must not be empty");
		return -EINVAL;
	}
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

static int text_add(struct options_texts *texts, const char *value, char *ret_error)
{
	char **items = reallocarray(texts->items, texts->count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	texts->items = items;
	items[texts->count] = NULL;

	int error = text_set(&items[texts->count], value, ret_error);

	texts->count += !error;
	return error;
}

static int number_set(const struct options_spec *spec, uint32_t *field, const char *value,
		      char *ret_error)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno || end == value || *end || *value < '0' || *value > '9' || number < spec->low ||
	    number > spec->high) {
		snprintf(ret_error, OPTIONS_ERROR_MAX,
			 "must be a whole number from %u to %u, not \"%s\"", spec->low, spec->high,
			 value);
		return -EINVAL;
	}
	*field = (uint32_t)number;
	return 0;
}

static int word_set(const struct options_spec *spec, int *field, const char *value, char *ret_error)
{
	size_t length = 0;

	for (const struct options_word *word = spec->words; word->text; word++) {
		if (strcmp(word->text, value))
			continue;
		*field = word->value;
		return 0;
	}
	snprintf(ret_error, OPTIONS_ERROR_MAX, "unknown value \"%s\", one of:", value);
	for (const struct options_word *word = spec->words; word->text; word++) {
		length = strlen(ret_error);
		snprintf(ret_error + length, OPTIONS_ERROR_MAX - length, " %s", word->text);
	}
	return -EINVAL;
}

static bool address_parse(const char *text, struct ip_address *ret_address)
{
	struct ip_address address = {{0, 0, htonl(0xffff), 0}};

	if (inet_pton(AF_INET, text, &address.word[3]) != 1 &&
	    inet_pton(AF_INET6, text, address.word) != 1)
		return false;
	*ret_address = address;
	return true;
}

static int address_add(struct options *options, const char *value, char *ret_error)
{
	struct ip_address address, *addresses;

	if (!address_parse(value, &address)) {
		snprintf(ret_error, OPTIONS_ERROR_MAX, "\"%s\" is no IP address", value);
		return -EINVAL;
	}
	addresses = reallocarray(options->node_addresses, options->node_address_count + 1,
				 sizeof(*addresses));
	if (!addresses)
		return -ENOMEM;
	addresses[options->node_address_count++] = address;
	options->node_addresses = addresses;
	return 0;
}

static int ports_set(struct options_ports *ports, const char *value, char *ret_error)
{
	unsigned long first, last = 0;
	char *end;

	first = strtoul(value, &end, 10);
	if (*end == '-')
		last = strtoul(end + 1, &end, 10);
	if (*end || *value < '0' || *value > '9' || first < PORT_MIN || last > PORT_MAX ||
	    last < first + PORTS_MIN - 1) {
		snprintf(ret_error, OPTIONS_ERROR_MAX,
			 "must be FIRST-LAST with at least %d ports from %d to %d, not \"%s\"",
			 PORTS_MIN, PORT_MIN, PORT_MAX, value);
		return -EINVAL;
	}
	ports->first = (uint16_t)first;
	ports->count = (uint16_t)(last - first + 1);
	return 0;
}

int options_spec_set(struct options *options, const struct options_spec *spec, const char *value,
		     char ret_error[OPTIONS_ERROR_MAX])
{
	void *field = (char *)options + spec->offset;

	switch (spec->kind) {
	case OPTIONS_TEXT:
		return text_set(field, value, ret_error);
	case OPTIONS_TEXTS:
		return text_add(field, value, ret_error);
	case OPTIONS_NUMBER:
		return number_set(spec, field, value, ret_error);
	case OPTIONS_WORD:
		return word_set(spec, field, value, ret_error);
	case OPTIONS_ADDRESSES:
		return address_add(options, value, ret_error);
	case OPTIONS_PORTS:
		return ports_set(field, value, ret_error);
	}
	return -EINVAL;
}
