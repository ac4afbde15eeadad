/* SPDX-License-Identifier: Apache-2.0 */
#include "reply_vectors.h"

#define HTTP_1_0 HTTP_REPLY_HTTP_1_0
#define LENGTH HTTP_REPLY_LENGTH
#define LENGTH_BAD HTTP_REPLY_LENGTH_BAD
#define ENCODING HTTP_REPLY_ENCODING
#define CHUNKED (HTTP_REPLY_ENCODING | HTTP_REPLY_CHUNKED)
#define CLOSE HTTP_REPLY_CLOSE
#define KEEP_ALIVE HTTP_REPLY_KEEP_ALIVE

#define OK "HTTP/1.1 200 OK\r\n"
#define END "\r\n\r\n"
#define UNTIL_CLOSE(text_)                                                    \
	{                                                                     \
		.text = OK text_ END, .status = 200, .body = HTTP_BODY_OPAQUE \
	}
#define OPAQUE(text_, flags_)                                                                    \
	{                                                                                        \
		.text = OK text_ END, .status = 200, .flags = (flags_), .body = HTTP_BODY_OPAQUE \
	}
#define OF_LENGTH(text_, flags_, length_)                                                         \
	{                                                                                         \
		.text = OK text_ END, .status = 200, .flags = (flags_), .body = HTTP_BODY_LENGTH, \
		.goes_on = !((flags_)&CLOSE), .length = (length_)                                 \
	}
#define OF_CHUNKS(text_)                                                                          \
	{                                                                                         \
		.text = OK text_ END, .status = 200, .flags = CHUNKED, .body = HTTP_BODY_CHUNKED, \
		.goes_on = true                                                                   \
	}
#define EMPTY(text_, status_, flags_)                                                            \
	{                                                                                        \
		.text = (text_), .status = (status_), .flags = (flags_), .body = HTTP_BODY_NONE, \
		.goes_on = true                                                                  \
	}

/* 78 bytes. */
#define LETTERS "a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, "
#define LONG_LIST LETTERS LETTERS LETTERS

const struct reply_vector reply_vectors[] = {
	/* Status lines */
	{.text = "HTTP/1.1 200 OK\r\n\r\n", .status = 200, .body = HTTP_BODY_OPAQUE},
	{.text = "HTTP/1.1 200 \r\n\r\n", .status = 200, .body = HTTP_BODY_OPAQUE},
	{.text = "HTTP/1.1 200\r\n\r\n", .status = 200, .body = HTTP_BODY_OPAQUE},
	{.text = "HTTP/1.1 200\n\n", .status = 200, .body = HTTP_BODY_OPAQUE},
	{.text = "HTTP/1.9 999 a\tb\r\n\n", .status = 999, .body = HTTP_BODY_OPAQUE},
	{.text = "\r\nHTTP/1.1 200\r\n\r\n", .status = 200, .body = HTTP_BODY_OPAQUE},
	{.text = "\n\r\nHTTP/1.1 200\r\n\r\n", .status = 200, .body = HTTP_BODY_OPAQUE},
	/* Versions */
	{.text = "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n",
	 .status = 200,
	 .flags = HTTP_1_0 | LENGTH,
	 .body = HTTP_BODY_LENGTH,
	 .length = 3},
	{.text = "HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: Keep-Alive\r\n\r\n",
	 .status = 200,
	 .flags = HTTP_1_0 | LENGTH | KEEP_ALIVE,
	 .body = HTTP_BODY_LENGTH,
	 .goes_on = true,
	 .length = 3},
	{.text = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
	 .status = 200,
	 .flags = HTTP_1_0 | CHUNKED,
	 .body = HTTP_BODY_OPAQUE},
	{.text = "HTTP/1.0 204 x\r\n\r\n", .status = 204, .flags = HTTP_1_0},
	/* No body, whatever the header says */
	EMPTY("HTTP/1.1 100 Continue" END, 100, 0),
	EMPTY("HTTP/1.1 103 Early Hints\r\nContent-Length: 5" END, 103, LENGTH),
	EMPTY("HTTP/1.1 199 x" END, 199, 0),
	EMPTY("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked" END, 204, CHUNKED),
	EMPTY("HTTP/1.1 304 Not Modified\r\nContent-Length: 5" END, 304, LENGTH),
	EMPTY("HTTP/1.1 304 x\r\nContent-Length: 5\r\nContent-Length: 6" END, 304,
	      LENGTH | LENGTH_BAD),
	{.text = OK "Content-Length: 5\r\n\r\n",
	 .status = 200,
	 .flags = LENGTH,
	 .outstanding = OUTSTANDING_HEAD,
	 .goes_on = true},
	{.text = OK "Transfer-Encoding: gzip\r\nContent-Length: x\r\n\r\n",
	 .status = 200,
	 .flags = ENCODING | LENGTH_BAD,
	 .outstanding = OUTSTANDING_HEAD,
	 .goes_on = true},
	{.text = "HTTP/1.1 101 Switching Protocols\r\nContent-Length: 5\r\n\r\n",
	 .status = 101,
	 .flags = LENGTH,
	 .body = HTTP_BODY_OPAQUE},
	{.text = "HTTP/1.1 101 x\r\nConnection: upgrade\r\n\r\n",
	 .status = 101,
	 .body = HTTP_BODY_OPAQUE,
	 .outstanding = OUTSTANDING_UPGRADE | OUTSTANDING_HEAD},
	/* Content-Length */
	OF_LENGTH("Content-Length: 12", LENGTH, 12),
	OF_LENGTH("content-length:12", LENGTH, 12),
	OF_LENGTH("CONTENT-LENGTH \t : \t 12 \t ", LENGTH, 12),
	OF_LENGTH("Content-Length: 0", LENGTH, 0),
	OF_LENGTH("Content-Length: 0000000000000000012", LENGTH, 12),
	OF_LENGTH("Content-Length: 5368709120", LENGTH, 5368709120),
	OF_LENGTH("Content-Length: 9223372036854775807", LENGTH, INT64_MAX),
	OF_LENGTH("Content-Length: 7\r\nX: y\r\nContent-Length: 7", LENGTH, 7),
	OF_LENGTH("Content-Length: 7, 07\t,7", LENGTH, 7),
	OF_LENGTH("Content-Length: 7\r\nConnection: close", LENGTH | CLOSE, 7),
	OF_LENGTH("X: y\r\n folded\r\n\tmore\r\nContent-Length: 7", LENGTH, 7),
	OF_LENGTH("garbage\r\n:\r\n\x01\r\nContent-Length: 7", LENGTH, 7),
	OF_LENGTH("Content-Lengthy: 8\r\nContent-Length 9\r\nContent-Length: 7", LENGTH, 7),
	OF_LENGTH("Content-Length\r\nX: Content-Length: 8\r\nContent-Length: 7", LENGTH, 7),
	OPAQUE("Content-Length: 9223372036854775808", LENGTH_BAD),
	OPAQUE("Content-Length: 00000000000000000012", LENGTH_BAD),
	OPAQUE("Content-Length: 7\r\nContent-Length: 8", LENGTH | LENGTH_BAD),
	OPAQUE("Content-Length: 7, 8", LENGTH | LENGTH_BAD),
	OPAQUE("Content-Length: 7,", LENGTH | LENGTH_BAD),
	OPAQUE("Content-Length: ,7", LENGTH | LENGTH_BAD),
	OPAQUE("Content-Length: ", LENGTH_BAD),
	OPAQUE("Content-Length:", LENGTH_BAD),
	OPAQUE("Content-Length: -7", LENGTH_BAD),
	OPAQUE("Content-Length: +7", LENGTH_BAD),
	OPAQUE("Content-Length: 0x7", LENGTH_BAD),
	OPAQUE("Content-Length: 7 7", LENGTH_BAD),
	OPAQUE("Content-Length: 7;", LENGTH_BAD),
	OPAQUE("Content-Length: 7\r", LENGTH_BAD),
	OPAQUE("Content-Length: x\r\nContent-Length: 7", LENGTH | LENGTH_BAD),
	/* Transfer-Encoding */
	OF_CHUNKS("Transfer-Encoding: chunked"),
	OF_CHUNKS("TRANSFER-ENCODING : CHUNKED\t"),
	OF_CHUNKS("Transfer-Encoding: gzip, chunked"),
	OF_CHUNKS("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"),
	OPAQUE("Transfer-Encoding: chunked, gzip", ENCODING),
	OPAQUE("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip", ENCODING),
	OPAQUE("Transfer-Encoding: gzip", ENCODING),
	OPAQUE("Transfer-Encoding: xchunked", ENCODING),
	OPAQUE("Transfer-Encoding: chunkedx", ENCODING),
	OPAQUE("Transfer-Encoding: chunked;a=b", ENCODING),
	OPAQUE("Transfer-Encoding: chunked chunked", ENCODING),
	OPAQUE("Transfer-Encoding: chunked,", ENCODING),
	OPAQUE("Transfer-Encoding: identity", ENCODING),
	OPAQUE("Transfer-Encoding: \"chunked\"", ENCODING),
	OPAQUE("Transfer-Encoding: \vchunked", ENCODING),
	OPAQUE("Transfer-Encoding: ", ENCODING),
	OPAQUE("Transfer-Encoding: chunked\r\nContent-Length: 5", CHUNKED | LENGTH),
	OPAQUE("Content-Length: 5\r\nTransfer-Encoding: chunked", CHUNKED | LENGTH),
	OPAQUE("Content-Length: 5\r\nTransfer-Encoding: gzip", ENCODING | LENGTH),
	UNTIL_CLOSE("Transfer-Encodin: chunked\r\nTransfer-Encodingg: chunked"),
	/* Connection */
	OPAQUE("Connection: close", CLOSE),
	OPAQUE("Connection: Close, foo", CLOSE),
	OPAQUE("Connection: foo ,\tkeep-alive\t,, ,CLOSE", CLOSE | KEEP_ALIVE),
	OPAQUE("connection: keep-alive\r\nConnection: close", CLOSE | KEEP_ALIVE),
	OPAQUE("Connection: " LONG_LIST "a, close", CLOSE), /* 256 bytes */
	UNTIL_CLOSE("Connection: closed, xclose, foo close, close;q=1, keep-aliv"),
	UNTIL_CLOSE("Connection: ,,,"),
	UNTIL_CLOSE("Connection:\r\nConnection: "),
	UNTIL_CLOSE("Proxy-Connection: close\r\nConnectio: close\r\nX: close"),
	/* Nothing behind the empty line is read */
	{.text = "HTTP/1.1 204 x\n\nHTTP/1.1 204 x\n\n",
	 .status = 204,
	 .after = 16,
	 .goes_on = true},
	{.text = "HTTP/1.1 100 x\r\n\r\n\r\n", .status = 100, .after = 2, .goes_on = true},
	{.text = NULL},
};

const char *const reply_vectors_bad[] = {
	"S",
	"SSH-2.0-OpenSSH",
	"http/1.1 200 OK" END,
	"HTTP/2.0 200 OK" END,
	"HTTP/0.9 200 OK" END,
	"HTTP/1,1 200 OK" END,
	"HTTP/1.x 200 OK" END,
	"HTTP/1.11 200 OK" END,
	"HTTP/1.1  200 OK" END,
	"HTTP/1.1\t200 OK" END,
	"HTTP/1.1 20 OK" END,
	"HTTP/1.1 2000 OK" END,
	"HTTP/1.1 2x0 OK" END,
	"HTTP/1.1 099 OK" END,
	"HTTP/1.1 200OK" END,
	"HTTP/1.1 200\tOK" END,
	"HTTP/1.1\r\n\r\n\r\n\r\n",
	" HTTP/1.1 200 OK" END,
	"\rHTTP/1.1 200 OK" END,
	"\r\n\r\n\r\nHTTP/1.1 200 OK" END,
	"\n\n\n",
	OK "Content-Length: 1\r\n 2" END,
	OK "Content-Length: 1\r\n ",
	OK "Transfer-Encoding:\r\n\tchunked" END,
	OK "Connection: x,\r\n close" END,
	OK "Connection        : close" END,
	OK "Connection        ",
	OK "Content-Length: " LONG_LIST "a, b, c",
	OK "Connection: " LONG_LIST "ab, close" END,
	NULL,
};
