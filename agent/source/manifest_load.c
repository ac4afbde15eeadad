/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_load.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "manifest_file.h"
#include "manifests.h"

#define PROBLEM_MESSAGE_MAX 1024

struct load {
	struct manifest_set *set;
	struct manifest_state *state;
	char *path;
	uint64_t number;
	size_t kept;     /* claims that are of this load */
	size_t problems; /* told or not */
	size_t refused;  /* documents, but not those that another file has as well */
	bool uncertain;  /* it cannot be told which objects are no longer there */
};

__attribute__((format(printf, 3, 4))) static void
report(struct load *load, const struct source_problem *base, const char *format, ...)
{
	const struct source_sink *sink = &load->set->sink;
	struct source_problem problem = *base;
	char message[PROBLEM_MESSAGE_MAX];
	va_list arguments;

	if (problem.severity == SOURCE_ERROR && load->problems++ >= MANIFEST_PROBLEMS_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	problem.message = message;
	if (!problem.file)
		problem.file = load->path;
	sink->problem(sink->context, &problem);
}

static void report_entry(struct load *load, const struct manifest_entry *entry)
{
	const struct source_problem problem = {
		.severity = SOURCE_ERROR,
		.line = entry->line,
		.reason = entry->rejection.reason,
	};

	load->refused++;
	if (entry->namespace)
		report(load, &problem, "%s %s/%s: %s", object_kind_name(entry->kind),
		       entry->namespace, entry->name, entry->rejection.message);
	else
		report(load, &problem, "%s", entry->rejection.message);
}

/* One that is also in the file `other`, whose name comes first. */
static int report_duplicate(struct load *load, const struct manifest_claim *refused,
			    const char *other)
{
	struct source_problem problem = {
		.severity = SOURCE_ERROR,
		.line = refused->line,
		.reason = "Duplicate",
	};
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s/%s", load->set->directory, refused->file) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	problem.file = path;
	report(load, &problem, "%s %s/%s is also in %s", object_kind_name(refused->kind),
	       refused->namespace, refused->name, other);
	return 0;
}

static int deliver(struct load *load, struct manifest_entry *entry)
{
	const struct source_sink *sink = &load->set->sink;

	entry->object->origin_file = strdup(load->path);
	if (!entry->object->origin_file)
		return -ENOMEM;
	sink->upsert(sink->context, STEAL(entry->object));
	return 0;
}

static int claim_object(struct load *load, const struct object_key *key,
			struct manifest_claim **claim)
{
	int error;

	if (*claim)
		return 0;
	error = manifest_claims_add(&load->set->claims, key, load->state->name, claim);
	if (!error)
		load->state->claim_count++;
	return error;
}

static int take_object(struct load *load, struct manifest_entry *entry,
		       struct manifest_claim *claim)
{
	struct object_key key = object_key_of(entry->object);
	struct manifest_claim *owner = manifest_claims_owner(&load->set->claims, &key);
	int order, error;

	error = claim_object(load, &key, &claim);
	if (error)
		return error;
	claim->load = load->number;
	claim->line = entry->line;
	load->kept++;
	order = owner ? strcmp(owner->file, claim->file) : 0;
	if (order < 0)
		return report_duplicate(load, claim, owner->file);
	if (order > 0)
		error = report_duplicate(load, owner, claim->file);
	return error ? error : deliver(load, entry);
}

static void keep_refused(struct load *load, const struct manifest_entry *entry,
			 struct manifest_claim *claim)
{
	report_entry(load, entry);
	if (!claim || claim->load == load->number)
		return;
	claim->load = load->number;
	load->kept++;
}

static int take_entry(struct load *load, struct manifest_entry *entry)
{
	struct object_key key = {entry->kind, entry->namespace, entry->name};
	struct manifest_claim *claim;

	if (!entry->namespace) {
		report_entry(load, entry);
		load->uncertain = true;
		return 0;
	}
	claim = manifest_claims_find(&load->set->claims, &key, load->state->name);
	if (!entry->object) {
		keep_refused(load, entry, claim);
		return 0;
	}
	if (claim && claim->load == load->number) {
		entry->rejection = (struct rejection){
			.reason = "Duplicate",
			.message = "is already in this file",
		};
		report_entry(load, entry);
		return 0;
	}
	return take_object(load, entry, claim);
}

static void report_sums(struct load *load, const struct manifest_file *file)
{
	const struct source_problem foreign = {
		.severity = SOURCE_INFO,
		.reason = "OtherKinds",
	};
	const struct source_problem more = {
		.severity = SOURCE_ERROR,
		.reason = "TooMany",
	};
	size_t problems = load->problems;

	if (file->foreign > 0)
		report(load, &foreign, "%zu objects of other kinds are ignored", file->foreign);
	load->problems = 0;
	if (problems > MANIFEST_PROBLEMS_MAX)
		report(load, &more, "%zu more problems", problems - MANIFEST_PROBLEMS_MAX);
}

static int take_entries(struct load *load, const struct manifest_file *file)
{
	size_t i;
	int error = 0;

	for (i = 0; i < file->count && !error; i++)
		error = take_entry(load, &file->entries[i]);
	if (!error)
		report_sums(load, file);
	return error;
}

/* The object goes, unless another file owns it; the next one that has it is read again. */
static int release_claim(struct manifest_set *set, const struct manifest_claim *claim)
{
	struct object_key key = manifest_claim_key(claim);
	const struct manifest_claim *owner = manifest_claims_owner(&set->claims, &key);

	if (owner && strcmp(owner->file, claim->file) < 0)
		return 0;
	set->sink.remove(set->sink.context, &key);
	return owner ? manifest_set_mark(set, owner->file) : 0;
}

static int drop_stale(struct load *load)
{
	struct manifest_state *state = load->state;
	struct manifest_claim *claim;
	size_t cursor = 0;
	int error = 0;

	while (!error && state->claim_count > load->kept) {
		claim = manifest_claims_take_stale(&load->set->claims, state->name, load->number,
						   &cursor);
		if (!claim)
			break;
		state->claim_count--;
		error = release_claim(load->set, claim);
		manifest_claim_free(claim);
	}
	return error;
}

static void report_unreadable(struct load *load, int error)
{
	const struct source_problem problem = {
		.severity = SOURCE_ERROR,
		.reason = error == -EFBIG ? "TooLarge" : "Unreadable",
	};

	if (error == -EFBIG)
		report(load, &problem, "the file has more than %d bytes or %d objects",
		       MANIFEST_FILE_MAX, MANIFEST_OBJECTS_MAX);
	else if (error == -EINVAL)
		report(load, &problem, "this is not a regular file");
	else
		report(load, &problem, "%s", strerrordesc_np(-error));
}

static int load_file(struct load *load, bool *ret_gone)
{
	_cleanup_(manifest_file_done) struct manifest_file file = {0};
	int error;

	error = manifest_file_read(load->path, &file);
	*ret_gone = error == -ENOENT;
	/* It is being written; when that is over, there will be an event. */
	if (error == -ENOMEM || error == -EAGAIN)
		return error == -ENOMEM ? error : 0;
	if (error && !*ret_gone) {
		load->state->refused = 1;
		report_unreadable(load, error);
		return 0;
	}
	error = take_entries(load, &file);
	load->state->refused = load->refused;
	return error || load->uncertain ? error : drop_stale(load);
}

int manifest_load(struct manifest_set *set, struct manifest_state *state, bool *ret_gone)
{
	struct load load = {.set = set, .state = state, .number = ++set->loads};
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s/%s", set->directory, state->name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	load.path = path;
	return load_file(&load, ret_gone);
}
