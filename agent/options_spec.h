/* SPDX-License-Identifier: Apache-2.0 */
/* The list of options: one entry gives the long option, the key of the file and the check. */
#ifndef PATHROUTE_OPTIONS_SPEC_H
#define PATHROUTE_OPTIONS_SPEC_H

#include "options.h"

enum options_kind {
	OPTIONS_TEXT,      /* char * */
	OPTIONS_TEXTS,     /* struct options_texts, repeatable */
	OPTIONS_NUMBER,    /* uint32_t, low to high */
	OPTIONS_WORD,      /* int, one of words */
	OPTIONS_ADDRESSES, /* node_addresses, repeatable */
	OPTIONS_PORTS,     /* struct options_ports: FIRST-LAST */
};

struct options_word {
	const char *text;
	int value;
};

struct options_spec {
	const char *name;
	enum options_kind kind;
	size_t offset; /* in struct options */
	uint32_t low;
	uint32_t high;
	const struct options_word *words; /* ends with a NULL text */
};

#define OPTIONS_SPECS_MAX 40

extern const struct options_spec options_specs[];
extern const size_t options_spec_count;

/* Position in options_specs, or -1. */
int options_spec_find(const char *name);

/* Sets one value. Returns 0, -EINVAL with ret_error saying what is wrong with the value (without
 * the option's name), or -ENOMEM. */
int options_spec_set(struct options *options, const struct options_spec *spec, const char *value,
		     char ret_error[OPTIONS_ERROR_MAX]);

/* Reads a file; values for which given[position] is true are checked only. Returns 0, -EINVAL with
 * ret_error ("file:line: ..."), or -ENOMEM. */
int options_file_read(const char *path, const bool *given, struct options *options,
		      char ret_error[OPTIONS_ERROR_MAX]);

#endif
