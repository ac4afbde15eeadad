/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for the numbers in a log entry. What was read once is kept until it is forgotten. A text
 * is valid until another rule's or endpoint's is asked for; "" is of what has no name.
 */
#ifndef PATHROUTE_REQUEST_NAMES_H
#define PATHROUTE_REQUEST_NAMES_H

#include <stdint.h>

struct request_names;

/* Opens the maps by their pins. Returns 0 or a negative errno. */
int request_names_open(const char *directory, struct request_names **ret_names);

/* Accepts NULL. */
void request_names_close(struct request_names *names);

/* To be called when routes have changed. Accepts NULL. */
void request_names_forget(struct request_names *names);

/* "namespace/route/rule" */
const char *request_names_rule(struct request_names *names, uint32_t rule);

/* "namespace/service:port" */
const char *request_names_service(struct request_names *names, uint32_t endpoint);

/* "10.0.1.2:8080" */
const char *request_names_endpoint(struct request_names *names, uint32_t endpoint);

#endif
