/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of names, host names, paths and addresses in objects. Pure functions.
 * Those that return a text say what is wrong ("must begin with '/'"); NULL: nothing is.
 */
#ifndef PATHROUTE_ROUTE_TEXT_H
#define PATHROUTE_ROUTE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "../../bpf/datapath_abi.h"

#define DNS_LABEL_MAX 63

/* RFC 1123 label, lower case. */
bool route_text_is_label(const char *text);

/* RFC 1123 subdomain, lower case: labels with dots between them, at most max bytes. */
bool route_text_is_subdomain(const char *text, size_t max);

/* Value of a rule's path: what 2 readings of a request cannot take for different paths. */
const char *route_text_check_path(const char *path);

/* Path that a redirect sends the client to; %XX is possible there. */
const char *route_text_check_redirect_path(const char *path);

/* Number of elements: "/" and "" have none, "/a/" and "/a" one. */
unsigned route_text_path_depth(const char *path);

/* A host name of any case, "*." possible in front. */
const char *route_text_check_host(const char *host);

/* Address text to the 128-bit form; false: it is neither IPv4 nor IPv6. */
bool route_text_read_address(const char *text, struct ip_address *ret_address);

bool route_text_is_ipv4(const struct ip_address *address);

#endif
