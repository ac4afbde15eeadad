# SPDX-License-Identifier: Apache-2.0
"""A real control plane on loopback: etcd and kube-apiserver, with RBAC, ready in some seconds.

There is neither a controller nor a kubelet: tests write EndpointSlices themselves, and what a
DaemonSet would run they start. Both programs end with this process, even if it is killed.
"""

import base64
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import urllib.error
import urllib.request

import wait
from agent import ROOT
from certificates import Authority
from kube import Kube
from processes import Process

SERVICE_ADDRESSES = "10.96.0.0/16,fd00:96::/112"
ISSUER = "https://pathroute.test"


class Here:
    """The namespaces of this process, as processes.Process wants them; children die with it."""

    @staticmethod
    def command(*argv):
        return ["setpriv", "--pdeathsig", "KILL", "--", *map(str, argv)]


def find_programs(*names):
    """{name: path} of etcd and these of Kubernetes, which are built at first: it takes minutes."""
    folder = subprocess.run([os.path.join(ROOT, "deps/kubernetes/build"), *names],
                            stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    found = {name: os.path.join(folder, name) for name in names}
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    found["etcd"] = (assets and shutil.which("etcd", path=assets)) or shutil.which("etcd")
    assert found["etcd"], "no etcd here: install etcd-server"
    return found


def free_port(address="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class ControlPlane:
    """Everything it writes is in the directory, which the caller removes."""

    address = "127.0.0.1"
    names = "IP:127.0.0.1,DNS:localhost"  # those of the server's certificate
    wanted = ("kube-apiserver", "kubectl")

    def __init__(self, directory):
        self.directory = directory
        self.programs = find_programs(*self.wanted)
        self.authority = Authority(directory)
        self.authority.sign("server", "/CN=kube-apiserver", f"subjectAltName={self.names}")
        self.authority.make_key("accounts")
        self.tokens = {user: secrets.token_hex(16) for user in self.users()}
        self._write("tokens.csv", "".join(
            f'{self.tokens[user]},{user},{user},"{group}"\n'
            for user, group in self.users().items()))
        self.etcd_port, self.etcd_peer_port = free_port(), free_port()
        self.port = free_port(self.address)
        self.etcd = self.server = None

    def _write(self, name, text):
        with open(self.authority.path(name), "w", encoding="ascii") as file:
            file.write(text)

    def users(self):
        """{name: group} of those who get a token."""
        return {"admin": "system:masters"}

    @property
    def admin_token(self):
        return self.tokens["admin"]

    @property
    def url(self):
        return f"https://{self.address}:{self.port}"

    def admin(self):
        return Kube(self, self.admin_token)

    def start(self):
        self.start_etcd()
        self.start_server()
        return self

    def start_etcd(self):
        clients, peers = (f"http://127.0.0.1:{port}"
                          for port in (self.etcd_port, self.etcd_peer_port))
        self.etcd = Process(Here, self.directory, "etcd", [
            self.programs["etcd"], "--data-dir", self.authority.path("etcd"), "--unsafe-no-fsync",
            "--listen-client-urls", clients, "--advertise-client-urls", clients,
            "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
            "--initial-cluster", f"default={peers}", "--log-level", "warn"])

    def start_server(self, ready=True):
        path = self.authority.path
        self.server = Process(Here, self.directory, "kube-apiserver", [
            self.programs["kube-apiserver"],
            f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            f"--bind-address={self.address}", f"--secure-port={self.port}",
            f"--tls-cert-file={path('server.crt')}",
            f"--tls-private-key-file={path('server.key')}",
            f"--client-ca-file={path('ca.crt')}", f"--token-auth-file={path('tokens.csv')}",
            "--anonymous-auth=false",
            f"--service-account-issuer={ISSUER}",
            f"--service-account-key-file={path('accounts.pub')}",
            f"--service-account-signing-key-file={path('accounts.key')}",
            *self.server_options(),
        ])
        if ready:
            wait.until(self.is_ready, "the API server", timeout=60, interval=0.05)

    def server_options(self):
        """Those of the API server that depend on what else there is."""
        return ["--authorization-mode=RBAC", "--endpoint-reconciler-type=none",
                f"--service-cluster-ip-range={SERVICE_ADDRESSES}",
                # There are no controllers, so nobody makes the accounts that pods must have.
                "--disable-admission-plugins=ServiceAccount"]

    def is_ready(self):
        for process in (self.etcd, self.server):
            assert process.is_alive(), f"{process.name} has ended:\n{process.log()[-4000:]}"
        request = urllib.request.Request(f"{self.url}/readyz",
                                         headers={"Authorization": f"Bearer {self.admin_token}"})
        try:
            with urllib.request.urlopen(request, context=self.tls(), timeout=5) as reply:
                return reply.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def tls(self):
        return ssl.create_default_context(cafile=self.authority.path("ca.crt"))

    def _ask_etcd(self, call, **fields):
        request = urllib.request.Request(f"http://127.0.0.1:{self.etcd_port}/v3/kv/{call}",
                                         json.dumps(fields).encode())
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.loads(reply.read())

    def compact(self):
        """etcd forgets all revisions but the present one."""
        key = base64.b64encode(b"/registry/health").decode()
        revision = self._ask_etcd("range", key=key)["header"]["revision"]
        self._ask_etcd("compaction", revision=revision, physical=True)

    def kill_server(self):
        self.server.stop(signal.SIGKILL)

    def stop(self):
        for process in (self.server, self.etcd):
            if process:
                process.stop(signal.SIGKILL)
