/* SPDX-License-Identifier: Apache-2.0 */
/* Text of 16-byte IP addresses in network order; ::ffff:a.b.c.d is written as a.b.c.d. */
#ifndef PATHROUTE_ADDRESS_TEXT_H
#define PATHROUTE_ADDRESS_TEXT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS_TEXT_MAX 46
#define ADDRESS_PORT_TEXT_MAX 54

/* Returns ret_text. */
static inline const char *address_text(const void *address, char ret_text[ADDRESS_TEXT_MAX])
{
	struct in6_addr v6;

	memcpy(&v6, address, sizeof(v6));
	if (IN6_IS_ADDR_V4MAPPED(&v6))
		inet_ntop(AF_INET, &v6.s6_addr[12], ret_text, ADDRESS_TEXT_MAX);
	else
		inet_ntop(AF_INET6, &v6, ret_text, ADDRESS_TEXT_MAX);
	return ret_text;
}

/* "10.0.0.1:80" or "[fd00::1]:80"; the port in host order. Returns ret_text. */
static inline const char *address_port_text(const void *address, uint16_t port,
					    char ret_text[ADDRESS_PORT_TEXT_MAX])
{
	char text[ADDRESS_TEXT_MAX];
	const char *format = strchr(address_text(address, text), ':') ? "[%s]:%u" : "%s:%u";

	snprintf(ret_text, ADDRESS_PORT_TEXT_MAX, format, text, port);
	return ret_text;
}

#endif
