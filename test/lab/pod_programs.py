# SPDX-License-Identifier: Apache-2.0
"""Servers of six kinds as pods, alike in their answers: X-Pod, and a body with pod= and uri=."""

import os
import subprocess

import peers
import wait
from agent import BUILD
from forwarder import HERE
from peers import POD_PORT

PROGRAMS = os.path.join(HERE, "programs")

_APACHE = """\
ServerRoot {directory}
ServerName pod
PidFile {directory}/apache.pid
ErrorLog {directory}/apache-error.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
Listen [::]:{port}
Listen 0.0.0.0:{port}
MaxKeepAliveRequests 0
KeepAliveTimeout 600
AliasMatch .* {directory}/apache.txt
Header always set X-Pod {name}
<Directory {directory}>
    Require all granted
</Directory>
"""

_HAPROXY = """\
global
    maxconn 1000
defaults
    mode http
    option http-keep-alive
    timeout client 600s
    timeout connect 5s
    timeout server 5s
frontend front
    bind :::{port} v4v6
    http-request wait-for-body time 10s if METH_POST
    http-request return status 200 content-type text/plain hdr X-Pod {name} \
lf-string "pod={name}\\nuri=%[path]\\n"
"""


def _write(lab, name, text):
    path = os.path.join(lab.directory, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def _nginx(lab, pod):
    return peers.start_nginx_pod(pod, lab.directory, lab.files)


def _apache(lab, pod):
    _write(lab, "apache.txt", f"pod={pod.name}\n")
    config = _write(lab, "apache.conf", _APACHE.format(directory=lab.directory, port=POD_PORT,
                                                       name=pod.name))
    return lab.start(pod, "apache", "/usr/sbin/apache2", "-X", "-f", config)


def _haproxy(lab, pod):
    config = _write(lab, "haproxy-pod.cfg", _HAPROXY.format(port=POD_PORT, name=pod.name))
    return lab.start(pod, "haproxy-pod", "/usr/sbin/haproxy", "-db", "-f", config)


def _nodejs(lab, pod):
    return lab.start(pod, "nodejs", "/usr/bin/node", os.path.join(PROGRAMS, "pod.js"), pod.name,
                     POD_PORT)


def _python(lab, pod):
    return lab.start(pod, "python", "/usr/bin/python3", os.path.join(PROGRAMS, "pod.py"),
                     pod.name, POD_PORT)


def build_go():
    """Compiles pod.go if it is newer than the program."""
    source, target = os.path.join(PROGRAMS, "pod.go"), os.path.join(BUILD, "lab", "pod-go")
    if not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(source):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        settings = {"PATH": "/usr/bin:/bin", "GO111MODULE": "off", "CGO_ENABLED": "0",
                    "GOCACHE": os.path.join(BUILD, "lab", "go-cache")}
        subprocess.run(["/usr/bin/go", "build", "-o", target, source], check=True, env=settings)
    return target


def _go(lab, pod):
    return lab.start(pod, "go", build_go(), pod.name, POD_PORT)


# kind: (function that starts it, the program that must be there)
KINDS = {
    "nginx": (_nginx, "/usr/sbin/nginx"),
    "apache": (_apache, "/usr/sbin/apache2"),
    "nodejs": (_nodejs, "/usr/bin/node"),
    "python": (_python, "/usr/bin/python3"),
    "go": (_go, "/usr/bin/go"),
    "haproxy": (_haproxy, "/usr/sbin/haproxy"),
}


def is_installed(kind):
    return os.access(KINDS[kind][1], os.X_OK)


def start(lab, pod, kind):
    """Returns when it serves both address families."""
    process = KINDS[kind][0](lab, pod)
    if process not in lab.processes:
        lab.adopt(process)
    for address in (pod.ipv4, pod.ipv6):
        wait.until(lambda: not process.is_alive() or
                   wait.accepts(pod.namespace, address, POD_PORT), f"{kind} in {pod.name}")
    assert process.is_alive(), process.log()
