/* SPDX-License-Identifier: Apache-2.0 */
/* What pathroutectl says, checked. Everything here fails the running test. */
#ifndef PATHROUTE_TEST_CTL_JSON_H
#define PATHROUTE_TEST_CTL_JSON_H

#include <cjson/cJSON.h>

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Runs a command with -o json; the tree is valid until the next run. */
const cJSON *ctl_json_run(const char *bpffs, int expected_status, const char *const *words);

/* Runs a command; the caller frees the text. */
char *ctl_json_run_text(const char *bpffs, int expected_status, const char *const *words);

/* The value at "a.b.0.c" below the tree. */
const cJSON *ctl_json_at(const cJSON *json, const char *path);

/* The object of a list that has this text. */
const cJSON *ctl_json_named(const cJSON *list, const char *key, const char *value);

void ctl_json_assert_text(const cJSON *json, const char *path, const char *expected);
void ctl_json_assert_number(const cJSON *json, const char *path, double expected);

#endif
