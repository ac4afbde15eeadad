/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Message framing (RFC 9112 6 and 7), one engine for both directions: pure arithmetic on sequence
 * numbers. Heads are read by http_parse.h (requests) and http_reply.h (replies); they start a body
 * here. Inside a body nothing is read but the lines of the chunked coding.
 *
 * A struct http_framing is used by one CPU at a time. Its `next` is the first byte that must be
 * read; whatever lies before it may pass unread, in any order.
 */
#ifndef PATHROUTE_HTTP_FRAMING_H
#define PATHROUTE_HTTP_FRAMING_H

#include "http_text.h"
#include "seq.h"

#define FRAMING_REACH (1U << 30)        /* how far `next` may run ahead of what was seen */
#define FRAMING_EXTENSION_LINE_MAX 4096 /* bytes between one chunk's size and its CR */
#define FRAMING_EXTENSION_MAX 16384     /* the same, of all chunks of a message */
#define FRAMING_TRAILER_MAX 8192        /* bytes of all trailer lines, with the empty one */
#define FRAMING_DIGITS_MAX 16           /* hex digits of a chunk size */
#define FRAMING_WINDOW 64               /* bytes that framing_read() looks at */

enum http_framing_phase {
	FRAMING_HEAD = 0,    /* a message begins at `next`, or its head goes on there */
	FRAMING_LENGTH,      /* body of known length: `remaining` bytes of it are behind `next` */
	FRAMING_CHUNK_SIZE,  /* digits of a chunk's size */
	FRAMING_CHUNK_BLANK, /* white space behind them */
	FRAMING_CHUNK_EXTENSION, /* what follows a semicolon */
	FRAMING_CHUNK_LF,        /* LF of the size line */
	FRAMING_CHUNK_DATA,      /* as FRAMING_LENGTH, for the chunk */
	FRAMING_DATA_CR,         /* CR behind the chunk */
	FRAMING_DATA_LF,
	FRAMING_TRAILER, /* start of a trailer line, or of the empty line */
	FRAMING_TRAILER_NAME,
	FRAMING_TRAILER_VALUE,
	FRAMING_TRAILER_LF,
	FRAMING_END_LF,  /* LF of the empty line */
	FRAMING_UPGRADE, /* requests: nothing passes until 101 was answered, or refused */
	FRAMING_OPAQUE,  /* nothing is read any more: all bytes pass */
	FRAMING_FINAL,   /* requests: nothing more passes */
};

/* What follows the head of a message. */
enum http_body {
	HTTP_BODY_NONE = 0,
	HTTP_BODY_LENGTH,
	HTTP_BODY_CHUNKED,
	HTTP_BODY_OPAQUE, /* until the connection ends */
};

static __always_inline void framing_start(struct http_framing *framing, __u32 next)
{
	__builtin_memset(framing, 0, sizeof(*framing));
	framing->next = next;
}

/* Moves `next` over the bytes of a body that are known to follow; for when all bytes in front of it
 * were seen. A message without any more is complete: the phase is FRAMING_HEAD again. */
static __always_inline void framing_settle(struct http_framing *framing)
{
	__u64 step = framing->remaining;

	if (framing->phase == FRAMING_OPAQUE)
		step = FRAMING_REACH;
	else if (framing->phase != FRAMING_LENGTH && framing->phase != FRAMING_CHUNK_DATA)
		return;
	if (step > FRAMING_REACH)
		step = FRAMING_REACH;
	framing->next += (__u32)step;
	if (framing->phase == FRAMING_OPAQUE)
		return;
	framing->remaining -= step;
	if (!framing->remaining)
		framing->phase = framing->phase == FRAMING_LENGTH ? FRAMING_HEAD : FRAMING_DATA_CR;
}

/* The head has ended in front of `next`, and this follows. */
static __always_inline void framing_body(struct http_framing *framing, __u32 next,
					 enum http_body body, __u64 length)
{
	framing->next = next;
	framing->remaining = 0;
	framing->spent = 0;
	framing->line = 0;
	framing->digits = 0;
	framing->phase = FRAMING_HEAD;
	if (body == HTTP_BODY_LENGTH) {
		framing->remaining = length;
		framing->phase = FRAMING_LENGTH;
	} else if (body == HTTP_BODY_CHUNKED) {
		framing->phase = FRAMING_CHUNK_SIZE;
	} else if (body == HTTP_BODY_OPAQUE) {
		framing->phase = FRAMING_OPAQUE;
	}
	framing_settle(framing);
}

static __always_inline bool framing_is_chunked(const struct http_framing *framing)
{
	return framing->phase >= FRAMING_CHUNK_SIZE && framing->phase <= FRAMING_END_LF;
}

/* Bytes of lines are read in these phases, one at a time. */
static __always_inline bool framing_reads_lines(const struct http_framing *framing)
{
	return framing_is_chunked(framing) && framing->phase != FRAMING_CHUNK_DATA;
}

static __always_inline int framing_size_digit(struct http_framing *framing, __u8 digit)
{
	if (framing->digits >= FRAMING_DIGITS_MAX || framing->remaining >> 59)
		return -1;
	framing->remaining = framing->remaining << 4 | digit;
	framing->digits++;
	return 0;
}

/* A byte between a size and its CR: white space, or part of an extension. */
static __always_inline int framing_extension(struct http_framing *framing, __u8 byte)
{
	framing->line++;
	framing->spent++;
	return byte == '\n' || byte == '\0' || framing->line > FRAMING_EXTENSION_LINE_MAX ||
			       framing->spent > FRAMING_EXTENSION_MAX
		       ? -1
		       : 0;
}

/* Behind the digits of a size, or the white space after them. */
static __always_inline int framing_size_end(struct http_framing *framing, __u8 byte)
{
	if (!framing->digits)
		return -1;
	if (byte == '\r') {
		framing->phase = FRAMING_CHUNK_LF;
		return 0;
	}
	if (byte != ';' && !http_is_blank(byte))
		return -1;
	framing->phase = byte == ';' ? FRAMING_CHUNK_EXTENSION : FRAMING_CHUNK_BLANK;
	return framing_extension(framing, byte);
}

/* The size line is complete. */
static __always_inline void framing_chunk(struct http_framing *framing)
{
	framing->digits = 0;
	framing->line = 0;
	if (framing->remaining) {
		framing->phase = FRAMING_CHUNK_DATA;
		return;
	}
	framing->spent = 0;
	framing->phase = FRAMING_TRAILER;
}

static __always_inline int framing_trailer(struct http_framing *framing, __u8 byte)
{
	if (++framing->spent > FRAMING_TRAILER_MAX)
		return -1;
	if (framing->phase == FRAMING_TRAILER_VALUE) {
		if (byte == '\r')
			framing->phase = FRAMING_TRAILER_LF;
		return byte == '\n' || byte == '\0' ? -1 : 0;
	}
	if (framing->phase == FRAMING_TRAILER && byte == '\r') {
		framing->phase = FRAMING_END_LF;
		return 0;
	}
	if (framing->phase == FRAMING_TRAILER_NAME && byte == ':') {
		framing->phase = FRAMING_TRAILER_VALUE;
		return 0;
	}
	framing->phase = FRAMING_TRAILER_NAME;
	return http_is_token(byte) ? 0 : -1;
}

/* The message is over, and another may begin. */
static __always_inline void framing_complete(struct http_framing *framing)
{
	framing->spent = 0;
	framing->phase = FRAMING_HEAD;
}

/* LF, wherever it must follow CR. */
static __always_inline int framing_lf(struct http_framing *framing, __u8 byte)
{
	if (byte != '\n')
		return -1;
	if (framing->phase == FRAMING_CHUNK_LF) {
		framing_chunk(framing);
		return 0;
	}
	if (framing->phase == FRAMING_DATA_LF) {
		framing->phase = FRAMING_CHUNK_SIZE;
		return 0;
	}
	if (++framing->spent > FRAMING_TRAILER_MAX)
		return -1;
	if (framing->phase == FRAMING_TRAILER_LF)
		framing->phase = FRAMING_TRAILER;
	else
		framing_complete(framing);
	return 0;
}

/* One byte of a line of the chunked coding. Negative: it is malformed. */
static __always_inline int framing_byte(struct http_framing *framing, __u8 byte)
{
	__u8 digit;

	switch (framing->phase) {
	case FRAMING_CHUNK_SIZE:
		digit = http_hex(byte);
		return digit < 16 ? framing_size_digit(framing, digit)
				  : framing_size_end(framing, byte);
	case FRAMING_CHUNK_BLANK:
		return framing_size_end(framing, byte);
	case FRAMING_CHUNK_EXTENSION:
		return byte == '\r' ? framing_size_end(framing, byte)
				    : framing_extension(framing, byte);
	case FRAMING_DATA_CR:
		framing->phase = FRAMING_DATA_LF;
		return byte == '\r' ? 0 : -1;
	case FRAMING_TRAILER:
	case FRAMING_TRAILER_NAME:
	case FRAMING_TRAILER_VALUE:
		return framing_trailer(framing, byte);
	default:
		return framing_lf(framing, byte);
	}
}

/*
 * Reads lines from hold->data[at ...], of which `count` bytes (at most FRAMING_WINDOW are looked
 * at) begin at framing->next, until data or another message follows. Returns how many bytes were
 * read, negative if they are malformed. `next` is behind them, and behind the data of a chunk.
 */
PROVED_ALONE int framing_read(struct http_framing *framing, struct hold_large *hold, __u32 at,
			      __u32 count);

PROVED_ALONE int framing_read(struct http_framing *framing, struct hold_large *hold, __u32 at,
			      __u32 count)
{
	__u32 start;

	if (!framing || !hold)
		return -1;
	start = framing->next;
	for (__u32 i = 0; i < FRAMING_WINDOW; i++) {
		barrier(); /* state stays in memory, where it is one state to the verifier */
		if (framing->next - start >= count || !framing_reads_lines(framing))
			break;
		if (framing_byte(framing, http_byte(hold, at + i)))
			return -1;
		framing->next++;
	}
	start = framing->next - start;
	framing_settle(framing);
	return start;
}

#endif
