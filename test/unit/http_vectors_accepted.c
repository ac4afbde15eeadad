/* SPDX-License-Identifier: Apache-2.0 */
#include "http_vectors.h"

#define GET_LINE "GET / HTTP/1.1\r\n"
#define WITH_HOST GET_LINE "Host: h\r\n"
#define END "\r\n\r\n"
#define REST " HTTP/1.1\r\nHost: h" END
#define TARGET(target) "GET " target REST

/* Without flags a Host line is expected; without method GET. */
#define ACCEPTED(name_, text, ...)                                                          \
	{                                                                                   \
		.name = (name_), .bytes = (text), .length = sizeof(text) - 1, ##__VA_ARGS__ \
	}

const struct http_vector http_vectors_accepted[] = {
	ACCEPTED("the smallest request", WITH_HOST "\r\n"),
	ACCEPTED("method HEAD", "HEAD /" REST, .method = HTTP_METHOD_HEAD),
	ACCEPTED("method POST", "POST /" REST, .method = HTTP_METHOD_POST),
	ACCEPTED("method PUT", "PUT /" REST, .method = HTTP_METHOD_PUT),
	ACCEPTED("method DELETE", "DELETE /" REST, .method = HTTP_METHOD_DELETE),
	ACCEPTED("method PATCH", "PATCH /" REST, .method = HTTP_METHOD_PATCH),
	ACCEPTED("method OPTIONS", "OPTIONS /" REST, .method = HTTP_METHOD_OPTIONS),
	ACCEPTED("method TRACE", "TRACE /" REST, .method = HTTP_METHOD_TRACE),
	ACCEPTED("an unknown method of token characters", "M-SEARCH /" REST, .unknown_method = 1),
	ACCEPTED("a method of one character that is no letter", "! /" REST, .unknown_method = 1),
	ACCEPTED("a method of 32 bytes", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA /" REST,
		 .unknown_method = 1),
	ACCEPTED("a method that begins like a known one", "GETS /" REST, .unknown_method = 1),
	ACCEPTED("a version between 1.2 and 1.9", "GET / HTTP/1.7\r\nHost: h" END),
	ACCEPTED("HTTP/1.0 without Host", "GET / HTTP/1.0" END, .flags = HTTP_HEAD_HTTP_1_0,
		 .host = ""),
	ACCEPTED("HTTP/1.0 with Host", "GET / HTTP/1.0\r\nHost: h" END,
		 .flags = HTTP_HEAD_HTTP_1_0 | HTTP_HEAD_HOST),
	ACCEPTED("an empty Host", GET_LINE "Host:" END, .host = ""),
	ACCEPTED("a Host of one space", GET_LINE "Host: " END, .host = ""),
	ACCEPTED("a Host in capitals", GET_LINE "HOST: WWW.Example.COM" END,
		 .host = "WWW.Example.COM"),
	ACCEPTED("a Host with port", GET_LINE "Host: a.example:8080" END, .host = "a.example"),
	ACCEPTED("a Host with an empty port", GET_LINE "Host: a.example:" END, .host = "a.example"),
	ACCEPTED("a Host with trailing dot and port", GET_LINE "Host: a.example.:80" END,
		 .host = "a.example"),
	ACCEPTED("a Host of nothing but a port", GET_LINE "Host: :80" END, .host = ""),
	ACCEPTED("a Host of nothing but a dot", GET_LINE "Host: ." END, .host = ""),
	ACCEPTED("a Host with underscore and dash", GET_LINE "Host: a_b-c.d9" END,
		 .host = "a_b-c.d9"),
	ACCEPTED("a Host of 253 bytes",
		 GET_LINE "Host: "
			  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" END,
		 .host = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	ACCEPTED("white space around Host", GET_LINE "Host: \t  h \t " END),
	ACCEPTED("much white space around Host",
		 GET_LINE "Host:                                        "
			  "h\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t"
			  "\t\t\t\t\t" END),
	ACCEPTED("an IPv6 Host [::]", GET_LINE "Host: [::]:8080" END, .host = "[::]"),
	ACCEPTED("an IPv6 Host [::1]", GET_LINE "Host: [::1]:8080" END, .host = "[::1]"),
	ACCEPTED("an IPv6 Host [2001:db8::7]", GET_LINE "Host: [2001:db8::7]:8080" END,
		 .host = "[2001:db8::7]"),
	ACCEPTED("an IPv6 Host [1:2:3:4:5:6:7:8]", GET_LINE "Host: [1:2:3:4:5:6:7:8]:8080" END,
		 .host = "[1:2:3:4:5:6:7:8]"),
	ACCEPTED("an IPv6 Host [::ffff:192.0.2.1]", GET_LINE "Host: [::ffff:192.0.2.1]:8080" END,
		 .host = "[::ffff:192.0.2.1]"),
	ACCEPTED("an IPv6 Host [1:2:3:4:5:6:7::]", GET_LINE "Host: [1:2:3:4:5:6:7::]:8080" END,
		 .host = "[1:2:3:4:5:6:7::]"),
	ACCEPTED("no space behind a colon", GET_LINE "Host:h\r\nA:b" END),
	ACCEPTED("a line without value", WITH_HOST "X-Empty:" END),
	ACCEPTED("all token characters in a name", WITH_HOST "!#$%&'*+-.^_`|~09azAZ: x" END),
	ACCEPTED("control bytes and high bytes in a value",
		 WITH_HOST "X: \001\013\177\200\377" END),
	ACCEPTED("a value of tabs", WITH_HOST "X:", .fill = "\t", .fill_count = 300,
		 .tail = "\r\n\r\n"),
	ACCEPTED("one empty line in front", "\r\nGET /" REST),
	ACCEPTED("two empty lines in front", "\r\n\r\nGET /" REST),
	ACCEPTED("a body behind the head",
		 "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
		 .method = HTTP_METHOD_POST, .flags = HTTP_HEAD_HOST | HTTP_HEAD_LENGTH,
		 .content_length = 5ULL, .after = 5),
	ACCEPTED("a GET with a body", WITH_HOST "Content-Length: 7" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_LENGTH, .content_length = 7ULL),
	ACCEPTED("the largest Content-Length",
		 WITH_HOST "CONTENT-length:\t9223372036854775807 " END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_LENGTH,
		 .content_length = 9223372036854775807ULL),
	ACCEPTED("Content-Length in HTTP/1.0", "GET / HTTP/1.0\r\nContent-Length: 0" END,
		 .flags = HTTP_HEAD_HTTP_1_0 | HTTP_HEAD_LENGTH, .host = ""),
	ACCEPTED("chunked", WITH_HOST "transfer-ENCODING: chunked" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_CHUNKED),
	ACCEPTED("chunked in capitals", WITH_HOST "Transfer-Encoding:CHUNKED" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_CHUNKED),
	ACCEPTED("Connection: close", WITH_HOST "Connection: close" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_CLOSE),
	ACCEPTED("Connection: keep-alive", WITH_HOST "connection: Keep-Alive" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_KEEP_ALIVE),
	ACCEPTED("a Connection list", WITH_HOST "Connection: , foo,keep-alive\t, Upgrade,," END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_KEEP_ALIVE | HTTP_HEAD_CONNECTION_UPGRADE),
	ACCEPTED("several Connection lines",
		 WITH_HOST "Connection: keep-alive\r\nConnection: close" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_KEEP_ALIVE | HTTP_HEAD_CLOSE),
	ACCEPTED("an empty Connection", WITH_HOST "Connection:" END),
	ACCEPTED("Connection options that only begin like ours",
		 WITH_HOST "Connection: closed, xclose, keep-alive;, upgrades" END),
	ACCEPTED("a long Connection option",
		 WITH_HOST "Connection: "
			   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx,close" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_CLOSE),
	ACCEPTED("an upgrade to websocket",
		 WITH_HOST "Connection: Upgrade\r\nUpgrade: WebSocket" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_CONNECTION_UPGRADE | HTTP_HEAD_WEBSOCKET),
	ACCEPTED("an offer of h2c", WITH_HOST "Upgrade: h2c" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_UPGRADE_OTHER),
	ACCEPTED("a list with websocket is another upgrade",
		 WITH_HOST "Upgrade: websocket, h2c" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_UPGRADE_OTHER),
	ACCEPTED("Expect: 100-continue", WITH_HOST "Expect: 100-Continue" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_EXPECT),
	ACCEPTED("another Expect", WITH_HOST "Expect: 200-ok" END),
	ACCEPTED("an Expect that folds to ours", WITH_HOST "Expect: \021\020\020-continue" END),
	ACCEPTED("names that end like ours",
		 WITH_HOST "XHost: b\r\nHostX: c\r\nMy-Content-Length: x" END),
	ACCEPTED("128 lines", GET_LINE "Host: h\r\n", .fill = "a: b\r\n", .fill_count = 127,
		 .tail = "\r\n"),
	ACCEPTED("a head of 16,384 bytes", WITH_HOST "X: ", .fill = "x", .fill_count = 16352,
		 .tail = "\r\n\r\n"),
	ACCEPTED("a target of 8,000 bytes", "GET /", .fill = "p", .fill_count = 7999,
		 .tail = "" REST, .path = "*"),
	ACCEPTED("a long query", "GET /?", .fill = "q=%zz&;", .fill_count = 1000, .tail = "" REST),
	ACCEPTED("path /a/b.c/d-e_f~g", TARGET("/a/b.c/d-e_f~g"), .path = "/a/b.c/d-e_f~g",
		 .flags = HTTP_HEAD_HOST),
	ACCEPTED("path /a!$&'()*+,=:@b", TARGET("/a!$&'()*+,=:@b"), .path = "/a!$&'()*+,=:@b",
		 .flags = HTTP_HEAD_HOST),
	ACCEPTED("path /\"<>^`{|}", TARGET("/\"<>^`{|}"), .path = "/\"<>^`{|}",
		 .flags = HTTP_HEAD_HOST),
	ACCEPTED("path /.well-known/x", TARGET("/.well-known/x"), .path = "/.well-known/x",
		 .flags = HTTP_HEAD_HOST),
	ACCEPTED("path /...", TARGET("/..."), .path = "/...", .flags = HTTP_HEAD_HOST),
	ACCEPTED("path /..a", TARGET("/..a"), .path = "/..a", .flags = HTTP_HEAD_HOST),
	ACCEPTED("path /a.", TARGET("/a."), .path = "/a.", .flags = HTTP_HEAD_HOST),
	ACCEPTED("path /a..", TARGET("/a.."), .path = "/a..", .flags = HTTP_HEAD_HOST),
	ACCEPTED("path /@scope%2Fname", TARGET("/@scope%2Fname"), .path = "/@scope%2Fname",
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_AMBIGUOUS),
	ACCEPTED("path /%61dmin", TARGET("/%61dmin"), .path = "/%61dmin",
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_AMBIGUOUS),
	ACCEPTED("path /%E4%BD", TARGET("/%E4%BD"), .path = "/%E4%BD",
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_AMBIGUOUS),
	ACCEPTED("path /a;v=1/b", TARGET("/a;v=1/b"), .path = "/a;v=1/b",
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_AMBIGUOUS),
	ACCEPTED("path /a;..", TARGET("/a;.."), .path = "/a;..",
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_AMBIGUOUS),
	ACCEPTED("path /a\\b", TARGET("/a\\b"), .path = "/a\\b",
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_AMBIGUOUS),
	ACCEPTED("path /web/http://x", TARGET("/web/http://x"), .path = "/web/http://x",
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_AMBIGUOUS),
	ACCEPTED("path //", TARGET("//"), .path = "//",
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_AMBIGUOUS),
	ACCEPTED("path /%252e%252e/", TARGET("/%252e%252e/"), .path = "/%252e%252e/",
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_AMBIGUOUS),
	ACCEPTED("path /;/x", TARGET("/;/x"), .path = "/;/x",
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_AMBIGUOUS),
	ACCEPTED("path /a%3b%2e%2e", TARGET("/a%3b%2e%2e"), .path = "/a%3b%2e%2e",
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_AMBIGUOUS),
	ACCEPTED("path /\303\244", TARGET("/\303\244"), .path = "/\303\244",
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_HIGH_BYTE),
	ACCEPTED("path /\377%20", TARGET("/\377%20"), .path = "/\377%20",
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_HIGH_BYTE | HTTP_HEAD_AMBIGUOUS),
	ACCEPTED("path /segment/segment/segment/segment/segment",
		 TARGET("/segment/segment/segment/segment/segment/segment/segment/segment/segment/"
			"segment/segment/segment/segment/segment/segment/segment/segment/segment/"
			"segment/segment/segment/segment/segment/segment/segment/segment/segment/"
			"segment/segment/segment/"),
		 .path = "/segment/segment/segment/segment/segment/segment/segment/segment/segment/"
			 "segment/segment/segment/segment/segment/segment/segment/segment/segment/"
			 "segment/segment/segment/segment/segment/segment/segment/segment/segment/"
			 "segment/segment/segment/",
		 .flags = HTTP_HEAD_HOST),
	ACCEPTED("path /xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		 TARGET("/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			"xxxxxxxxxxxxxxxxxxxxxxxxxxx%2f"),
		 .path = "/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			 "xxxxxxxxxxxxxxxxxxxxxxxxxxxx%2f",
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_AMBIGUOUS),
	ACCEPTED("a query is not part of the path", TARGET("/a?b=/../%00&c=\303\244;//"),
		 .path = "/a"),
	ACCEPTED("an empty query", TARGET("/a?"), .path = "/a"),
	ACCEPTED("two question marks", TARGET("/a??b"), .path = "/a"),
	ACCEPTED("asterisk-form", "OPTIONS *" REST, .method = HTTP_METHOD_OPTIONS,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_ASTERISK, .path = "*"),
	ACCEPTED("absolute-form http://h/a?b with Host h", TARGET("http://h/a?b"),
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_ABSOLUTE_FORM, .path = "/a", .host = "h"),
	ACCEPTED("absolute-form HTTP://H:80/a with Host h", TARGET("HTTP://H:80/a"),
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_ABSOLUTE_FORM, .path = "/a", .host = "h"),
	ACCEPTED("absolute-form http://h with Host h", TARGET("http://h"),
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_ABSOLUTE_FORM, .path = "", .host = "h"),
	ACCEPTED("absolute-form http://h?q with Host h", TARGET("http://h?q"),
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_ABSOLUTE_FORM, .path = "", .host = "h"),
	ACCEPTED("absolute-form https://h:443/ with Host h", TARGET("https://h:443/"),
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_ABSOLUTE_FORM | HTTP_HEAD_HTTPS, .path = "/",
		 .host = "h"),
	ACCEPTED("absolute-form http://h.:0080/ with Host h:",
		 "GET http://h.:0080/ HTTP/1.1\r\nHost: h:" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_ABSOLUTE_FORM, .path = "/", .host = "h"),
	ACCEPTED("absolute-form http://h:8080/ with Host h:8080",
		 "GET http://h:8080/ HTTP/1.1\r\nHost: h:8080" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_ABSOLUTE_FORM, .path = "/", .host = "h"),
	ACCEPTED("absolute-form http://[::1]/x with Host [::1]",
		 "GET http://[::1]/x HTTP/1.1\r\nHost: [::1]" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_ABSOLUTE_FORM, .path = "/x", .host = "[::1]"),
	ACCEPTED("absolute-form with a long host",
		 "GET "
		 "http://"
		 "AAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAA."
		 "AAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAA.EXAMPLE/ HTTP/1.1\r\nHost: "
		 "aaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaa."
		 "aaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaa.example:80" END,
		 .flags = HTTP_HEAD_HOST | HTTP_HEAD_ABSOLUTE_FORM,
		 .host = "aaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaa."
			 "aaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaa.example"),
	ACCEPTED("two requests in one", TARGET("/a HTTP/1.1\r\nHost: h\r\n\r\nGET /b"),
		 .path = "/a", .after = 28),
	ACCEPTED(
		"a browser's head",
		"GET /api/v1/orders?page=2 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: "
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\nAccept: "
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/"
		"*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, "
		"deflate\r\nConnection: keep-alive\r\nUpgrade-Insecure-Requests: "
		"1\r\nSec-Fetch-Dest: document" END,
		.host = "www.example.com", .path = "/api/v1/orders",
		.flags = HTTP_HEAD_HOST | HTTP_HEAD_KEEP_ALIVE),
	ACCEPTED("incomplete: nothing", "", .incomplete = 1),
	ACCEPTED("incomplete: one byte", "G", .incomplete = 1),
	ACCEPTED("incomplete: a method", "GET ", .incomplete = 1),
	ACCEPTED("incomplete: half a signature", "PROXY", .incomplete = 1),
	ACCEPTED("incomplete: a record type", "\026", .incomplete = 1),
	ACCEPTED("incomplete: a request line", "GET / HTTP/1.1\r\n", .incomplete = 1),
	ACCEPTED("incomplete: CR of the last line", WITH_HOST "\r", .incomplete = 1),
	ACCEPTED("incomplete: a name", GET_LINE "Ho", .incomplete = 1),
	ACCEPTED("incomplete: three empty lines, nearly", "\r\n\r\n\r", .incomplete = 1),
	{.name = NULL},
};
