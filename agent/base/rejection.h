/* SPDX-License-Identifier: Apache-2.0 */
/* A user's mistake, as a value: it goes to the object's status or into one log line. */
#ifndef PATHROUTE_REJECTION_H
#define PATHROUTE_REJECTION_H

#define REJECTION_MESSAGE_MAX 256

struct rejection {
	const char *reason; /* one CamelCase word, static; NULL: nothing was rejected */
	unsigned line;      /* in the text the object came from; 0: unknown */
	char message[REJECTION_MESSAGE_MAX]; /* "spec.rules[2].match.path.value: ..." */
};

/* Makes the message fit for a log line: what is not visible ASCII becomes '?'. */
static inline void rejection_clean(struct rejection *rejection)
{
	char *at;

	for (at = rejection->message; *at; at++) {
		if (*at < ' ' || *at > '~')
			*at = '?';
	}
}

#define REASON_INVALID_PATH "InvalidPath"
#define REASON_UNSUPPORTED_VALUE "UnsupportedValue"

#endif
