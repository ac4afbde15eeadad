/* SPDX-License-Identifier: Apache-2.0 */
/* What libbpf says goes into memory; its end is reported only when something has failed. */
#ifndef PATHROUTE_LIBBPF_WORDS_H
#define PATHROUTE_LIBBPF_WORDS_H

#include "report.h"

/* From now on libbpf's warnings are kept, not printed. Forgets earlier ones. */
void libbpf_words_listen(void);

/* Reports the last lines (the verifier explains itself in them) as LOG_ERR, and forgets them. */
void libbpf_words_report(const struct report_sink *sink);

#endif
