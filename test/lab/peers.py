# SPDX-License-Identifier: Apache-2.0
"""Real servers as peers: NGINX as a pod, NGINX and HAProxy as proxies, files to download."""

import hashlib
import os
import textwrap

import topology
import wait
from processes import Process

POD_PORT = 8080

_NGINX = """\
worker_processes 1;
worker_rlimit_nofile 20000;
daemon off;
user root;
pid {directory}/nginx.pid;
error_log {directory}/error.log warn;
events {{ worker_connections 8192; multi_accept on; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    keepalive_timeout {keepalive};
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    client_max_body_size 0;
    large_client_header_buffers 8 32k;
    client_header_timeout 60s;
    reset_timedout_connection off;
    sendfile on;
    tcp_nopush on;
    {body}
}}
"""

_POD_SERVER = """\
server {{
        listen {port} backlog=4096;
        listen [::]:{port} backlog=4096;
        default_type text/plain;
        add_header X-Pod {name} always;
        location ~ /(?<name>[a-z0-9]+\\.bin)$ {{ root {files}; try_files /$name =404; }}
        location / {{
            return 200 "pod={name}\\nuri=$request_uri\\nhost=$http_host\\n\
remote=$remote_addr\\nport=$remote_port\\n";
        }}
    }}
"""


def _start_nginx(peer, directory, name, body, keepalive="600s"):
    os.makedirs(directory, exist_ok=True)
    config = os.path.join(directory, "nginx.conf")
    with open(config, "w", encoding="ascii") as file:
        file.write(_NGINX.format(directory=directory, body=body, keepalive=keepalive))
    return Process(peer.namespace, directory, name,
                   ["nginx", "-e", f"{directory}/error.log", "-c", config])


def start_nginx_pod(peer, directory, files, port=POD_PORT, keepalive="600s"):
    """Answers every path with its own name and what it saw; */x.bin with the file of that name."""
    body = _POD_SERVER.format(port=port, name=peer.name, files=files)
    process = _start_nginx(peer, os.path.join(directory, f"{peer.name}-{port}"),
                           f"nginx-{peer.name}", body, keepalive)
    wait.until(lambda: not process.is_alive() or
               wait.accepts(peer.namespace, peer.ipv4, port), f"NGINX in {peer.name}")
    assert process.is_alive(), process.log()
    return process


def start_nginx_proxy(peer, directory, routes, port=POD_PORT):
    """routes: {path prefix: [(address, port), ...]}. Upstream connections are kept alive."""
    upstreams, locations = [], []
    for index, (path, targets) in enumerate(routes.items()):
        servers = " ".join(f"server {topology.in_url(address)}:{target};"
                           for address, target in targets)
        upstreams.append(f"upstream u{index} {{ {servers} "
                         "keepalive 256; keepalive_requests 100000000; }")
        locations.append(f"location {path} {{ proxy_pass http://u{index}; "
                         "proxy_http_version 1.1; proxy_set_header Connection \"\"; }")
    body = "\n".join(upstreams) + f"\nserver {{ listen {port} backlog=4096; listen [::]:{port};\n"
    body += "\n".join(locations) + "\n}"
    process = _start_nginx(peer, os.path.join(directory, f"{peer.name}-proxy"),
                           f"nginx-{peer.name}", body)
    wait.until(lambda: wait.accepts(peer.namespace, peer.ipv4, port), f"NGINX in {peer.name}")
    return process


def start_haproxy(peer, directory, routes, port=POD_PORT):
    """routes: {path prefix: (address, port)}; the longest prefix is to come first."""
    rules, backends = [], []
    for index, (path, (address, upstream_port)) in enumerate(routes.items()):
        rules.append(f"    use_backend b{index} if {{ path_beg {path} }}")
        backends.append(f"backend b{index}\n    server s {address}:{upstream_port}")
    config = textwrap.dedent("""\
        global
            maxconn 4000
        defaults
            mode http
            option http-keep-alive
            http-reuse always
            timeout connect 5s
            timeout client 60s
            timeout server 60s
        frontend front
        """) + f"    bind :::{port} v4v6\n" + "\n".join(rules) + "\n" + "\n".join(backends) + "\n"
    path = os.path.join(directory, f"haproxy-{peer.name}.cfg")
    with open(path, "w", encoding="ascii") as file:
        file.write(config)
    process = Process(peer.namespace, directory, f"haproxy-{peer.name}",
                      ["haproxy", "-db", "-f", path])
    wait.until(lambda: wait.accepts(peer.namespace, peer.ipv4, port), f"HAProxy in {peer.name}")
    return process


def make_file(directory, name, size):
    """Writes `size` bytes that never repeat in step with segments; returns their SHA-256."""
    block = hashlib.shake_256(name.encode()).digest(1 << 20)
    digest = hashlib.sha256()
    with open(os.path.join(directory, name), "wb") as file:
        for index in range((size >> 20) + 1):
            piece = (index.to_bytes(8, "big") + block)[:min(1 << 20, size - (index << 20))]
            file.write(piece)
            digest.update(piece)
    return digest.hexdigest()
