/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One client connection through the router, told as a script: what the client and the pod send, in
 * their own numbers. The harness keeps the numbers of both, as their kernels would, and knows from
 * the handshakes how the router must translate between them.
 */
#ifndef PATHROUTE_TEST_HARNESS_SCRIPT_H
#define PATHROUTE_TEST_HARNESS_SCRIPT_H

#include "harness_testbed.h"
#include "harness_routes.h"

/* Window scale that the router offers to clients. */
#define ROUTER_WSCALE 10
/* Hop limit of whatever the router sends. */
#define ROUTER_TTL 64

struct party {
	const char *syn_layout; /* options of its SYN or SYN-ACK */
	uint16_t mss;
	uint8_t wscale;
	uint16_t window; /* as in its segments */
	uint8_t ttl;
	uint32_t isn;
	uint32_t next;   /* next byte it will send */
	uint32_t ack;    /* next byte it expects */
	uint32_t tsval;  /* its clock */
	uint32_t tsecr;  /* last TSval received */
	bool timestamps; /* negotiated */
};

struct connection {
	struct testbed *testbed;
	struct routes *routes;
	struct ip_address client_address;
	struct ip_address node_address; /* with source NAT: the client as the pod sees it */
	bool has_nat;
	struct ip_address listener;
	struct ip_address other_listener;
	struct ip_address pod_address[NETWORK_PODS];
	uint16_t client_port, listener_port, pod_port; /* host order */
	unsigned pod_number;                           /* the pod that took the connection */
	uint16_t pod_source_port;                      /* the client's port as the pod sees it */
	struct party client, pod;
	uint32_t router_isn;   /* our next byte towards the client - 1, when the leg was begun */
	uint32_t router_tsval; /* last TSval that the client saw before the pod's own */
	uint32_t e;            /* client's numbers less those that the pod sees */
	uint32_t pod_tsval;    /* TSval of the pod's SYN-ACK */
	bool ipv6;
	struct packet sent;   /* the last packet that was run */
	size_t stream_length; /* what the pod has been given since it accepted */
	uint8_t stream[HOLD_LARGE_SIZE + 2048];
	size_t longest; /* payload of one segment among them */
};

/* A client and its pods, nothing sent yet. */
void connection_init(struct connection *c, struct testbed *testbed, struct routes *routes,
		     bool ipv6);

/* Segments in the sender's present numbers; the flags get ACK. Nothing moves. text may be NULL. */
struct tcp_segment client_segment(const struct connection *c, uint16_t flags, const char *text);
struct tcp_segment pod_segment(const struct connection *c, uint16_t flags, const char *text);
struct tcp_segment client_syn(const struct connection *c);
struct tcp_segment pod_syn_ack(const struct connection *c);

/* Runs the program on the segment; the sender's next number moves to its end if that is later. */
void client_sends(struct connection *c, const struct tcp_segment *segment);
void pod_sends(struct connection *c, const struct tcp_segment *segment);

/* The same for client_segment() and pod_segment(). */
void client_says(struct connection *c, uint16_t flags, const char *text);
void pod_says(struct connection *c, uint16_t flags, const char *text);

/* The same with some bytes. */
void client_says_part(struct connection *c, uint16_t flags, const char *bytes, size_t length);
void pod_says_part(struct connection *c, uint16_t flags, const char *bytes, size_t length);

/* The other side takes a translated segment, if it is in order: what it expects next, and the
 * clock that it echoes. */
void pod_hears(struct connection *c, const struct tcp_segment *segment);
void client_hears(struct connection *c, const struct tcp_segment *segment);

/* Runs the program on any packet. */
void run_packet(struct connection *c, const struct packet *packet, int ifindex);

/* What the other side must get of a segment on a joined connection. */
struct tcp_segment translated_to_pod(const struct connection *c, const struct tcp_segment *segment);
struct tcp_segment translated_to_client(const struct connection *c,
					const struct tcp_segment *segment);

/* What the router itself would send, in the receiver's numbers: seq is what the receiver expects
 * next, ack is what it sent. Options as negotiated. */
struct tcp_segment answer_to_client(const struct connection *c, uint16_t flags, const char *text);
struct tcp_segment answer_to_pod(const struct connection *c, uint16_t flags, const char *text);

/* Handshake with the client; fails the test unless all goes well. On the tuple of an old flow the
 * last ACK may have become a RST for the old pod: it is not taken. */
void client_connects(struct connection *c);

/* Takes the SYN to a pod from what the last run sent; sets pod_number. */
struct tcp_segment take_pod_syn(struct connection *c);

/* A request for a rule is complete; the SYN is taken. */
struct tcp_segment call_pod(struct connection *c, const char *request);

/* The pod answers the SYN and takes the held bytes into `stream`. */
void pod_accepts(struct connection *c);

/* The pod takes all that the last run sent: in order, without a gap, into `stream`. */
void pod_receives(struct connection *c);

/* The pod has been given these bytes and no others. */
void expect_stream(const struct connection *c, const char *bytes, size_t length);

/* All of it with one request, up to the acknowledgement of the pod: a joined connection. */
void connection_splice(struct connection *c, const char *request);

/* A joined connection on which any bytes pass unread, both ways: an upload and a reply without a
 * near end. */
void connection_open_bulk(struct connection *c);

#define REQUEST_ROOT "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
#define REQUEST_API "GET /api/v1 HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
#define REQUEST_PAIR "GET /pair HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
#define REQUEST_UPLOAD                                 \
	"POST / HTTP/1.1\r\nHost: www.example.com\r\n" \
	"Content-Length: 9223372036854775807\r\n\r\n"
#define REPLY_OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define REPLY_LAST "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
#define REPLY_BULK "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n"

#endif
