/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of a short-lived command: when there is none, a message is printed and it exits with 1. */
#ifndef PATHROUTE_CTL_ALLOCATE_H
#define PATHROUTE_CTL_ALLOCATE_H

#include <stddef.h>

void *allocate_zeroed(size_t count, size_t size);
char *allocate_copy(const char *text);

/* Grows an array so that one more element than `count` fits. Returns its place. */
void *allocate_room(void *array, size_t size, size_t count, size_t *capacity);

void allocate_failed(void) __attribute__((noreturn));

#endif
