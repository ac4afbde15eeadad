/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files have which objects. If several have the same one, the file whose name comes first
 * owns it.
 */
#ifndef PATHROUTE_MANIFEST_CLAIMS_H
#define PATHROUTE_MANIFEST_CLAIMS_H

#include <stdint.h>

#include "../route/object.h"

struct manifest_claim {
	enum object_kind kind;
	char *namespace;
	char *name;
	char *file;
	unsigned line;
	uint64_t load; /* the last load of the file in which the object was there */
};

struct manifest_claims {
	struct manifest_claim **claims; /* by kind, namespace, name, then file */
	size_t count;
	size_t capacity;
};

/* Accepts a zeroed one. */
void manifest_claims_done(struct manifest_claims *claims);

/* NULL: the file has no such object. */
struct manifest_claim *manifest_claims_find(const struct manifest_claims *claims,
					    const struct object_key *key, const char *file);

/* The claim of the file that owns the object. NULL: no file has it. */
struct manifest_claim *manifest_claims_owner(const struct manifest_claims *claims,
					     const struct object_key *key);

/* Claims of files that do not own the object. */
size_t manifest_claims_count_disowned(const struct manifest_claims *claims);

/* The claim must not be there yet. 0 or -ENOMEM. */
int manifest_claims_add(struct manifest_claims *claims, const struct object_key *key,
			const char *file, struct manifest_claim **ret_claim);

/* Takes a claim of the file out that is not of this load; the caller frees it with
 * manifest_claim_free(). Searches from *cursor on, which begins with 0. NULL: there is none. */
struct manifest_claim *manifest_claims_take_stale(struct manifest_claims *claims, const char *file,
						  uint64_t load, size_t *cursor);

struct object_key manifest_claim_key(const struct manifest_claim *claim);

/* Accepts NULL. */
void manifest_claim_free(struct manifest_claim *claim);

#endif
