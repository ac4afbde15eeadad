/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every way in which a packet can leave the router, once.
 *
 * X(SYMBOL, label, class, status, text)
 *   label   metric label, log word, name in `pathroutectl status`
 *   class   PASS     not ours, untouched
 *           FORWARD  sent on to the other side
 *           ANSWER   answered by a TCP segment of our own
 *           REPLY    answered by an HTTP reply of our own (status), connection closed
 *           RESET    answered by RST
 *           DROP     thrown away; a sender in good faith sends it again
 *   status  HTTP status of a REPLY, else 0
 *   text    help of the metric and, for a REPLY, the reason in the body
 */
#ifndef PATHROUTE_VERDICTS_H
#define PATHROUTE_VERDICTS_H

/* Request heads that are refused: the parser returns these (RFC 9112 sections 2 to 7). */
#define VERDICTS_HEAD(X)                                                                           \
	X(REQUEST_LINE_MALFORMED, request_line_malformed, REPLY, 400, "malformed request line")    \
	X(METHOD_MALFORMED, method_malformed, REPLY, 400, "malformed method")                      \
	X(METHOD_TOO_LONG, method_too_long, REPLY, 501, "method too long")                         \
	X(METHOD_CONNECT, method_connect, REPLY, 405, "CONNECT is not served here")                \
	X(TARGET_MALFORMED, target_malformed, REPLY, 400, "malformed request target")              \
	X(TARGET_TOO_LONG, target_too_long, REPLY, 414, "request target too long")                 \
	X(AUTHORITY_MISMATCH, authority_mismatch, REPLY, 400, "request target and Host differ")    \
	X(VERSION_MALFORMED, version_malformed, REPLY, 400, "malformed HTTP version")              \
	X(VERSION_UNSUPPORTED, version_unsupported, REPLY, 505, "HTTP version not supported")      \
	X(HTTP2_PREFACE, http2_preface, REPLY, 505, "HTTP/2 without TLS is not supported")         \
	X(PROXY_LINE, proxy_line, REPLY, 400, "PROXY protocol is not configured here")             \
	X(TLS_HELLO, tls_hello, RESET, 0, "TLS on a clear-text listener")                          \
	X(PATH_BYTE, path_byte, REPLY, 400, "forbidden byte in the path")                          \
	X(PATH_PERCENT, path_percent, REPLY, 400, "broken percent-encoding in the path")           \
	X(PATH_ENCODED_CONTROL, path_encoded_control, REPLY, 400,                                  \
	  "encoded control byte in the path")                                                      \
	X(PATH_DOT_SEGMENT, path_dot_segment, REPLY, 400, "dot segment in the path")               \
	X(PATH_AMBIGUOUS, path_ambiguous, REPLY, 400, "path can be read in two ways")              \
	X(BARE_LF, bare_lf, REPLY, 400, "line ends with LF without CR")                            \
	X(BARE_CR, bare_cr, REPLY, 400, "CR without LF")                                           \
	X(NUL_BYTE, nul_byte, REPLY, 400, "NUL byte in the head")                                  \
	X(SPACE_BEFORE_FIELD, space_before_field, REPLY, 400,                                      \
	  "white space before the first field")                                                    \
	X(SPACE_BEFORE_COLON, space_before_colon, REPLY, 400, "white space before a colon")        \
	X(OBS_FOLD, obs_fold, REPLY, 400, "folded field line")                                     \
	X(FIELD_NAME_MALFORMED, field_name_malformed, REPLY, 400, "malformed field name")          \
	X(COLON_MISSING, colon_missing, REPLY, 400, "field line without colon")                    \
	X(TOO_MANY_LINES, too_many_lines, REPLY, 431, "too many field lines")                      \
	X(HEAD_TOO_LONG, head_too_long, REPLY, 431, "request head too long")                       \
	X(HOST_MISSING, host_missing, REPLY, 400, "Host is missing")                               \
	X(HOST_REPEATED, host_repeated, REPLY, 400, "more than one Host")                          \
	X(HOST_MALFORMED, host_malformed, REPLY, 400, "malformed Host")                            \
	X(LENGTH_AND_ENCODING, length_and_encoding, REPLY, 400,                                    \
	  "Content-Length with Transfer-Encoding")                                                 \
	X(LENGTH_REPEATED, length_repeated, REPLY, 400, "more than one Content-Length")            \
	X(LENGTH_MALFORMED, length_malformed, REPLY, 400, "malformed Content-Length")              \
	X(ENCODING_REPEATED, encoding_repeated, REPLY, 400, "more than one Transfer-Encoding")     \
	X(ENCODING_MALFORMED, encoding_malformed, REPLY, 400, "malformed Transfer-Encoding")       \
	X(ENCODING_UNSUPPORTED, encoding_unsupported, REPLY, 501, "transfer coding not supported") \
	X(ENCODING_IN_HTTP_1_0, encoding_in_http_1_0, REPLY, 400, "Transfer-Encoding in HTTP/1.0") \
	X(UPGRADE_REPEATED, upgrade_repeated, REPLY, 400, "more than one Upgrade")

/* Answers to a whole request. */
#define VERDICTS_ROUTE(X)                                                                     \
	X(NO_ROUTE, no_route, REPLY, 404, "no route for this host and path")                  \
	X(BACKEND_MISSING, backend_missing, REPLY, 500, "the route's backend does not exist") \
	X(NO_ENDPOINT, no_endpoint, REPLY, 503, "no endpoint is ready")                       \
	X(ENDPOINTS_FAILED, endpoints_failed, REPLY, 503, "no endpoint answered")             \
	X(FIN_IN_HEAD, fin_in_head, REPLY, 400, "connection closed inside the request head")  \
	X(HEAD_TIMEOUT, head_timeout, REPLY, 408, "request head took too long")               \
	X(REDIRECT_301, redirect_301, REPLY, 301, "redirected")                               \
	X(REDIRECT_302, redirect_302, REPLY, 302, "redirected")                               \
	X(REDIRECT_303, redirect_303, REPLY, 303, "redirected")                               \
	X(REDIRECT_307, redirect_307, REPLY, 307, "redirected")                               \
	X(REDIRECT_308, redirect_308, REPLY, 308, "redirected")

/* Packets. */
#define VERDICTS_PACKET(X)                                                                         \
	X(NOT_OURS, not_ours, PASS, 0, "no listener and no flow")                                  \
	X(TO_POD, to_pod, FORWARD, 0, "forwarded to the pod")                                      \
	X(TO_CLIENT, to_client, FORWARD, 0, "forwarded to the client")                             \
	X(SYN_ANSWERED, syn_answered, ANSWER, 0, "SYN answered with a cookie")                     \
	X(PROBE_ANSWERED, probe_answered, ANSWER, 0, "keep-alive probe answered")                  \
	X(FIN_ANSWERED, fin_answered, ANSWER, 0, "FIN without request answered")                   \
	X(HEAD_ACKNOWLEDGED, head_acknowledged, ANSWER, 0,                                         \
	  "part of a head taken and acknowledged")                                                 \
	X(DUPLICATE_ACKNOWLEDGED, duplicate_acknowledged, ANSWER, 0,                               \
	  "repeated or early segment acknowledged")                                                \
	X(CLOSING_ACKNOWLEDGED, closing_acknowledged, ANSWER, 0,                                   \
	  "segment after our own reply acknowledged")                                              \
	X(REPLY_REPEATED, reply_repeated, ANSWER, 0, "own reply sent again")                       \
	X(POD_SYN, pod_syn, ANSWER, 0, "SYN sent to a pod")                                        \
	X(POD_SYN_REPEATED, pod_syn_repeated, ANSWER, 0, "SYN sent to the same pod again")         \
	X(POD_SYN_ELSEWHERE, pod_syn_elsewhere, ANSWER, 0, "SYN sent to another endpoint")         \
	X(POD_PORT_CHANGED, pod_port_changed, ANSWER, 0,                                           \
	  "pod holds an old connection: other source port")                                        \
	X(HOLD_RELEASED, hold_released, ANSWER, 0, "held bytes sent to the pod")                   \
	X(HOLD_REPEATED, hold_repeated, ANSWER, 0, "held bytes sent to the pod again")             \
	X(LEG_RESUMED, leg_resumed, ANSWER, 0, "request sent to a parked pod")                     \
	X(POD_REPLACED, pod_replaced, ANSWER, 0, "pod has gone before it replied: another one")    \
	X(PARKED_ANSWERED, parked_answered, ANSWER, 0, "idle pod answered by the router")          \
	X(POD_ACKNOWLEDGED, pod_acknowledged, ANSWER, 0,                                           \
	  "segment of the pod behind bytes that are missing")                                      \
	X(OLD_LEG_RESET, old_leg_reset, ANSWER, 0, "pod told that its client started anew")        \
	X(POD_PROBED, pod_probed, ANSWER, 0,                                                       \
	  "pod asked for its acknowledgement, which a request waits for")                          \
	X(SILENT_PROBED, silent_probed, ANSWER, 0,                                                 \
	  "pod that owes a reply and is silent asked for a sign")                                  \
	X(FLOW_EXPIRED, flow_expired, ANSWER, 0, "connection without packets: its ends were told") \
	X(CLIENT_PROBED, client_probed, ANSWER, 0,                                                 \
	  "client asked what it has of the reply of a pod that has gone")                          \
	X(PMTU_TO_CLIENT, pmtu_to_client, ANSWER, 0, "client told of a smaller MTU")               \
	X(PMTU_TO_POD, pmtu_to_pod, ANSWER, 0, "pod told of a smaller MTU")                        \
	X(ICMP_TRANSLATED, icmp_translated, FORWARD, 0, "ICMP error translated")                   \
	X(ACK_SWALLOWED, ack_swallowed, DROP, 0, "handshake or other pure ACK needs no answer")    \
	X(RST_SWALLOWED, rst_swallowed, DROP, 0, "RST without flow, or for a flow not yet joined") \
	X(COOKIE_LATER_SEGMENT, cookie_later_segment, DROP, 0, "later segment of a first flight")  \
	X(COOKIE_KEY_MISSING, cookie_key_missing, DROP, 0, "no cookie key is loaded")              \
	X(HOLD_PENDING, hold_pending, DROP, 0, "segment waits for the pod, to be sent again")      \
	X(REQUEST_WAITS, request_waits, DROP, 0,                                                   \
	  "request waits for earlier replies, to be sent again")                                   \
	X(AFTER_LAST, after_last, DROP, 0, "bytes behind the last request of a connection")        \
	X(POD_END_SWALLOWED, pod_end_swallowed, DROP, 0, "end of an idle pod, not shown")          \
	X(CHECKSUM_BAD, checksum_bad, DROP, 0, "bad IP or TCP checksum")                           \
	X(MALFORMED, malformed, DROP, 0, "malformed packet for a listener or a flow")              \
	X(FRAGMENT, fragment, DROP, 0, "fragment for a listener")                                  \
	X(FLAGS_FORBIDDEN, flags_forbidden, DROP, 0, "forbidden TCP flags or option")              \
	X(OUT_OF_WINDOW, out_of_window, DROP, 0,                                                   \
	  "sequence, acknowledgement, timestamp or device that is not the sender's")               \
	X(CONTENDED, contended, DROP, 0, "two CPUs worked on one flow")                            \
	X(HOLD_FULL, hold_full, DROP, 0, "hold pools are full")                                    \
	X(HOLD_EVICTED, hold_evicted, DROP, 0, "request refused or forgotten to make room")        \
	X(STORM_STOPPED, storm_stopped, DROP, 0, "ACK storm stopped")                              \
	X(INTERNAL, internal, DROP, 0, "a helper or a map failed")                                 \
	X(NO_FLOW, no_flow, RESET, 0, "neither flow nor valid cookie")                             \
	X(COOKIE_EXPIRED, cookie_expired, RESET, 0, "cookie of an earlier time slot")              \
	X(LAST_NOT_ENDED, last_not_ended, RESET, 0,                                                \
	  "bytes behind the last request, and the pod does not end the connection")                \
	X(EXPECT_REFUSED, expect_refused, RESET, 0, "bytes behind a refused Expect")               \
	X(CHUNK_MALFORMED, chunk_malformed, RESET, 0, "malformed chunk in a request")              \
	X(COPY_DIFFERS, copy_differs, RESET, 0, "bytes sent again differ from those read")         \
	X(UPGRADE_UNWANTED, upgrade_unwanted, RESET, 0, "101 that nobody asked for")               \
	X(UNSOLICITED_REPLY, unsolicited_reply, RESET, 0, "bytes of a pod that nobody asked for")  \
	X(TABLE_FULL, table_full, RESET, 0, "flow table is full")                                  \
	X(SOURCE_CAP, source_cap, RESET, 0, "source has too many incomplete heads")                \
	X(RESET_LIMITED, reset_limited, DROP, 0, "RST or ICMP error not sent, over the rate limit")

#define VERDICTS(X) VERDICTS_HEAD(X) VERDICTS_ROUTE(X) VERDICTS_PACKET(X)

enum verdict_class {
	VERDICT_CLASS_PASS,
	VERDICT_CLASS_FORWARD,
	VERDICT_CLASS_ANSWER,
	VERDICT_CLASS_REPLY,
	VERDICT_CLASS_RESET,
	VERDICT_CLASS_DROP,
};

enum verdict {
	VERDICT_CONTINUE = 0, /* no verdict yet: the next stage decides */
#define X(symbol, label, class, status, text) VERDICT_##symbol,
	VERDICTS(X)
#undef X
		VERDICT_COUNT
};

#endif
