/* SPDX-License-Identifier: Apache-2.0 */
#include "route_status_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/json_write.h"

static const char *const state_words[] = {
	[STATUS_ABSENT] = "Unknown",
	[STATUS_TRUE] = "True",
	[STATUS_FALSE] = "False",
	[STATUS_UNKNOWN] = "Unknown",
};

static struct status_condition of_report(const struct route_condition *condition,
					 int64_t generation)
{
	return (struct status_condition){
		.state = condition->holds ? STATUS_TRUE : STATUS_FALSE,
		.observed_generation = generation,
		.reason = condition->reason,
		.message = condition->message,
	};
}

static struct status_condition not_known(const struct status_facts *facts)
{
	return (struct status_condition){
		.state = STATUS_UNKNOWN,
		.observed_generation = facts->generation,
		.reason = "NotAccepted",
		.message = "",
	};
}

static struct status_condition accepted(const struct status_facts *facts)
{
	if (!facts->refused)
		return facts->route ? of_report(&facts->route->accepted, facts->route->generation)
				    : not_known(facts);
	return (struct status_condition){
		.state = STATUS_FALSE,
		.observed_generation = facts->generation,
		.reason = facts->refused->reason,
		.message = facts->refused->message,
	};
}

static struct status_condition programmed(const struct status_facts *facts, const char *text)
{
	bool all = facts->desired && facts->programmed >= facts->desired;
	const char *some = facts->programmed ? "PartiallyProgrammed" : "NoNodesReady";

	return (struct status_condition){
		.state = all ? STATUS_TRUE : STATUS_FALSE,
		.observed_generation = facts->generation,
		.reason = all ? "Programmed" : some,
		.message = text,
	};
}

static void since_set(struct status_condition *condition, const struct status_condition_mark *seen,
		      const char *now)
{
	bool stays = condition->state == seen->state && seen->since[0];

	snprintf(condition->since, sizeof(condition->since), "%s", stays ? seen->since : now);
}

void status_wish_make(const struct status_facts *facts, const struct route_status_mark *seen,
		      const char *now, struct status_wish *ret_wish)
{
	struct status_wish *wish = ret_wish;
	const struct route_status *route = facts->route;

	*wish = (struct status_wish){
		.observed_generation = facts->generation,
		.rules = facts->rules,
		.desired = facts->desired,
		.programmed = facts->programmed,
	};
	snprintf(wish->nodes_text, sizeof(wish->nodes_text), "%u/%u nodes", wish->programmed,
		 wish->desired);
	wish->conditions[STATUS_ACCEPTED] = accepted(facts);
	wish->conditions[STATUS_RESOLVED_REFS] =
		route ? of_report(&route->resolved_refs, route->generation) : not_known(facts);
	wish->conditions[STATUS_PROGRAMMED] = programmed(facts, wish->nodes_text);
	wish->conditions[STATUS_READY] =
		route ? of_report(&route->ready, route->generation) : not_known(facts);
	for (int i = 0; i < STATUS_CONDITION_COUNT; i++)
		since_set(&wish->conditions[i], &seen->conditions[i], now);
}

static bool is_same(const struct status_condition *wish, const struct status_condition_mark *seen)
{
	return wish->state == seen->state &&
	       wish->observed_generation == seen->observed_generation &&
	       status_text_hash(wish->reason, wish->message) == seen->text;
}

/* All but the counts: a condition that stays what it was may say so with other numbers. */
static bool counts_only(const struct status_wish *wish, const struct route_status_mark *seen)
{
	const struct status_condition *mine = &wish->conditions[STATUS_PROGRAMMED];
	const struct status_condition_mark *theirs = &seen->conditions[STATUS_PROGRAMMED];

	for (int i = 0; i < STATUS_CONDITION_COUNT; i++) {
		if (i != STATUS_PROGRAMMED && !is_same(&wish->conditions[i], &seen->conditions[i]))
			return false;
	}
	return wish->observed_generation == seen->observed_generation &&
	       wish->rules == seen->rules && mine->state == theirs->state &&
	       mine->observed_generation == theirs->observed_generation;
}

enum status_difference status_wish_compare(const struct status_wish *wish,
					   const struct route_status_mark *seen)
{
	if (!counts_only(wish, seen))
		return STATUS_OTHER;
	if (wish->desired != seen->desired || wish->programmed != seen->programmed ||
	    !is_same(&wish->conditions[STATUS_PROGRAMMED], &seen->conditions[STATUS_PROGRAMMED]))
		return STATUS_COUNTS;
	return STATUS_SAME;
}

void status_wish_mark(const struct status_wish *wish, struct route_status_mark *mark)
{
	mark->observed_generation = wish->observed_generation;
	mark->rules = wish->rules;
	mark->desired = wish->desired;
	mark->programmed = wish->programmed;
	for (int i = 0; i < STATUS_CONDITION_COUNT; i++) {
		const struct status_condition *condition = &wish->conditions[i];
		struct status_condition_mark *seen = &mark->conditions[i];

		seen->state = condition->state;
		seen->observed_generation = condition->observed_generation;
		seen->text = status_text_hash(condition->reason, condition->message);
		memcpy(seen->since, condition->since, sizeof(seen->since));
	}
}

static void condition_encode(struct json_writer *writer, enum status_condition_type type,
			     const struct status_condition *condition)
{
	json_write_object(writer, NULL);
	json_write_text(writer, "type", status_condition_name(type));
	json_write_text(writer, "status", state_words[condition->state]);
	json_write_integer(writer, "observedGeneration", condition->observed_generation);
	json_write_text(writer, "lastTransitionTime", condition->since);
	json_write_text(writer, "reason", condition->reason);
	json_write_text(writer, "message", condition->message);
	json_write_object_end(writer);
}

static void status_encode(struct json_writer *writer, const struct status_wish *wish)
{
	json_write_object(writer, "status");
	json_write_integer(writer, "observedGeneration", wish->observed_generation);
	json_write_integer(writer, "rules", wish->rules);
	json_write_object(writer, "nodes");
	json_write_integer(writer, "desired", wish->desired);
	json_write_integer(writer, "programmed", wish->programmed);
	json_write_object_end(writer);
	json_write_array(writer, "conditions");
	for (int i = 0; i < STATUS_CONDITION_COUNT; i++)
		condition_encode(writer, (enum status_condition_type)i, &wish->conditions[i]);
	json_write_array_end(writer);
	json_write_object_end(writer);
}

char *status_wish_encode(const struct status_wish *wish, const char *version)
{
	struct json_memory memory;

	if (!json_memory_begin(&memory))
		return NULL;
	json_write_object(&memory.writer, NULL);
	json_write_object(&memory.writer, "metadata");
	json_write_text(&memory.writer, "resourceVersion", version);
	json_write_object_end(&memory.writer);
	status_encode(&memory.writer, wish);
	json_write_object_end(&memory.writer);
	return json_memory_end(&memory);
}
