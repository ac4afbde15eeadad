/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "../agent/base/cleanup.h"
#include "../agent/datapath/readings_lists.h"
#include "../agent/datapath/readings_map.h"
#include "allocate.h"
#include "amounts.h"
#include "context.h"
#include "table.h"
#include "top_rates.h"

#define LIMIT_DEFAULT 100
#define LINES_AROUND 3U /* of a screen: summary, titles, the line of the cursor */

/* Home, and clear to the end. */
#define SCREEN_CLEAR "\033[H\033[J"

struct top {
	const struct context *context;
	size_t rounds; /* 0: no end */
	size_t limit;
	struct readings before; /* rules only */
	struct readings now;
	double before_s; /* when they were taken */
	double now_s;
	struct top_row *rows;
};

static double clock_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct connection_count {
	uint32_t *of_rule; /* by number */
	uint32_t limit;
};

static int count_connection(const void *key, const void *value, void *context)
{
	const struct connection_count *count = context;
	const struct flow *flow = value;

	(void)key;
	if (flow->state != FLOW_FREE && flow->rule < count->limit)
		count->of_rule[flow->rule]++;
	return 0;
}

static int count_connections(const struct context *context, struct connection_count *count)
{
	struct readings_map_walk walk = {.visit = count_connection, .context = count};
	int error = readings_flows_high_water(&context->maps, &walk.limit);

	if (!error && walk.limit)
		error = readings_map_walk(context->maps.fd[READINGS_MAP_flow_slots], &walk);
	return error;
}

static int connections_fill(const struct context *context, struct top_row *rows, size_t row_count)
{
	struct connection_count count = {0};
	int error = readings_map_capacity(context->maps.fd[READINGS_MAP_rules], &count.limit);

	if (error)
		return error;
	count.of_rule = allocate_zeroed(count.limit, sizeof(*count.of_rule));
	error = count_connections(context, &count);
	for (size_t i = 0; !error && i < row_count; i++)
		rows[i].connections = count.of_rule[rows[i].rule->id];
	free(count.of_rule);
	return error;
}

/* Rows of the screen; without a terminal the limit alone counts. */
static size_t rows_shown(const struct top *top)
{
	struct winsize size = {0};
	size_t rows = top->limit;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row > LINES_AROUND &&
	    size.ws_row - LINES_AROUND < rows)
		rows = size.ws_row - LINES_AROUND;
	return rows < top->now.rule_count ? rows : top->now.rule_count;
}

static void print_summary(const struct top *top)
{
	double requests = 0, errors = 0;
	size_t connections = 0;
	char text[16];
	time_t now = time(NULL);
	struct tm local;

	for (size_t i = 0; i < top->now.rule_count; i++) {
		requests += top->rows[i].requests;
		errors += top->rows[i].errors;
		connections += top->rows[i].connections;
	}
	localtime_r(&now, &local);
	strftime(text, sizeof(text), "%H:%M:%S", &local);
	printf("%s  %zu rules, %.1f requests/s, %.1f 5xx/s, %zu connections\n", text,
	       top->now.rule_count, requests, errors, connections);
}

static void add_row(struct table *table, const struct top_row *row)
{
	char text[AMOUNT_TEXT_MAX];

	table_add(table, "%s", row->rule->name);
	table_add(table, "%.1f", row->requests);
	table_add(table, "%.1f", row->aborted);
	table_add(table, "%.1f", row->errors);
	table_add(table, row->replies > 0 ? "%.1f %%" : "-", 100 * row->errors / row->replies);
	table_add(table, "%s", amount_time(row->p50_us, text));
	table_add(table, "%s", amount_time(row->p99_us, text));
	table_add(table, "%s", amount_bytes(row->bytes_to_pod, text));
	table_add(table, "%s", amount_bytes(row->bytes_to_client, text));
	table_add(table, "%u", row->connections);
}

static void print_table(const struct top *top)
{
	static const char *const columns[] = {"RULE",   ">REQUESTS/S",  ">ABORTED/S", ">5XX/S",
					      ">5XX",   ">P50",         ">P99",       ">IN/S",
					      ">OUT/S", ">CONNECTIONS", NULL};
	_cleanup_(table_freep) struct table *table = table_new(columns);
	size_t shown = rows_shown(top);

	for (size_t i = 0; i < shown; i++)
		add_row(table, &top->rows[i]);
	if (isatty(STDOUT_FILENO))
		fputs(SCREEN_CLEAR, stdout);
	print_summary(top);
	table_print(table, stdout);
	if (!isatty(STDOUT_FILENO))
		putchar('\n');
}

static cJSON *row_json(const struct top_row *row)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "rule", row->rule->name);
	cJSON_AddNumberToObject(json, "requestsPerSecond", row->requests);
	cJSON_AddNumberToObject(json, "repliesPerSecond", row->replies);
	cJSON_AddNumberToObject(json, "errorsPerSecond", row->errors);
	cJSON_AddNumberToObject(json, "abortedPerSecond", row->aborted);
	cJSON_AddNumberToObject(json, "bytesToPodPerSecond", row->bytes_to_pod);
	cJSON_AddNumberToObject(json, "bytesToClientPerSecond", row->bytes_to_client);
	cJSON_AddItemToObject(json, "p50Us",
			      row->p50_us < 0 ? cJSON_CreateNull()
					      : cJSON_CreateNumber(row->p50_us));
	cJSON_AddItemToObject(json, "p99Us",
			      row->p99_us < 0 ? cJSON_CreateNull()
					      : cJSON_CreateNumber(row->p99_us));
	cJSON_AddNumberToObject(json, "connections", row->connections);
	return json;
}

/* One line for each round. */
static void print_json(const struct top *top)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *rules = cJSON_AddArrayToObject(root, "rules");

	cJSON_AddNumberToObject(root, "seconds", top->now_s - top->before_s);
	for (size_t i = 0; i < top->now.rule_count && i < top->limit; i++)
		cJSON_AddItemToArray(rules, row_json(&top->rows[i]));
	context_print_json_line(root);
}

static int round_run(struct top *top)
{
	const struct timespec second = {.tv_sec = 1};
	int error;

	nanosleep(&second, NULL);
	error = readings_rules_take(&top->context->maps, &top->now);
	if (error)
		return error;
	top->now_s = clock_seconds();
	top->rows = allocate_zeroed(top->now.rule_count, sizeof(*top->rows));
	top_rates(&top->before, &top->now, top->now_s - top->before_s, top->rows);
	error = connections_fill(top->context, top->rows, top->now.rule_count);
	if (error)
		return error;
	top_rates_sort(top->rows, top->now.rule_count);
	if (top->context->json)
		print_json(top);
	else
		print_table(top);
	fflush(stdout);
	return 0;
}

static void round_end(struct top *top)
{
	free(STEAL(top->rows));
	readings_done(&top->before);
	top->before = top->now;
	top->before_s = top->now_s;
	top->now = (struct readings){0};
}

static void top_done(struct top *top)
{
	free(top->rows);
	readings_done(&top->before);
	readings_done(&top->now);
}

static int parse_options(const struct arguments *arguments, struct top *top)
{
	if (arguments->count && arguments_parse_number(arguments->count, &top->rounds))
		return context_complain(EXIT_USAGE, "--count \"%s\" is no positive number",
					arguments->count);
	if (arguments->limit && arguments_parse_number(arguments->limit, &top->limit))
		return context_complain(EXIT_USAGE, "--limit \"%s\" is no positive number",
					arguments->limit);
	return EXIT_OK;
}

int command_top(struct context *context)
{
	_cleanup_(top_done) struct top top = {.context = context, .limit = LIMIT_DEFAULT};
	int status = parse_options(&context->arguments, &top);
	int error;

	if (status)
		return status;
	error = readings_rules_take(&context->maps, &top.before);
	top.before_s = clock_seconds();
	for (size_t i = 0; !error && (!top.rounds || i < top.rounds); i++) {
		error = round_run(&top);
		if (!error)
			round_end(&top);
	}
	return error ? context_complain_errno(context, error) : EXIT_OK;
}
