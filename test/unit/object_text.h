/* SPDX-License-Identifier: Apache-2.0 */
/* Objects for tests, written as YAML. Anything unexpected fails the test. */
#ifndef PATHROUTE_TEST_OBJECT_TEXT_H
#define PATHROUTE_TEST_OBJECT_TEXT_H

#include "agent/base/rejection.h"
#include "agent/route/route_store.h"

/* 0 or the error of yaml_json_parse() or object_decode(); one document. */
int object_text_decode(const char *text, struct object **ret_object,
		       struct rejection *ret_rejection);

/* The object of one document, which is good. */
struct object *object_text_good(const char *text);

/* All documents into the store. */
void object_text_store(struct route_store *store, const char *text);

#endif
