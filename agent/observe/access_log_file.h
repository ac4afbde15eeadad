/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the lines of the access log go: a file, a named pipe, or the standard output. Nothing here
 * waits for a reader: lines gather in a buffer, and are dropped and counted while it is full.
 */
#ifndef PATHROUTE_ACCESS_LOG_FILE_H
#define PATHROUTE_ACCESS_LOG_FILE_H

#include <stddef.h>
#include <stdint.h>

#define ACCESS_LOG_BUFFER (256 << 10)

struct access_log_file;

/* `path`, which must stay valid, is appended to and made if need be; "-" is the standard output.
 * The process must ignore SIGPIPE. Returns 0, -ENOMEM or the error of open(); a pipe that nobody
 * reads: -ENXIO. */
int access_log_file_open(const char *path, struct access_log_file **ret_file);

/* Writes what can be written at once. Accepts NULL. */
void access_log_file_close(struct access_log_file *file);

/* Opens the path anew, after its file was renamed. On failure the old one stays. */
int access_log_file_reopen(struct access_log_file *file);

/* Adds one line with its newline. */
void access_log_file_add(struct access_log_file *file, const char *line, size_t length);

/* Returns 0 when all is written, -EAGAIN when the reader is slow, or the error of write(). What
 * is left is written by the next call. */
int access_log_file_flush(struct access_log_file *file);

/* How many lines were dropped since the last call. */
uint64_t access_log_file_take_dropped(struct access_log_file *file);

#endif
