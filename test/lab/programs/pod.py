# SPDX-License-Identifier: Apache-2.0
"""Python's http.server as a pod: pod.py NAME PORT"""

import http.server
import socket
import sys

NAME, PORT = sys.argv[1], int(sys.argv[2])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        body = f"pod={NAME}\nuri={self.path}\nlength={length}\n".encode()
        self.send_response(200)
        self.send_header("X-Pod", NAME)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    request_queue_size = 1024


Server(("::", PORT), Handler).serve_forever()
