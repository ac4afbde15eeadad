/* SPDX-License-Identifier: Apache-2.0 */
#include "framing_vectors.h"

#define VECTOR(good, more)                                                                  \
	{                                                                                   \
		.text = good more, .length = sizeof(good more) - 1, .at = sizeof(good) - 1, \
	}
#define INCOMPLETE(text_)                                     \
	{                                                     \
		.text = (text_), .length = sizeof(text_) - 1, \
	}
#define HELLO "5\r\nhello\r\n"
#define NEXT "GET / HTTP/1.1\r\n"

const struct framing_vector framing_vectors_accepted[] = {
	/* Sizes */
	VECTOR("0\r\n\r\n", NEXT),
	VECTOR(HELLO "0\r\n\r\n", NEXT),
	VECTOR(HELLO HELLO "1\r\nx\r\n0\r\n\r\n", "\r\n" NEXT),
	VECTOR("a\r\n0123456789\r\nB\r\n0123456789a\r\n000\r\n\r\n", "0"),
	VECTOR("0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n", ""),
	VECTOR("2\r\n\r\n\r\n0\r\n\r\n", ""),
	VECTOR("7\r\n0\r\n\r\n0\r\r\n0\r\n\r\n", "0\r\n\r\n"),
	VECTOR("10\r\nGET / HTTP/1.1\r\n\r\n0\r\n\r\n", NEXT),
	/* White space and extensions */
	VECTOR("5 \r\nhello\r\n0\t \r\n\r\n", NEXT),
	VECTOR("5;\r\nhello\r\n0;\r\n\r\n", NEXT),
	VECTOR("5;a\r\nhello\r\n0 ;a=b;c=\"d;\te\"\r\n\r\n", NEXT),
	VECTOR("5\t;\x01\x80\r\nhello\r\n0;;; ;\r\n\r\n", NEXT),
	/* Trailers, that never change the framing */
	VECTOR("0\r\nA: b\r\n\r\n", NEXT),
	VECTOR("0\r\nA:\r\nB:c\r\n!#$%&'*+-.^_`|~09: x\r\n\r\n", NEXT),
	VECTOR("0\r\nContent-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n", NEXT),
	VECTOR("0\r\nA: b:c \t\x01\x80\r\n\r\n", NEXT),
	/* Incomplete */
	INCOMPLETE("5"),
	INCOMPLETE("5\r"),
	INCOMPLETE("5\r\nhell"),
	INCOMPLETE("5\r\nhello"),
	INCOMPLETE("5\r\nhello\r"),
	INCOMPLETE(HELLO "0\r\n"),
	INCOMPLETE(HELLO "0\r\n\r"),
	INCOMPLETE("0\r\nA"),
	INCOMPLETE("0\r\nA:"),
	INCOMPLETE("0\r\nA: b\r\n"),
	INCOMPLETE("7fffffffffffffff\r\nx"),
	INCOMPLETE("140000000\r\nx"),
	{.text = NULL},
};

const struct framing_vector framing_vectors_refused[] = {
	/* Sizes */
	VECTOR("", "\r\n"),
	VECTOR("", "\n"),
	VECTOR("", " 5\r\nhello\r\n"),
	VECTOR("", "\t5\r\nhello\r\n"),
	VECTOR("", "+5\r\nhello\r\n"),
	VECTOR("", "-5\r\nhello\r\n"),
	VECTOR("", ";a\r\nhello\r\n"),
	VECTOR("", "g\r\n"),
	VECTOR("0", "x5\r\nhello\r\n"),
	VECTOR("5", "h\r\nhello\r\n"),
	VECTOR("5", ".0\r\n"),
	VECTOR("5", ",\r\n"),
	VECTOR("5", "_0\r\n"),
	VECTOR("5", "\0\r\n"),
	VECTOR("5", "\v\r\n"),
	VECTOR("5", "\nhello\r\n"),
	VECTOR("5\r", "\r\nhello\r\n"),
	VECTOR("5\r", "hello\r\n"),
	VECTOR("800000000000000", "0\r\n"),
	VECTOR("fffffffffffffff", "f\r\n"),
	VECTOR("0000000000000000", "5\r\nhello\r\n"),
	VECTOR("1000000000000000", "0\r\n"),
	/* White space and extensions */
	VECTOR("5 ", "5\r\nhello\r\n"),
	VECTOR("5 ", "a\r\nhello\r\n"),
	VECTOR("5 ", "\nhello\r\n"),
	VECTOR("5;a", "\nhello\r\n"),
	VECTOR("5;a", "\0\r\nhello\r\n"),
	VECTOR("5;a\r", "b\r\nhello\r\n"),
	VECTOR("5;\"\r", "\"\r\nhello\r\n"),
	/* Behind the data */
	VECTOR("5\r\nhello", "x\r\n0\r\n\r\n"),
	VECTOR("5\r\nhello", "\n0\r\n\r\n"),
	VECTOR("5\r\nhello\r", "x"),
	VECTOR("5\r\nhello\r", "0\r\n\r\n"),
	VECTOR(HELLO, "\r\n"),
	VECTOR(HELLO, "GET / HTTP/1.1\r\n"),
	/* Trailers */
	VECTOR("0\r\n", "\n"),
	VECTOR("0\r\n\r", "x"),
	VECTOR("0\r\n\r", "\r\n"),
	VECTOR("0\r\n", " A: b\r\n\r\n"),
	VECTOR("0\r\n", ": b\r\n\r\n"),
	VECTOR("0\r\nA", "\r\n\r\n"),
	VECTOR("0\r\nA", " : b\r\n\r\n"),
	VECTOR("0\r\nA", "\x80: b\r\n\r\n"),
	VECTOR("0\r\nGET", " / HTTP/1.1\r\n"),
	VECTOR("0\r\nA: b", "\nB: c\r\n\r\n"),
	VECTOR("0\r\nA: b", "\0\r\n\r\n"),
	VECTOR("0\r\nA: b\r", "c\r\n\r\n"),
	VECTOR("0\r\nA: b\r\n", " folded\r\n\r\n"),
	{.text = NULL},
};
