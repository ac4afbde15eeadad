/* SPDX-License-Identifier: Apache-2.0 */
#include "route_text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>

static bool is_label_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
}

static bool is_label(const char *text, size_t length)
{
	size_t i;

	if (length == 0 || length > DNS_LABEL_MAX)
		return false;
	for (i = 0; i < length; i++) {
		if (!is_label_byte(text[i]))
			return false;
	}
	return text[0] != '-' && text[length - 1] != '-';
}

bool route_text_is_label(const char *text)
{
	return is_label(text, strlen(text));
}

bool route_text_is_subdomain(const char *text, size_t max)
{
	size_t length;

	if (strlen(text) > max)
		return false;
	for (;;) {
		length = strcspn(text, ".");
		if (!is_label(text, length))
			return false;
		if (text[length] == '\0')
			return true;
		text += length + 1;
	}
}

static bool has_dot_segment(const char *path)
{
	size_t length;

	while (*path == '/') {
		length = strcspn(++path, "/");
		if ((length == 1 && path[0] == '.') ||
		    (length == 2 && path[0] == '.' && path[1] == '.'))
			return true;
		path += length;
	}
	return false;
}

static bool is_visible_ascii(const char *text)
{
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~')
			return false;
	}
	return true;
}

/* What is common to every path that an object may name. */
static const char *check_path_form(const char *path)
{
	if (path[0] != '/')
		return "must begin with '/'";
	if (strlen(path) > ROUTE_PATH_MAX)
		return "is longer than 256 bytes";
	if (!is_visible_ascii(path))
		return "must be visible ASCII: no space, no control byte, no byte above 0x7e";
	if (strpbrk(path, "?#"))
		return "must not have '?' or '#'";
	if (strchr(path, '\\'))
		return "must not have '\\'";
	if (strstr(path, "//"))
		return "must not have '//'";
	if (has_dot_segment(path))
		return "must not have '.' or '..' as an element";
	return NULL;
}

const char *route_text_check_path(const char *path)
{
	const char *wrong = check_path_form(path);

	if (wrong)
		return wrong;
	if (strpbrk(path, "%;"))
		return "must not have '%' or ';'";
	if (route_text_path_depth(path) > ROUTE_DEPTH_MAX)
		return "has more than 31 elements";
	return NULL;
}

const char *route_text_check_redirect_path(const char *path)
{
	const char *wrong = check_path_form(path);
	const char *percent;

	if (wrong)
		return wrong;
	if (strpbrk(path, "\"<>^`{|}"))
		return "must not have any of \"<>^`{|}";
	for (percent = strchr(path, '%'); percent; percent = strchr(percent + 1, '%')) {
		if (!isxdigit((unsigned char)percent[1]) || !isxdigit((unsigned char)percent[2]))
			return "has a '%' without two hex digits";
	}
	return NULL;
}

unsigned route_text_path_depth(const char *path)
{
	unsigned depth = 0;

	for (; *path; path++) {
		if (*path == '/' && path[1] != '\0' && path[1] != '/')
			depth++;
	}
	return depth;
}

const char *route_text_check_host(const char *host)
{
	char lower[ROUTE_HOST_MAX + 1] = {0};
	size_t length = strlen(host), i;

	if (length > ROUTE_HOST_MAX)
		return "is longer than 253 bytes";
	for (i = 0; i < length; i++)
		lower[i] = (char)tolower((unsigned char)host[i]);
	if (!strcmp(lower, "*"))
		return "must be a host name; leave hostnames out for any host";
	if (!strncmp(lower, "*.", 2))
		host = lower + 2;
	else
		host = lower;
	if (strchr(host, '*'))
		return "may have '*' only as its whole first label";
	if (!route_text_is_subdomain(host, ROUTE_HOST_MAX))
		return "must be a DNS name: labels of letters, digits and '-', with dots between";
	return NULL;
}

bool route_text_read_address(const char *text, struct ip_address *ret_address)
{
	struct ip_address address = {.word = {0, 0, htonl(0xffff), 0}};

	if (inet_pton(AF_INET, text, &address.word[3]) != 1 &&
	    inet_pton(AF_INET6, text, address.word) != 1)
		return false;
	*ret_address = address;
	return true;
}

bool route_text_is_ipv4(const struct ip_address *address)
{
	return address->word[0] == 0 && address->word[1] == 0 && address->word[2] == htonl(0xffff);
}
