/* SPDX-License-Identifier: Apache-2.0 */
#include "object_digest.h"

#include <stdbool.h>
#include <string.h>

#include <cjson/cJSON.h>

/* FNV-1a. Who makes two versions collide only keeps an own change from being seen. */
#define BASIS 0xcbf29ce484222325ULL
#define PRIME 0x100000001b3ULL

static uint64_t bytes_add(uint64_t sum, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	while (length-- > 0)
		sum = (sum ^ *at++) * PRIME;
	return sum;
}

/* With the NUL, so that "a", "bc" is not "ab", "c". */
static uint64_t text_add(uint64_t sum, const char *text)
{
	return bytes_add(sum, text, strlen(text) + 1);
}

static uint64_t value_add(uint64_t sum, const cJSON *value)
{
	const cJSON *item;
	int type = value->type & 0xff;

	if (value->string)
		sum = text_add(sum, value->string);
	sum = bytes_add(sum, &type, sizeof(type));
	if (cJSON_IsString(value))
		return text_add(sum, value->valuestring);
	if (cJSON_IsNumber(value))
		return bytes_add(sum, &value->valuedouble, sizeof(value->valuedouble));
	cJSON_ArrayForEach (item, value)
		sum = value_add(sum, item);
	/* Where it ends. */
	return bytes_add(sum, &type, sizeof(type));
}

static bool is_one_of(const char *key, const char *const *keys)
{
	while (*keys && strcmp(*keys, key))
		keys++;
	return *keys;
}

static uint64_t metadata_add(uint64_t sum, const cJSON *metadata, enum object_kind kind)
{
	static const char *const of_all[] = {"name", "namespace", "uid", "creationTimestamp", NULL};
	/* Of the others it also counts what does not matter here, or is not there. */
	static const char *const of_route[] = {"generation", NULL};
	static const char *const of_slice[] = {"labels", NULL};
	static const char *const none[] = {NULL};
	const char *const *more = kind == OBJECT_PATH_ROUTE       ? of_route
				  : kind == OBJECT_ENDPOINT_SLICE ? of_slice
								  : none;
	const cJSON *member;

	cJSON_ArrayForEach (member, metadata) {
		if (is_one_of(member->string, of_all) || is_one_of(member->string, more))
			sum = value_add(sum, member);
	}
	return sum;
}

uint64_t object_digest(const struct cJSON *tree, enum object_kind kind)
{
	uint64_t sum = BASIS;
	const cJSON *member;

	cJSON_ArrayForEach (member, tree) {
		if (!strcmp(member->string, "metadata") && cJSON_IsObject(member))
			sum = metadata_add(sum, member, kind);
		else if (kind != OBJECT_PATH_ROUTE || strcmp(member->string, "status"))
			sum = value_add(sum, member);
	}
	return sum ? sum : 1;
}
