/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_show.h"

#include <stdio.h>
#include <string.h>

#include "../agent/base/address_text.h"
#include "../agent/base/cleanup.h"
#include "target_table.h"

static const char *const host_kinds[] = {[HOST_EXACT] = "host",
					 [HOST_SINGLE_LABEL] = "wildcard of one label",
					 [HOST_SUFFIX] = "wildcard of any depth",
					 [HOST_ANY] = "any host"};

static const char *const found_names[] = {[ROUTE_FOUND_NONE] = "None",
					  [ROUTE_FOUND_EXACT] = "Exact",
					  [ROUTE_FOUND_PREFIX] = "Prefix",
					  [ROUTE_FOUND_DEFAULT] = "Default"};

static const char *kind_name(const struct trace_step *step)
{
	if (step->is_path)
		return step->kind == PATH_EXACT ? "exact path" : "path prefix";
	return step->kind <= HOST_ANY ? host_kinds[step->kind] : "host";
}

/* "*.example.com" for the entry ".example.com"; "/" for the empty prefix. */
static void write_text(const struct trace_step *step, char text[TRACE_TEXT_MAX + 2])
{
	const char *star = !step->is_path && step->text[0] == '.' ? "*" : "";
	const char *slash = step->is_path && !step->text[0] ? "/" : "";

	snprintf(text, TRACE_TEXT_MAX + 2, "%s%s%s", star, slash, step->text);
}

static void write_outcome(const struct snapshot *snapshot, const struct trace_step *step,
			  char text[ROUTE_NAME_MAX + 16])
{
	if (!step->found)
		snprintf(text, ROUTE_NAME_MAX + 16, "not there");
	else if (!step->is_path)
		snprintf(text, ROUTE_NAME_MAX + 16, "there");
	else if (!step->rule)
		snprintf(text, ROUTE_NAME_MAX + 16, "not for this method");
	else
		snprintf(text, ROUTE_NAME_MAX + 16, "rule %s",
			 snapshot_rule_name(snapshot, step->rule));
}

/* A part of the head as it was read. */
static char *head_part(const struct hold_large *hold, unsigned offset, unsigned length)
{
	char *text = NULL;

	if (asprintf(&text, "%.*s", (int)length, (const char *)hold->data + offset) < 0)
		return NULL;
	return text;
}

static void print_refusal(enum verdict verdict)
{
	unsigned status = readings_verdict_status(verdict);

	if (status)
		printf("Answer    %u %s: %s\n", status, readings_verdict_label(verdict),
		       readings_verdict_text(verdict));
	else
		printf("Answer    %s: %s\n", readings_verdict_label(verdict),
		       readings_verdict_text(verdict));
}

static void add_verdict(cJSON *json, enum verdict verdict)
{
	if (verdict == VERDICT_CONTINUE)
		return;
	cJSON_AddStringToObject(json, "verdict", readings_verdict_label(verdict));
	cJSON_AddStringToObject(json, "reason", readings_verdict_text(verdict));
	cJSON_AddNumberToObject(json, "status", readings_verdict_status(verdict));
}

static void request_json(struct trace_show *show, const char *host, const char *path)
{
	cJSON *request = cJSON_AddObjectToObject(show->json, "request");

	cJSON_AddStringToObject(request, "method", show->words->method);
	cJSON_AddStringToObject(request, "host", show->words->host);
	cJSON_AddStringToObject(request, "target", show->words->target);
	add_verdict(show->json, show->verdict);
	if (show->verdict == VERDICT_CONTINUE) {
		cJSON_AddStringToObject(request, "readHost", host);
		cJSON_AddStringToObject(request, "readPath", path);
		cJSON_AddBoolToObject(request, "ambiguous",
				      show->hold->head.flags & HTTP_HEAD_AMBIGUOUS);
	}
	show->results = cJSON_AddArrayToObject(show->json, "results");
}

void trace_show_request(struct trace_show *show)
{
	const struct http_head *head = &show->hold->head;
	_cleanup_free_ char *host = head_part(show->hold, head->host, head->host_length);
	_cleanup_free_ char *path = head_part(show->hold, head->path, head->path_length);

	if (show->json) {
		request_json(show, host ? host : "", path ? path : "");
		return;
	}
	printf("Request   %s %s, Host: %s\n", show->words->method, show->words->target,
	       show->words->host);
	if (show->verdict != VERDICT_CONTINUE) {
		print_refusal(show->verdict);
		return;
	}
	printf("Read as   host \"%s\", path \"%s\"%s\n", host, path,
	       head->flags & HTTP_HEAD_AMBIGUOUS ? ", which can be read in two ways" : "");
}

static void print_steps(const struct snapshot *snapshot, const struct trace_result *result)
{
	static const char *const columns[] = {"LOOKED UP", "KEY", "RESULT", NULL};
	_cleanup_(table_freep) struct table *table = table_new(columns);

	for (uint32_t i = 0; i < result->step_count; i++) {
		const struct trace_step *step = &result->steps[i];
		char text[TRACE_TEXT_MAX + 2];
		char outcome[ROUTE_NAME_MAX + 16];

		write_text(step, text);
		write_outcome(snapshot, step, outcome);
		table_add(table, "%s%s", kind_name(step), step->canonical ? ", canonical" : "");
		table_add(table, "%s", text);
		table_add(table, "%s", outcome);
	}
	table_print(table, stdout);
}

static const char *why(const struct trace_result *result)
{
	switch (result->match.found) {
	case ROUTE_FOUND_EXACT:
		return "it has exactly this path";
	case ROUTE_FOUND_PREFIX:
		return "it has the longest prefix of the path";
	case ROUTE_FOUND_DEFAULT:
		return "the host's default backend, since no path fits";
	default:
		return result->match.host ? "the host is known, but none of its paths fits"
					  : "no host fits";
	}
}

static void print_rule(const struct snapshot *snapshot, const struct trace_result *result)
{
	const char *name = snapshot_rule_name(snapshot, result->match.rule);
	struct target target;

	printf("Rule      %s: %s\n", name, why(result));
	if (!target_take(snapshot, result->match.rule, &target))
		return;
	if (target.rule.action == RULE_REDIRECT) {
		printf("Answer    redirect %s\n", target.redirect);
	} else {
		_cleanup_(table_freep) struct table *table = target_table_new();

		printf("Policy    %s, ambiguous paths: %s\n", snapshot_algorithm(&target.rule),
		       snapshot_ambiguous(&target.rule));
		target_table_add(table, name, &target);
		table_print(table, stdout);
	}
	target_done(&target);
}

/* Two readings may lead to two rules. */
static void print_readings(const struct snapshot *snapshot, const struct route_match *match)
{
	printf("Rule      as it stands: %s",
	       match->rule ? snapshot_rule_name(snapshot, match->rule) : "none");
	printf(", canonical: %s\n", match->canonical_rule
					    ? snapshot_rule_name(snapshot, match->canonical_rule)
					    : "none");
}

static void print_no_rule(const struct snapshot *snapshot, const struct trace_result *result)
{
	const struct route_match *match = &result->match;

	if (result->verdict == VERDICT_NO_ROUTE)
		printf("Rule      none: %s\n", why(result));
	else
		print_readings(snapshot, match);
	print_refusal(result->verdict);
}

static void print_result(const struct trace_show *show, const struct trace_result *result)
{
	printf("\nListener ");
	for (size_t i = show->first_listener; i < show->end_listener; i++) {
		const struct snapshot_listener *listener = &show->snapshot->listeners[i];
		char text[ADDRESS_PORT_TEXT_MAX];

		printf("%s %s", i == show->first_listener ? "" : ",",
		       address_port_text(&listener->address, listener->port, text));
	}
	putchar('\n');
	print_steps(show->snapshot, result);
	if (result->verdict == VERDICT_CONTINUE)
		print_rule(show->snapshot, result);
	else
		print_no_rule(show->snapshot, result);
}

static cJSON *step_json(const struct snapshot *snapshot, const struct trace_step *step)
{
	cJSON *json = cJSON_CreateObject();
	char text[TRACE_TEXT_MAX + 2];

	write_text(step, text);
	cJSON_AddStringToObject(json, "lookedUp", kind_name(step));
	cJSON_AddStringToObject(json, "key", text);
	if (step->is_path)
		cJSON_AddBoolToObject(json, "canonical", step->canonical);
	cJSON_AddBoolToObject(json, "found", step->found);
	if (step->rule)
		cJSON_AddStringToObject(json, "rule", snapshot_rule_name(snapshot, step->rule));
	return json;
}

static void add_target(const struct snapshot *snapshot, const struct trace_result *result,
		       cJSON *json)
{
	struct target target;

	cJSON_AddStringToObject(json, "rule", snapshot_rule_name(snapshot, result->match.rule));
	if (!target_take(snapshot, result->match.rule, &target))
		return;
	cJSON_AddItemToObject(json, "target", target_json(&target));
	target_done(&target);
}

static cJSON *result_json(const struct trace_show *show, const struct trace_result *result)
{
	cJSON *json = cJSON_CreateObject();
	cJSON *listeners = cJSON_AddArrayToObject(json, "listeners");
	cJSON *steps = cJSON_AddArrayToObject(json, "steps");

	for (size_t i = show->first_listener; i < show->end_listener; i++) {
		const struct snapshot_listener *listener = &show->snapshot->listeners[i];
		char text[ADDRESS_PORT_TEXT_MAX];

		address_port_text(&listener->address, listener->port, text);
		cJSON_AddItemToArray(listeners, cJSON_CreateString(text));
	}
	for (uint32_t i = 0; i < result->step_count; i++)
		cJSON_AddItemToArray(steps, step_json(show->snapshot, &result->steps[i]));
	cJSON_AddStringToObject(json, "found", found_names[result->match.found]);
	cJSON_AddStringToObject(json, "why", why(result));
	add_verdict(json, result->verdict);
	if (result->verdict == VERDICT_CONTINUE)
		add_target(show->snapshot, result, json);
	return json;
}

void trace_show_result(struct trace_show *show, const struct trace_result *result)
{
	if (show->json)
		cJSON_AddItemToArray(show->results, result_json(show, result));
	else
		print_result(show, result);
}

void trace_show_end(struct trace_show *show)
{
	if (!show->json)
		return;
	context_print_json(show->json);
	show->json = NULL;
}
