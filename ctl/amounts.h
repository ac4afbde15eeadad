/* SPDX-License-Identifier: Apache-2.0 */
/* Times and sizes, short enough for a column. */
#ifndef PATHROUTE_CTL_AMOUNTS_H
#define PATHROUTE_CTL_AMOUNTS_H

#define AMOUNT_TEXT_MAX 24

/* Microseconds as "340us", "1.5ms", "12.3s"; "-" for a negative number. Returns ret_text. */
const char *amount_time(double us, char ret_text[AMOUNT_TEXT_MAX]);

/* "512B", "4.6kB", "1.2MB" (powers of 1000). Returns ret_text. */
const char *amount_bytes(double bytes, char ret_text[AMOUNT_TEXT_MAX]);

#endif
