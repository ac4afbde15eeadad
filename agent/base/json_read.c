/* SPDX-License-Identifier: Apache-2.0 */
#include "json_read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PATH_DEPTH_MAX 32

void json_note_line(cJSON *json, unsigned line)
{
	/* Objects and arrays have no use for their number. */
	if (cJSON_IsObject(json) || cJSON_IsArray(json))
		json->valuedouble = line;
}

unsigned json_line(const cJSON *json)
{
	if (!cJSON_IsObject(json) && !cJSON_IsArray(json))
		return 0;
	return (unsigned)json->valuedouble;
}

struct json_value json_root(const cJSON *json, struct rejection *rejection)
{
	return (struct json_value){.json = json, .rejection = rejection};
}

struct json_value json_member(const struct json_value *object, const char *key)
{
	struct json_value member = {
		.parent = object,
		.key = key,
		.rejection = object->rejection,
	};

	if (cJSON_IsObject(object->json))
		member.json = cJSON_GetObjectItemCaseSensitive(object->json, key);
	if (cJSON_IsNull(member.json))
		member.json = NULL;
	return member;
}

struct json_value json_element(const struct json_value *array, const cJSON *json, size_t index)
{
	return (struct json_value){
		.json = cJSON_IsNull(json) ? NULL : json,
		.parent = array,
		.index = index,
		.rejection = array->rejection,
	};
}

/* Appends as much as fits; the answer is the new length. */
__attribute__((format(printf, 3, 4))) static size_t append(char *text, size_t length,
							   const char *format, ...)
{
	va_list arguments;
	int added;

	va_start(arguments, format);
	added = vsnprintf(text + length, REJECTION_MESSAGE_MAX - length, format, arguments);
	va_end(arguments);
	if (added < 0)
		return length;
	length += (size_t)added;
	return length < REJECTION_MESSAGE_MAX ? length : REJECTION_MESSAGE_MAX - 1;
}

static size_t append_path(char *text, const struct json_value *value)
{
	const struct json_value *steps[PATH_DEPTH_MAX];
	size_t depth = 0, length = 0;

	text[0] = '\0';
	for (; value && value->parent && depth < PATH_DEPTH_MAX; value = value->parent)
		steps[depth++] = value;
	while (depth-- > 0) {
		if (steps[depth]->key)
			length = append(text, length, "%s%s", length ? "." : "", steps[depth]->key);
		else
			length = append(text, length, "[%zu]", steps[depth]->index);
	}
	return length ? append(text, length, ": ") : 0;
}

static unsigned nearest_line(const struct json_value *value)
{
	for (; value; value = value->parent) {
		if (json_line(value->json))
			return json_line(value->json);
	}
	return 0;
}

int json_reject(const struct json_value *value, const char *reason, const char *format, ...)
{
	struct rejection *rejection = value->rejection;
	va_list arguments;
	size_t length;

	if (!rejection)
		return -EINVAL;
	rejection->reason = reason;
	rejection->line = nearest_line(value);
	length = append_path(rejection->message, value);
	va_start(arguments, format);
	vsnprintf(rejection->message + length, REJECTION_MESSAGE_MAX - length, format, arguments);
	va_end(arguments);
	rejection_clean(rejection);
	return -EINVAL;
}

static int reject_type(const struct json_value *value, const char *wanted)
{
	return json_reject(value, REASON_UNSUPPORTED_VALUE, "must be %s", wanted);
}

int json_require(const struct json_value *value)
{
	if (!value->json)
		return json_reject(value, REASON_UNSUPPORTED_VALUE, "is missing");
	return 0;
}

int json_read_object(const struct json_value *value)
{
	if (value->json && !cJSON_IsObject(value->json))
		return reject_type(value, "a mapping");
	return 0;
}

int json_read_array(const struct json_value *value, size_t max, size_t *ret_count)
{
	size_t count = 0;
	const cJSON *item;

	if (value->json && !cJSON_IsArray(value->json))
		return reject_type(value, "a list");
	cJSON_ArrayForEach (item, value->json)
		count++;
	if (count > max)
		return json_reject(value, REASON_UNSUPPORTED_VALUE,
				   "has %zu entries, at most %zu are possible", count, max);
	*ret_count = count;
	return 0;
}

int json_read_bool(const struct json_value *value, bool *ret_flag)
{
	if (!value->json)
		return 0;
	if (!cJSON_IsBool(value->json))
		return reject_type(value, "true or false");
	*ret_flag = cJSON_IsTrue(value->json);
	return 0;
}

/* Beyond 2^53 a double no longer tells whole numbers apart. Also false for NaN. */
static bool is_whole(double number)
{
	return number >= -9007199254740992.0 && number <= 9007199254740992.0 &&
	       number == (double)(int64_t)number;
}

int json_read_integer(const struct json_value *value, int64_t min, int64_t max, int64_t *ret_number)
{
	double number;

	if (!value->json)
		return 0;
	if (!cJSON_IsNumber(value->json))
		return reject_type(value, "a whole number");
	number = value->json->valuedouble;
	if (!is_whole(number))
		return reject_type(value, "a whole number");
	if (number < (double)min || number > (double)max)
		return json_reject(value, REASON_UNSUPPORTED_VALUE,
				   "%.0f is not between %lld and %lld", number, (long long)min,
				   (long long)max);
	*ret_number = (int64_t)number;
	return 0;
}

int json_read_text(const struct json_value *value, size_t max, const char **ret_text)
{
	if (!value->json)
		return 0;
	if (!cJSON_IsString(value->json))
		return reject_type(value, "a string (put it in quotes)");
	if (strlen(value->json->valuestring) > max)
		return json_reject(value, REASON_UNSUPPORTED_VALUE, "is longer than %zu bytes",
				   max);
	*ret_text = value->json->valuestring;
	return 0;
}

int json_copy_text(const struct json_value *value, size_t max, char **ret_text)
{
	const char *text = NULL;
	char *copy;
	int error;

	error = json_read_text(value, max, &text);
	if (error || !text)
		return error;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	*ret_text = copy;
	return 0;
}

static void list_words(const struct json_word *words, char *list, size_t size)
{
	size_t length = 0;
	int added;

	list[0] = '\0';
	for (; words->text; words++) {
		added = snprintf(list + length, size - length, "%s%s", length ? ", " : "",
				 words->text);
		if (added < 0 || (size_t)added >= size - length)
			return;
		length += (size_t)added;
	}
}

int json_read_word(const struct json_value *value, const struct json_word *words, int *ret_word)
{
	const struct json_word *word;
	const char *text = NULL;
	char list[128];
	int error;

	error = json_read_text(value, 64, &text);
	if (error || !text)
		return error;
	for (word = words; word->text; word++) {
		if (!strcmp(word->text, text)) {
			*ret_word = word->value;
			return 0;
		}
	}
	list_words(words, list, sizeof(list));
	return json_reject(value, REASON_UNSUPPORTED_VALUE, "\"%s\" is none of %s", text, list);
}
