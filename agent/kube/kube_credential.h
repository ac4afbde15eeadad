/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials as bytes. Functions return 0, a negative errno of reading, or -EINVAL with *ret_why
 * (a static text) when the bytes make no sense. */
#ifndef PATHROUTE_KUBE_CREDENTIAL_H
#define PATHROUTE_KUBE_CREDENTIAL_H

#include "kube_config.h"

enum kube_credential_kind {
	KUBE_CREDENTIAL_PEM,
	KUBE_CREDENTIAL_TOKEN, /* one line; blanks around it are cut off */
};

/* Reads credential->file; on errors the credential is as before. */
int kube_credential_read(struct kube_credential *credential, enum kube_credential_kind kind,
			 const char **ret_why);

/* Takes text as it is, or (PEM) coded in base64. */
int kube_credential_set(struct kube_credential *credential, enum kube_credential_kind kind,
			const char *text, const char **ret_why);

/* Overwrites and frees; a zeroed one is fine. */
void kube_credential_done(struct kube_credential *credential);

#endif
